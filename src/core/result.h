// SPDX-License-Identifier: MIT
// result.h -- a value, or the reason why there is none.
//
//   in/out  Result<T> holds a T or an Error; Status is a Result without a value
//   cost    two words more than T; an Error allocates, so none is made per request (see style: outcomes)
//   errors  reading the side that is not there is a broken invariant and ends the process
//   source  the member names are those of std::expected (C++23), so that an alias can replace it one day
#pragma once

#include "core/check.h"

#include <string>
#include <utility>
#include <variant>

namespace pm {

enum class Errc : std::uint8_t { syntax, unknown_key, bad_value, not_found, conflict, denied, io };

struct Error {
  Errc code;
  std::string where;  // "dynamic.yml:14:9 http.routers.web.rule"; empty when there is no place
  std::string what;   // one sentence, lower case, no full stop
};

// One line for a person: "where: what", or "what" alone.
inline std::string to_string(const Error& error) {
  return error.where.empty() ? error.what : error.where + ": " + error.what;
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : v_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const noexcept { return v_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & noexcept { return *checked(std::get_if<0>(&v_)); }
  const T& value() const& noexcept { return *checked(std::get_if<0>(&v_)); }
  T&& value() && noexcept { return std::move(*checked(std::get_if<0>(&v_))); }
  Error& error() & noexcept { return *checked(std::get_if<1>(&v_)); }
  const Error& error() const& noexcept { return *checked(std::get_if<1>(&v_)); }
  Error&& error() && noexcept { return std::move(*checked(std::get_if<1>(&v_))); }

  T& operator*() & noexcept { return value(); }
  const T& operator*() const& noexcept { return value(); }
  T* operator->() noexcept { return &value(); }
  const T* operator->() const noexcept { return &value(); }

 private:
  template <class P>
  static P checked(P pointer) noexcept {
    PM_CHECK(pointer != nullptr, "a Result is read on the side that it holds");
    return pointer;
  }

  std::variant<T, Error> v_;
};

using Status = Result<std::monostate>;
inline Status success() {
  return Status(std::monostate{});
}

#define PM_JOIN2(a, b) a##b
#define PM_JOIN(a, b) PM_JOIN2(a, b)

// PM_TRY(auto x, expression): takes the value, or returns the error to the caller.
#define PM_TRY(declaration, expression) \
  PM_TRY_AS(PM_JOIN(pm_try_, __LINE__), declaration, expression)
#define PM_TRY_AS(name, declaration, expression) \
  auto name = (expression);                      \
  if (!name) return std::move(name).error();     \
  declaration = std::move(name).value()

}  // namespace pm
