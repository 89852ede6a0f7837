// SPDX-License-Identifier: MIT
// query.h -- the parameters of a query: key=value pairs in form coding, read in place.
//
//   in      request.query: no ";" any more (http/url turned them into "&" or "%3B")
//   out     pairs of views, still coded; "+" is a blank, "%XX" a byte. A pair that does not decode counts as absent
//   cost    linear; nothing is allocated but what form_decode appends to
//   source  http-routing.md section 3 (Query, QueryRegexp); the form coding of the URL standard as Go reads it
#pragma once

#include <string>
#include <string_view>

namespace pm::http {

class QueryPairs {
 public:
  explicit QueryPairs(std::string_view query) noexcept : rest_(query) {}

  // The next pair that is not empty; false at the end. A pair without "=" has an empty value.
  bool next(std::string_view& key, std::string_view& value) noexcept;

 private:
  std::string_view rest_;
};

bool form_equals(std::string_view coded,
                 std::string_view plain) noexcept;  // false when `coded` does not decode
bool form_is_valid(std::string_view coded) noexcept;
bool form_decode(std::string_view coded,
                 std::string& out);  // replaces `out`; false when it does not decode

}  // namespace pm::http
