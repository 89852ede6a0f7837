// SPDX-License-Identifier: MIT
// Field lines of a request behind a byte of rules: what the server is told of the client's side is said by us, or by a peer that is
// trusted, whatever names and spellings it comes under.
#include "core/check.h"
#include "core/text.h"
#include "http/alias.h"
#include "http/hop.h"
#include "t/lib/h1_reading.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace pm;
using http::FieldId;
using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view peer = "192.0.2.7";

Fields sorted(const http::Headers& headers) {
  Fields fields;
  for (const http::Field& field : headers) {
    if (!field.dropped) fields.emplace_back(text::to_lower(field.name), field.value);
  }
  std::sort(fields.begin(), fields.end());
  return fields;
}

std::string joined(const http::Headers& headers, FieldId id) {
  std::string all;
  bool is_first = true;
  for (const http::Field& field : headers) {
    if (field.id != id || field.dropped) continue;
    all.append(is_first ? "" : ", ").append(field.value);
    is_first = false;
  }
  return all;
}

http::ForwardedRules rules_of(std::uint8_t choice) {
  http::ForwardedRules rules;
  rules.trust_all = (choice & 1) != 0;
  rules.append_for = (choice & 2) == 0;
  rules.add_scheme_headers = (choice & 4) != 0;
  rules.underscores = static_cast<http::Underscores>((choice >> 3) % 3);
  if ((choice & 32) != 0) rules.connection_keep = {"x-keep"};
  rules.server_name = "proxy";
  return rules;
}

void check_claims(const http::Headers& headers, bool trusted) {
  for (const http::Field& field : headers) {
    if (field.dropped || field.name.find_first_of("_.") == std::string_view::npos) continue;
    PM_CHECK(!http::is_managed(field.name), "no other spelling of what we say is left");
    PM_CHECK(trusted || !http::is_forwarding_name(field.name), "nor anything like it");
  }
  PM_CHECK(headers.get(FieldId::x_forwarded_server) == "proxy",
           "who we are is never a peer's to say");
  if (trusted) return;
  PM_CHECK(joined(headers, FieldId::x_forwarded_for).empty(), "a stranger's chain is gone");
  PM_CHECK(joined(headers, FieldId::forwarded).empty(), "in either form");
  PM_CHECK(joined(headers, FieldId::x_real_ip) == peer, "a stranger is who he is");
  PM_CHECK(joined(headers, FieldId::x_forwarded_host) == "h:8080",
           "and asked for what he asked for");
  PM_CHECK(joined(headers, FieldId::x_forwarded_port) == "8080", "there");
}

void check_hop(const http::Request& request) {
  const http::Headers& headers = request.headers;
  for (const FieldId id :
       {FieldId::connection, FieldId::keep_alive, FieldId::proxy_connection, FieldId::trailer,
        FieldId::transfer_encoding, FieldId::content_length, FieldId::proxy_authorization})
    PM_CHECK(headers.find(id) == nullptr, "what is of one hop ends here");
  PM_CHECK(request.wants_upgrade || headers.find(FieldId::upgrade) == nullptr, "an offer too");
  const std::string te = joined(headers, FieldId::te);
  PM_CHECK(te.empty() || te == "trailers", "of TE one word goes on");
}

void check_chain(http::Request& request, const http::ForwardedRules& rules) {
  const std::string before = joined(request.headers, FieldId::x_forwarded_for);
  http::prepare_for_server(request, rules);
  std::string expected = before;
  if (rules.append_for) expected.append(before.empty() ? "" : ", ").append(peer);
  PM_CHECK(joined(request.headers, FieldId::x_forwarded_for) == expected,
           "the peer is the last of the chain");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const http::ForwardedRules rules = rules_of(data[0]);
  std::string head = "GET / HTTP/1.1\r\nHost: h:8080\r\n";
  head.append(reinterpret_cast<const char*>(data) + 1, size - 1).append("\r\n\r\n");
  trial::Reading<http::Request> reading(head);
  trial::read(reading);
  if (!reading.is_accepted()) return 0;
  http::Request& request = reading.message;
  request.client.address = *Address::parse(peer);

  const Fields before = sorted(request.headers);
  const bool has_underscore = std::any_of(before.begin(), before.end(), [](const auto& field) {
    return field.first.find('_') != std::string::npos;
  });
  const bool is_let_in = http::apply_underscores(request, rules.underscores);
  PM_CHECK(is_let_in == !(has_underscore && rules.underscores == http::Underscores::reject),
           "an underscore is refused where that was asked for");
  if (!is_let_in) return 0;
  const std::string chain = joined(request.headers, FieldId::x_forwarded_for);
  http::apply_forwarded(request, rules);
  check_claims(request.headers, rules.trust_all);
  PM_CHECK(!rules.trust_all || joined(request.headers, FieldId::x_forwarded_for) == chain,
           "a friend's chain is kept, in one line");
  const Fields once = sorted(request.headers);
  http::apply_forwarded(request, rules);
  PM_CHECK(sorted(request.headers) == once, "saying it twice says nothing else");
  check_chain(request, rules);
  check_hop(request);
  return 0;
}
