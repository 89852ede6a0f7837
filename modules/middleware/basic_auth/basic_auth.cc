// SPDX-License-Identifier: MIT
#include "modules/middleware/basic_auth/basic_auth.h"

#include "core/text.h"
#include "http/credentials.h"
#include "http/user_list.h"
#include "modules/middleware/basic_auth/checker.h"

namespace pm {
namespace {

using namespace http;
using basic_auth::Answer;
using basic_auth::Checker;

struct BasicAuthOptions {
  config::MarkedTexts users;
  config::At<std::string> users_file;
  std::string realm = "traefik";
  bool remove_header = false;
  std::string header_field;
};
constexpr config::Option options[] = {
    config::option<&BasicAuthOptions::users>("users", "NAME:HASH each, as htpasswd writes them")
        .secret(),
    config::option<&BasicAuthOptions::users_file>("usersFile",
                                                  "a file with one such line for each user")
        .naming(config::Names::file),
    config::option<&BasicAuthOptions::realm>("realm",
                                             "what the client is told that the password is for"),
    config::option<&BasicAuthOptions::remove_header>("removeHeader",
                                                     "the service does not see Authorization"),
    config::option<&BasicAuthOptions::header_field>("headerField",
                                                    "field in which the service is told the user"),
};
constexpr config::Section keys = config::section_of<BasicAuthOptions>(options);

struct BasicAuthState {
  basic_auth::Wait wait;
  bool is_asked;
};

class BasicAuth final : public Middleware {
 public:
  BasicAuth(UserList users, const BasicAuthOptions& given)
      : users_(std::move(users)),
        challenge_("Basic realm=\"" + given.realm + "\""),
        header_field_(given.header_field),
        remove_header_(given.remove_header) {}
  Hooks hooks() const noexcept override { return Hook::request_headers | Hook::waits; }
  std::size_t state_size() const noexcept override { return sizeof(BasicAuthState); }
  Verdict on_request_headers(Link link) const noexcept override;

 private:
  Verdict judge(Link link, Answer answer, std::string_view user) const noexcept;
  Verdict refuse(Link link) const noexcept;

  UserList users_;
  std::string challenge_;
  std::string header_field_;
  bool remove_header_;
  mutable Checker checker_;  // of this worker
};

Verdict BasicAuth::refuse(Link link) const noexcept {
  link.reply(401, "401 Unauthorized\n");
  Headers& headers = link.response().headers;
  headers.append(FieldId::content_type, "text/plain");
  headers.append(FieldId::www_authenticate, challenge_);
  return Verdict::respond;
}

Verdict BasicAuth::on_request_headers(Link link) const noexcept {
  auto& state = link.state<BasicAuthState>();
  const auto given = read_basic(link.request().headers.get(FieldId::authorization), link.arena());
  if (!given) return refuse(link);
  link.exchange().trace().user = given->user;
  if (state.is_asked) return judge(link, state.wait.answer, given->user);
  state.is_asked = true;
  state.wait.answer = Answer::later;
  // Whoever is not known costs as much as whoever is, and is refused whatever comes out.
  const auto found = users_.find(given->user);
  const bool is_known = found != users_.end();
  const std::string& hash = is_known ? found->second : users_.begin()->second;
  const Answer answer =
      checker_.ask({given->user, given->password, &hash, is_known}, link, state.wait);
  return answer == Answer::later ? Verdict::wait : judge(link, answer, given->user);
}

Verdict BasicAuth::judge(Link link, Answer answer, std::string_view user) const noexcept {
  if (answer == Answer::full) {
    link.reply_bare(503);
    return Verdict::respond;
  }
  if (answer != Answer::right) return refuse(link);
  Headers& headers = link.request().headers;
  if (remove_header_) headers.drop(FieldId::authorization);
  if (!header_field_.empty()) headers.set(header_field_, user);
  return Verdict::next;
}

MiddlewarePtr build(const BasicAuthOptions& given, Build& build) {
  UserList users;
  if (!read_users({given.users, given.users_file, 1}, build, users)) return nullptr;
  if (!users.empty()) return MiddlewarePtr(new BasicAuth(std::move(users), given));
  build.broken({}, "has no users: nobody could pass", "give it users or usersFile");
  return nullptr;
}

}  // namespace

const MiddlewareModule basic_auth_middleware{
    .type = {"basicAuth", "a name and a password, checked against a list", &keys},
    .build = build_of<BasicAuthOptions, build>};

}  // namespace pm
