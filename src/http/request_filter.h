// SPDX-License-Identifier: MIT
// request_filter.h -- what a link puts between the client's body and whoever answers.
//
//   in      each chunk of the body, and its end (`last`, with or without bytes), from the outside in
//   out     the same part, replaced, shortened or swallowed; slices that a filter makes live until its next call
//   own     the link's, in the exchange's arena: filters are borrowed for as long as the exchange lives
//   errors  false: the body is malformed. Nothing of it goes on, and the request is refused
//   cost    a null test for an exchange without one; a virtual call for each chunk otherwise
//   source  layout.md, "Flow control in one file"; middlewares-2.md section 6.5
//
//   client ──► filter ──► filter ──► ClientEnd            what is kept (http/kept_body.h) is what the filters outside of
//                 └──► kept body ──► filter ──► ClientEnd  its keeper made; those inside see it each time it is sent
//
// Whoever installs one says before the request goes on how long the body is now: Framing::chunked when nobody knows.
#pragma once

#include "http/body.h"

#include <cstdint>

namespace pm::http {

class Exchange;

class RequestFilter {
 public:
  virtual bool on_request_part(Exchange&, BodyPart&) noexcept = 0;
  virtual void rewind() noexcept = 0;  // the body comes once more, from its first byte

 protected:
  ~RequestFilter() = default;

 private:
  friend class RequestFilters;
  RequestFilter* inner_ = nullptr;
};

// Those of one exchange, in the order in which their links were entered.
class RequestFilters {
 public:
  bool is_empty() const noexcept { return outermost_ == nullptr; }
  void add(RequestFilter& filter) noexcept;
  // The body is kept here: it has passed those that there are by now, and goes on to those that come.
  void keep_here() noexcept { outside_ = entered_; }
  void rewind_kept() noexcept;
  // A request that is repeated goes back to those that there were: links further inside install theirs anew. Those that have
  // made what is kept stay in their place, with all that they know: nobody sees bytes of the client for a second time.
  std::uint16_t entered() const noexcept { return entered_; }
  void go_back(std::uint16_t entered) noexcept;

  // False: malformed, says one of them.
  bool pass(Exchange& exchange, BodyPart& part) const noexcept {
    return pass_from(outermost_, exchange, part);
  }
  bool pass_kept(Exchange& exchange, BodyPart& part) noexcept {
    return pass_from(place(outside_), exchange, part);
  }

 private:
  RequestFilter*& place(std::uint16_t index) noexcept;
  static bool pass_from(RequestFilter* filter, Exchange& exchange, BodyPart& part) noexcept;

  RequestFilter* outermost_ = nullptr;
  std::uint16_t entered_ = 0;
  std::uint16_t outside_ = 0;  // of what is kept
};

}  // namespace pm::http
