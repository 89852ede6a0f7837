// SPDX-License-Identifier: MIT
// A file of users behind a byte that says which kind (basic, digest): who is in it is what a slow reader finds, and a hash is matched
// by nobody else's password.
#include "core/check.h"
#include "core/text.h"
#include "http/user_auth.h"
#include "modules/middleware/basic_auth/password.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace pm;

struct OneFile final : http::Build {
  explicit OneFile(std::string_view file) : text(file) {}
  void broken(config::Mark, std::string, std::string) override { ++findings; }
  void warn(config::Mark, std::string, std::string) override {}
  std::string_view name() const override { return "m"; }
  std::string_view provider() const override { return "file"; }
  std::string_view content(std::string_view) const override { return text; }
  std::uint64_t identity() const override { return 0; }
  std::string_view secret() const override { return {}; }
  const http::ServiceSlot* service(const config::At<std::string>&) override { return nullptr; }
  const http::ServiceSlot* server(const http::ServerSpec&) override { return nullptr; }

  std::string_view text;
  std::size_t findings = 0;
};

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

// How many lines are none; the last of two that name the same user counts.
std::size_t read_slowly(std::string_view file, std::size_t colons, http::UserList& users) {
  std::size_t wrong = 0;
  for (std::size_t at = 0; at <= file.size();) {
    const std::size_t end = std::min(file.find('\n', at), file.size());
    const std::string line(text::trim(file.substr(at, end - at)));
    at = end + 1;
    if (line.empty() || line[0] == '#') continue;
    const bool is_clean = std::none_of(line.begin(), line.end(), is_control);
    if (!is_clean ||
        static_cast<std::size_t>(std::count(line.begin(), line.end(), ':')) != colons) {
      ++wrong;
      continue;
    }
    const std::size_t last = line.find_last_of(':');
    users[line.substr(0, last)] = line.substr(last + 1);
  }
  return wrong;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t colons = 1 + data[0] % 2;
  const std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (file.empty()) return 0;
  OneFile build(file);
  http::UserAuthOptions given;
  given.users_file.value = "users";
  http::UserList users;
  http::UserList slowly;
  const bool is_good = http::read_users(given, colons, build, users);
  const std::size_t wrong = read_slowly(file, colons, slowly);
  PM_CHECK(users == slowly, "the same users are found");
  PM_CHECK(build.findings == wrong && is_good == (wrong == 0), "and each other line is told of");

  bool is_tried = false;  // a slow hash costs a thousand rounds
  for (const auto& [name, hash] : users) {
    const bool costs_seconds = hash.starts_with("$2");
    if (costs_seconds || (basic_auth::is_slow(hash) && is_tried)) continue;
    is_tried = is_tried || basic_auth::is_slow(hash);
    PM_CHECK(!basic_auth::matches(name + "\x01", hash),
             "a password that nobody has matches nothing");
  }
  return 0;
}
