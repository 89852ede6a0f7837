// SPDX-License-Identifier: MIT
// matcher_trial.h -- one matcher, built from its module, asked about sample requests.
//
//   in      the module and the arguments of the call; requests as t/lib/sample_request.h reads them
//   out     "yes" or "no" for a request; error() is what the builder says of bad arguments, "" of good ones
#pragma once

#include "rules/matcher.h"
#include "t/lib/sample_request.h"

#include <string>
#include <string_view>
#include <vector>

class MatcherTrial {
 public:
  MatcherTrial(const pm::rules::MatcherModule& module, std::vector<std::string> arguments,
               pm::rules::Syntax syntax = pm::rules::Syntax::v3) {
    auto built =
        syntax == pm::rules::Syntax::v3 ? module.build(arguments) : module.build_v2(arguments);
    if (built) {
      matcher_ = std::move(built->matcher);
      key_ = std::move(built->key);
    } else {
      error_ = built.error().what;
    }
  }

  bool matches(std::string_view line) const {
    SampleRequest sample(line);
    return matcher_ != nullptr && matcher_->matches(sample.request());
  }
  auto asked() const {
    return [this](std::string_view line) {
      return matches(line);
    };
  }
  const std::string& error() const noexcept { return error_; }
  const pm::rules::IndexKey& key() const noexcept { return key_; }

 private:
  pm::rules::MatcherPtr matcher_;
  pm::rules::IndexKey key_;
  std::string error_;
};
