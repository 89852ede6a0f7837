// SPDX-License-Identifier: MIT
#include "process/channel.h"

#include "os/socket.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <unistd.h>

using namespace pm;
using process::Channel;
using process::Event;
using process::MessageHead;
using process::MessageType;

TEST_GROUP(channel) {
  Channel master;
  Channel child;

  void setup() override {
    auto pair = Channel::make_pair();
    master = std::move(pair->first);
    child = std::move(pair->second);
  }
  void teardown() override {
    master = Channel();
    child = Channel();
  }
  Event received_raw(std::uint16_t type, std::uint16_t version, std::uint32_t length,
                     std::string_view body) {
    const MessageHead head{type, version, length};
    std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
    os::send_message(child.number(), bytes.append(body), {});
    return master.receive().event;
  }
};

TEST(channel, a_message_arrives_with_type_body_and_descriptors) {
  const int fds[] = {STDERR_FILENO, STDERR_FILENO};

  CHECK_TRUE(master.send(MessageType::logs, "ab", fds));
  const process::Message message = child.receive();

  CHECK_TRUE(message.event == Event::message);
  CHECK_TRUE(message.type == MessageType::logs);
  CHECK_EQUAL(std::string("ab"), message.body);
  LONGS_EQUAL(2, message.fds.size());
}

TEST(channel, the_largest_body_fits) {
  CHECK_TRUE(child.send(MessageType::ready, std::string(MessageHead::max_length, 'x')));

  LONGS_EQUAL(MessageHead::max_length, master.receive().body.size());
}

TEST(channel, silence_is_nothing) {
  CHECK_TRUE(master.receive().event == Event::nothing);
}

TEST(channel, the_end_of_the_peer_is_seen) {
  child = Channel();

  CHECK_TRUE(master.receive().event == Event::closed);
  CHECK_FALSE(master.send(MessageType::drain));
}

TEST(channel, an_unknown_type_is_malformed) {
  CHECK_TRUE(received_raw(0, 1, 0, "") == Event::malformed);
  CHECK_TRUE(received_raw(999, 1, 0, "") == Event::malformed);
}

TEST(channel, another_version_is_malformed) {
  CHECK_TRUE(received_raw(1, 2, 0, "") == Event::malformed);
}

TEST(channel, a_length_that_is_not_that_of_the_body_is_malformed) {
  CHECK_TRUE(received_raw(1, 1, 1, "") == Event::malformed);
  CHECK_TRUE(received_raw(1, 1, 0, "x") == Event::malformed);
  CHECK_TRUE(received_raw(1, 1, 0xffffffff, "x") == Event::malformed);
}

TEST(channel, a_head_cut_short_is_malformed) {
  os::send_message(child.number(), "abc", {});

  CHECK_TRUE(master.receive().event == Event::malformed);
}

TEST(channel, a_message_over_the_limit_is_malformed) {
  CHECK_TRUE(received_raw(1, 1, 5000, std::string(5000, 'x')) == Event::malformed);
}
