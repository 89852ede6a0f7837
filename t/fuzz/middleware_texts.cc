// SPDX-License-Identifier: MIT
// Texts that middlewares read: from clients (who they say they are), from servers (types and beginnings of
// bodies), from configurations (expressions). The first byte says which.
#include "core/check.h"
#include "http/absolute_url.h"
#include "http/credentials.h"
#include "http/ip_strategy.h"
#include "http/sniff.h"
#include "modules/middleware/buffering/expression.h"
#include "modules/middleware/compress/media_type.h"
#include "modules/middleware/digest_auth/nonces.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace pm;

void expression(std::string_view text) {
  const auto compiled = buffering::Expression::compile(text);
  if (!compiled) return;
  for (std::int64_t attempts = 0; attempts < 3; ++attempts) {
    const buffering::Facts facts{.attempts = attempts, .status = 500 + attempts, .method = "GET"};
    PM_CHECK(compiled.value().holds(facts) == compiled.value().holds(facts),
             "the same facts mean the same");
  }
}

void credentials(std::string_view text) {
  BlockPool pool(4096);
  Arena arena(pool);
  const auto read = http::read_basic(text, arena);
  PM_CHECK(!read || read->user.find(':') == std::string_view::npos, "a name ends at a colon");
  http::credentials_of(text, "Digest");
}

void nonce(std::string_view text) {
  digest_auth::Nonces nonces("secret");
  PM_CHECK(nonces.use(text, 1) == digest_auth::Nonces::Use::unknown, "a nonce cannot be guessed");
  const std::string fresh = nonces.fresh(1000);
  PM_CHECK(nonces.use(fresh, 1) == digest_auth::Nonces::Use::good, "ours is known");
}

void media_type(std::string_view text) {
  const auto type = compress::MediaType::parse(text);
  if (!type) return;
  compress::MediaTypes types;
  types.add(*type);
  PM_CHECK(types.contains(*type), "a type is itself");
}

void url(std::string_view text) {
  const std::size_t line = std::min(text.find('\n'), text.size());
  http::split_url(text);
  if (const auto canonical = http::canonical_url(text))
    PM_CHECK(http::canonical_url(*canonical) == canonical, "a canonical URL stays as it is");
  http::resolve_url(text.substr(0, line), text.substr(std::min(line + 1, text.size())));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 7) {
    case 0: expression(text); break;
    case 1: credentials(text); break;
    case 2: nonce(text); break;
    case 3: media_type(text); break;
    case 4: PM_CHECK(!http::sniff_content_type(text).empty(), "every body is of some type"); break;
    case 5: url(text); break;
    case 6: http::read_address(text); break;
  }
  return 0;
}
