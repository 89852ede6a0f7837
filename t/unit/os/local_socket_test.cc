// SPDX-License-Identifier: MIT
#include "os/local_socket.h"

#include "net/kernel.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include <sys/socket.h>
#include <unistd.h>

using namespace pm;

TEST_GROUP(local_socket) {
  std::string folder = "/tmp/pointsman-unit-XXXXXX";
  std::string path;

  void setup() override {
    CHECK_TRUE(::mkdtemp(folder.data()) != nullptr);
    path = folder + "/s";
  }
  void teardown() override {
    ::unlink(path.c_str());
    CHECK_EQUAL(0, ::rmdir(folder.c_str()));
  }
};

TEST(local_socket, a_peer_is_known_by_its_user) {
  const os::Fd listener = std::move(os::listen_local(path)).value();
  net::EpollKernel kernel;
  const os::Fd client(kernel.connect_local(path));
  CHECK_TRUE(client.is_open());
  const os::Fd server(::accept(listener.number(), nullptr, nullptr));

  CHECK_TRUE(os::peer_uid(server.number()) == ::geteuid());
}

TEST(local_socket, one_without_a_listener_is_abandoned) {
  CHECK_FALSE(os::is_abandoned(path));
  {
    const os::Fd listener = std::move(os::listen_local(path)).value();
    CHECK_FALSE(os::is_abandoned(path));
  }
  CHECK_TRUE(os::is_abandoned(path));
}

TEST(local_socket, paths_that_are_too_long_or_nowhere_are_refused) {
  const std::string longest(120, 'x');
  net::EpollKernel kernel;

  CHECK_FALSE(os::listen_local(folder + "/" + longest).has_value());
  CHECK_FALSE(os::listen_local(folder + "/no/where").has_value());
  CHECK_FALSE(os::is_abandoned(longest));
  CHECK_EQUAL(-ENAMETOOLONG, kernel.connect_local("/" + longest));
  CHECK_EQUAL(-ENOENT, kernel.connect_local(path));
}
