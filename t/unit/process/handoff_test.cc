// SPDX-License-Identifier: MIT
#include "process/handoff.h"

#include "os/memory.h"
#include "os/socket.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <cstdlib>

#include <sys/wait.h>
#include <unistd.h>

using namespace pm;
using namespace process;

TEST_GROUP(handoff){
    // What a program finds in its environment, when the text that is handed over is this one.
    Result<std::optional<Heritage>> receive(const std::string& text){
        os::Fd file = os::make_memory("test").value();
CHECK_TRUE(os::write_all(file.number(), text).has_value());
::setenv(handoff_variable, std::to_string(file.release()).c_str(), 1);
return receive_heritage();
}
void refused(const std::string& text) {
  CHECK_FALSE(receive(text).has_value());
}
}
;

TEST(handoff, who_was_started_by_somebody_else_inherits_nothing) {
  CHECK_FALSE(receive_heritage().value().has_value());
}

TEST(handoff, everything_arrives_and_the_variable_is_gone) {
  auto pair = os::message_pair();
  os::Fd zone = os::make_memory("zone").value();
  os::Fd socket = os::listen_tcp({Address::v4(0x7f000001), 0}).value();

  const auto received =
      receive("pointsman handoff 1\nchannel " + std::to_string(pair->first.release()) +
              "\ndaemon 1\nmaster 17 4711\nzone " + std::to_string(zone.release()) +
              " names\nsocket " + std::to_string(socket.release()) + " 3 2 [::]:80 and more\n");

  CHECK_TRUE(received.has_value());
  const Heritage& heritage = **received;
  CHECK_TRUE(std::getenv(handoff_variable) == nullptr);
  CHECK_TRUE(heritage.is_daemon);
  CHECK_FALSE(heritage.is_unattended);
  LONGS_EQUAL(17, heritage.masters.at(0).pid);
  CHECK_EQUAL("names", heritage.zones.at(0).name);
  CHECK_EQUAL("[::]:80 and more", heritage.sockets.at(0).key);
  LONGS_EQUAL(3, heritage.sockets.at(0).index);
  LONGS_EQUAL(2, heritage.sockets.at(0).steered);
}

TEST(handoff, what_is_none_is_refused) {
  refused("");
  refused("pointsman handoff 2\n");
  refused("pointsman handoff 1\nnonsense 1\n");
  refused("pointsman handoff 1\nchannel x\n");
  refused("pointsman handoff 1\nchannel 99999\n");
  refused("pointsman handoff 1\nmaster 1\n");
  ::setenv(handoff_variable, "nonsense", 1);
  CHECK_FALSE(receive_heritage().has_value());
}

TEST(handoff, a_program_that_cannot_be_executed_ends_with_127) {
  auto pair = os::message_pair();
  Bequest bequest;
  bequest.channel = pair->first.number();

  const auto pid = start_program({"/nonsense", {"nonsense"}}, bequest);

  int status = 0;
  LONGS_EQUAL(*pid, ::waitpid(*pid, &status, 0));
  LONGS_EQUAL(127, WEXITSTATUS(status));
}

TEST(handoff, a_process_is_known_by_its_start) {
  KnownProcess self = KnownProcess::of(::getpid());
  CHECK_TRUE(self.is_alive());

  self.start_time += 1;
  CHECK_FALSE(self.is_alive());
}
