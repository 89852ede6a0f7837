// SPDX-License-Identifier: MIT
// checker.h -- passwords checked away from the loop, each question once.
//
//   in      a user, a password, the hash that it is to match
//   out     an answer at once (remembered, or quick to compute), or later to the Wait, whose request is resumed
//   own     what is remembered: keyed digests of right questions, for a minute, 1,024 at most; wrong ones never
//   errors  `full`: more wait for the pool's threads than may
//   source  middlewares-1.md section 4.4; [D-3]; decision 40
#pragma once

#include "http/middleware.h"
#include "http/tools.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pm::basic_auth {

enum class Answer : std::uint8_t { right, wrong, later, full };

struct Wait {  // in the arena of the request that waits
  Answer answer = Answer::later;
};

class Checker {
 public:
  Checker();
  // `resumer` is only used when the answer comes later.
  struct Question {
    std::string_view user;
    std::string_view password;
    const std::string* hash;
    bool may_pass;  // false: the user is not known; the work is done all the same
  };
  Answer ask(const Question& question, http::Link link, Wait& wait);

 private:
  class Job;
  struct Waiting {
    http::Resumer resumer;
    Wait* wait;
  };
  // What a job finds when it is done, whether the Checker is still there or not.
  struct Memory {
    std::map<std::string, std::uint64_t> known;  // digest -> until when, ms
    std::map<std::string, std::vector<Waiting>> pending;
    void remember(const std::string& digest, std::uint64_t now_ms);
  };
  std::string key_;
  std::shared_ptr<Memory> memory_;
};

}  // namespace pm::basic_auth
