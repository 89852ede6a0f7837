// SPDX-License-Identifier: MIT
#include "process/agent_socket.h"

#include "os/local_socket.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <cstdlib>
#include <optional>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

using namespace pm;
using process::AgentSocket;

TEST_GROUP(agent_socket) {
  std::string folder = "/tmp/pointsman-unit-XXXXXX";
  std::optional<AgentSocket> socket;

  void setup() override {
    CHECK_TRUE(::mkdtemp(folder.data()) != nullptr);
    ::chmod(folder.c_str(), 0755);
  }
  void teardown() override {
    socket.reset();
    CHECK_EQUAL(0, ::rmdir(folder.c_str()));  // nothing is left in it
  }
  void open(const os::Identity* owner = nullptr) {
    Result<AgentSocket> made = AgentSocket::open({.folders = {"", folder}, .owner = owner});
    CHECK_TRUE_TEXT(made.has_value(), made ? "" : made.error().what.c_str());
    socket.emplace(std::move(made).value());
  }
  unsigned mode_of(const std::string& path) {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 0777 : 0;
  }
  std::string around(const std::string& path) {
    return path.substr(0, path.rfind('/'));
  }
};

TEST(agent_socket, it_lies_in_a_folder_of_its_own_that_nobody_else_may_enter) {
  open();

  CHECK_TRUE(socket->path().starts_with(folder + "/pointsman-"));
  CHECK_EQUAL(0700u, mode_of(around(socket->path())));
  CHECK_EQUAL(0600u, mode_of(socket->path()));
  CHECK_FALSE(os::is_abandoned(socket->path()));
}

TEST(agent_socket, two_do_not_meet) {
  open();
  AgentSocket other = std::move(AgentSocket::open({.folders = {folder}, .owner = nullptr})).value();

  CHECK_TRUE(other.path() != socket->path());
  CHECK_FALSE(os::is_abandoned(socket->path()));
}

TEST(agent_socket, one_that_a_killed_master_has_left_is_taken_away) {
  open();
  const std::string left = socket->path();
  AgentSocket killed = std::move(*socket);
  killed.leave();
  { const AgentSocket gone = std::move(killed); }
  CHECK_TRUE(os::is_abandoned(left));

  open();

  CHECK_EQUAL(0u, mode_of(around(left)));
}

TEST(agent_socket, one_that_was_adopted_goes_with_its_new_owner) {
  open();
  const std::string path = socket->path();
  const int copy = ::dup(socket->number());
  socket->leave();
  socket.reset();
  CHECK_FALSE(os::is_abandoned(path));

  socket.emplace(AgentSocket::adopt(os::Fd(copy), path));
}

TEST(agent_socket, a_folder_that_its_user_cannot_pass_is_passed_over) {
  const os::Identity stranger{12345, 12345, "stranger"};
  ::chmod(folder.c_str(), 0700);

  const Result<AgentSocket> made = AgentSocket::open({.folders = {folder}, .owner = &stranger});

  CHECK_FALSE(made.has_value());
  STRCMP_CONTAINS("pass through this folder", made.error().what.c_str());
}

TEST(agent_socket, without_a_folder_there_is_none) {
  CHECK_FALSE(
      AgentSocket::open({.folders = {"", "/nowhere/at/all"}, .owner = nullptr}).has_value());
}
