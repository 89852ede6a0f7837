// SPDX-License-Identifier: MIT
#include "modules/middleware/basic_auth/basic_auth.h"

#include "core/text.h"
#include "http/credentials.h"
#include "http/user_auth.h"
#include "modules/middleware/basic_auth/checker.h"

namespace pm {
namespace {

using namespace http;
using basic_auth::Answer;
using basic_auth::Checker;

struct BasicAuthState {
  basic_auth::Wait wait;
  bool is_asked;
};

class BasicAuth final : public Middleware {
 public:
  BasicAuth(UserList users, const UserAuthOptions& given)
      : users_(std::move(users)), challenge_("Basic realm=\"" + given.realm + "\""), auth_(given) {}
  Hooks hooks() const noexcept override { return Hook::request_headers | Hook::waits; }
  std::size_t state_size() const noexcept override { return sizeof(BasicAuthState); }
  Verdict on_request_headers(Link link) const noexcept override;

 private:
  Verdict judge(Link link, Answer answer, std::string_view user) const noexcept;

  UserList users_;
  std::string challenge_;
  UserAuth auth_;
  mutable Checker checker_;  // of this worker
};

Verdict BasicAuth::on_request_headers(Link link) const noexcept {
  auto& state = link.state<BasicAuthState>();
  const auto given = read_basic(link.request().headers.get(FieldId::authorization), link.arena());
  if (!given) return auth_.refuse(link, challenge_);
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
  if (answer != Answer::right) return auth_.refuse(link, challenge_);
  return auth_.pass(link, user);
}

MiddlewarePtr build(const UserAuthOptions& given, Build& build) {
  UserList users;
  if (!read_users(given, 1, build, users)) return nullptr;
  if (!users.empty()) return MiddlewarePtr(new BasicAuth(std::move(users), given));
  build.broken({}, "has no users: nobody could pass", "give it users or usersFile");
  return nullptr;
}

}  // namespace

const MiddlewareModule basic_auth_middleware{
    .type = {"basicAuth", "a name and a password, checked against a list", &user_auth_keys},
    .build = build_of<UserAuthOptions, build>};

}  // namespace pm
