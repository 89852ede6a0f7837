// SPDX-License-Identifier: MIT
// h2_checks.h -- what tests of the ends of HTTP/2 ask again and again.
//
//   in      a trial behind what has happened to it
//   errors  a failed check names the line below; the test is told beside it
#pragma once

#include "t/lib/h2_client_trial.h"
#include "t/lib/h2_server_trial.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>
#include <string_view>

namespace pm::test {

enum : int { data, headers, priority, rst_stream, settings, push, ping, goaway, window, more };
enum : int { end_stream = 1, end_headers = 4 };
enum : std::uint32_t {
  protocol_error = 1,
  frame_size_error = 6,
  enhance_your_calm = 11,
};

inline const H2Fields a_request{
    {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};

struct H2ServerChecks : Utest {
  static void check_story(H2ServerTrial& trial, std::string_view story, std::uint32_t stream = 1) {
    CHECK_EQUAL(story, std::string_view(trial.story(stream)));
  }
  // Each exchange has ended once, nothing of any is left, and the client found no fault.
  static void check_clean(H2ServerTrial& trial) {
    CHECK_EQUAL(std::string_view(), std::string_view(trial.peer.fault));
    LONGS_EQUAL(0, trial.lent());
    for (const auto& served : trial.exchanges)
      LONGS_EQUAL(1, served->ends);
  }
  static void check_idle(H2ServerTrial& trial) {
    CHECK_TRUE(trial.is_open());
    check_clean(trial);
  }
  static void check_goaways(H2ServerTrial& trial, std::string_view all) {
    CHECK_EQUAL(all, std::string_view(trial.peer.goaways));
  }
  // It said why, and is gone.
  static void check_over(H2ServerTrial& trial, std::uint32_t last, std::uint32_t code) {
    check_goaways(trial, std::to_string(last) + ":" + std::to_string(code));
    CHECK_TRUE(trial.has_ended());
    trial.pass(2000);
    CHECK_FALSE(trial.is_open());
    LONGS_EQUAL(1, trial.closings);
    check_clean(trial);
  }
};

struct H2ClientChecks : Utest {
  H2ClientTrial trial;

  void teardown() override {
    for (const auto& each : trial.asked) {
      CHECK(each->failures + each->ends + each->cuts <= 1);
      if (each->exchange != nullptr) each->leave();
    }
    trial.go();
    LONGS_EQUAL(0, trial.lent());
    CHECK_EQUAL(std::string_view(), std::string_view(trial.peer.fault));
    trial.kernel.begin_turn(true);
    if (trial.client != nullptr) trial.client->close();
    trial.loop->turn();
    LONGS_EQUAL(1, trial.gone);
    LONGS_EQUAL(0, trial.kernel.open_sockets());
  }
  static void check_story(std::string_view story, const Asked& what) {
    CHECK_EQUAL(story, std::string_view(what.story()));
  }
  void check_heard(std::string_view story, std::uint32_t stream = 1) {
    CHECK_EQUAL(story, std::string_view(trial.heard(stream)));
  }
  void check_goaways(std::string_view all) {
    CHECK_EQUAL(all, std::string_view(trial.peer.goaways));
  }
  static void check_failed(http::Outcome outcome, const Asked& what) {
    CHECK_TRUE(what.failure.has_value());
    LONGS_EQUAL(static_cast<int>(outcome), static_cast<int>(what.failure->outcome));
  }
};

}  // namespace pm::test
