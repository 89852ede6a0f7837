// SPDX-License-Identifier: MIT
// sample_request.h -- a request as the codec would hand it to the router, from one line of text.
//
//   in      "METHOD TARGET host=HOST version=1.0 client=ADDRESS Name:value ..."; words are separated by one blank and "\s"
//           in a word stands for a blank. METHOD and TARGET must be there
//   out     request(): resolved by http/url; fault(): why it was refused
#pragma once

#include "core/arena.h"
#include "core/text.h"
#include "http/request.h"
#include "http/url.h"

#include <string>
#include <string_view>

class SampleRequest {
 public:
  explicit SampleRequest(std::string_view line, pm::http::PathOptions options = {}) {
    using pm::text::replace_all;
    unsigned word_number = 0;
    pm::text::for_each_part(line, ' ', [&](std::string_view word) {
      const std::string_view plain = arena_.copy(replace_all(word, "\\s", " "));
      if (word_number == 0) request_.method = plain;
      if (word_number == 1) request_.target = plain;
      if (word_number++ > 1) set(plain);
    });
    fault_ = pm::http::resolve_target(request_, options);
  }
  pm::http::Request& request() noexcept { return request_; }
  const pm::http::TargetFault& fault() const noexcept { return fault_; }

 private:
  void set(std::string_view word) {
    const std::size_t equals = word.find('=');
    const std::size_t colon = word.find(':');
    if (word.starts_with("host=")) {
      request_.authority = word.substr(5);
    } else if (word == "version=1.0") {
      request_.version = pm::http::Version::http10;
    } else if (word.starts_with("client=")) {
      request_.client.address = pm::Address::parse(word.substr(equals + 1)).value_or(pm::Address{});
    } else if (colon != std::string_view::npos) {
      request_.headers.append(word.substr(0, colon), word.substr(colon + 1));
    }
  }

  pm::BlockPool pool_{4096};
  pm::Arena arena_{pool_};
  pm::http::Request request_{arena_};
  pm::http::TargetFault fault_;
};
