// SPDX-License-Identifier: MIT
#include "os/fd.h"

#include "os/memory.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <fcntl.h>
#include <unistd.h>

using namespace pm;

namespace {

bool is_open(int number) {
  return ::fcntl(number, F_GETFD) >= 0;
}

}  // namespace

TEST_GROUP(fd){};

TEST(fd, an_owner_closes_what_it_holds) {
  int number = -1;
  {
    const os::Fd fd(::dup(STDERR_FILENO));
    number = fd.number();
    CHECK_TRUE(is_open(number));
  }
  CHECK_FALSE(is_open(number));
}

TEST(fd, moving_passes_the_ownership_on) {
  os::Fd first(::dup(STDERR_FILENO));
  const int number = first.number();

  const os::Fd second(std::move(first));

  CHECK_FALSE(first.is_open());
  LONGS_EQUAL(number, second.number());
  CHECK_TRUE(is_open(number));
}

TEST(fd, a_missing_file_is_not_found_and_says_why) {
  const auto file = os::open_file("/nowhere/at/all", O_RDONLY);

  CHECK_FALSE(file.has_value());
  CHECK_TRUE(file.error().code == Errc::not_found);
  CHECK_EQUAL(std::string("cannot open \"/nowhere/at/all\": no such file or directory"),
              file.error().what);
}

TEST(fd, what_is_larger_than_the_limit_is_refused) {
  auto memory = os::make_memory("test");
  CHECK_TRUE(os::write_all(memory->number(), "12345678").has_value());
  ::lseek(memory->number(), 0, SEEK_SET);

  CHECK_FALSE(os::read_all(memory->number(), 7).has_value());
}

TEST(fd, a_file_is_replaced_whole) {
  char folder[] = "/tmp/pointsman-fd-XXXXXX";
  const std::string path = std::string(::mkdtemp(folder)) + "/file";

  CHECK_TRUE(os::replace_file(path, "old", 0644).has_value());
  CHECK_TRUE(os::replace_file(path, "new", 0644).has_value());

  const auto file = os::open_file(path, O_RDONLY);
  CHECK_EQUAL(std::string("new"), os::read_all(file.value().number(), 10).value());
  ::unlink(path.c_str());
  LONGS_EQUAL(0, ::rmdir(folder));
}

TEST(fd, sealed_memory_can_be_mapped_and_unsealed_memory_cannot) {
  auto memory = os::make_memory("test");
  CHECK_TRUE(os::write_all(memory->number(), "content").has_value());
  CHECK_FALSE(os::map_sealed(memory->number(), 100).has_value());

  CHECK_TRUE(os::seal(memory->number()).has_value());

  auto mapping = os::map_sealed(memory->number(), 100);
  CHECK_TRUE(mapping.has_value());
  CHECK_EQUAL(std::string_view("content"), mapping->bytes());
  CHECK_FALSE(os::write_all(memory->number(), "more").has_value());
}

TEST(fd, memory_larger_than_the_limit_is_not_mapped) {
  auto memory = os::make_memory("test");
  CHECK_TRUE(os::write_all(memory->number(), "content").has_value());
  CHECK_TRUE(os::seal(memory->number()).has_value());

  CHECK_FALSE(os::map_sealed(memory->number(), 6).has_value());
}
