// SPDX-License-Identifier: MIT
#include "shm/zone.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <cstring>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace pm;

namespace {

std::string why_not(int fd, const shm::ZoneShape& shape) {
  const auto zone = shm::Zone::attach(fd, shape);
  return zone ? "none" : to_string(zone.error());
}

}  // namespace

TEST_GROUP(zone) {
  shm::ZoneShape shape{"things", 3, 8192};
  Result<shm::Zone> made = shm::Zone::create(shape);
  shm::Zone& zone = made.value();
  char* bytes = static_cast<char*>(zone.data());
};

TEST(zone, it_begins_as_zeros_and_is_aligned) {
  CHECK_EQUAL(0u, reinterpret_cast<std::uintptr_t>(bytes) % 64);
  CHECK_EQUAL(0, bytes[0]);
  CHECK_EQUAL(0, bytes[8191]);
}

TEST(zone, children_share_it) {
  const pid_t child = fork();
  if (child == 0) {
    bytes[8191] = 'x';
    _exit(0);
  }
  waitpid(child, nullptr, 0);

  CHECK_EQUAL('x', bytes[8191]);
}

TEST(zone, the_next_program_finds_what_is_in_it) {
  bytes[0] = 'x';

  auto second = shm::Zone::attach(dup(zone.fd()), shape);

  CHECK_TRUE(second.has_value());
  CHECK_EQUAL('x', *static_cast<const char*>(second.value().data()));
}

TEST(zone, another_zone_is_never_misread) {
  const std::string other = "zone things: another zone or layout version";
  CHECK_EQUAL(other, why_not(zone.fd(), {"things", 4, 8192}));
  CHECK_EQUAL(std::string("zone thing: another zone or layout version"),
              why_not(zone.fd(), {"thing", 3, 8192}));
  CHECK_EQUAL(std::string("zone things: not a sealed region of the expected size"),
              why_not(zone.fd(), {"things", 3, 4096}));
  CHECK_EQUAL(std::string("zone things: not a sealed region of the expected size"),
              why_not(STDIN_FILENO, shape));
}

TEST(zone, a_damaged_header_is_noticed) {
  bytes[-64] = 'x';

  CHECK_EQUAL(std::string("zone things: the header is damaged or none of ours"),
              why_not(zone.fd(), shape));
}

TEST(zone, nobody_can_cut_it_short) {
  CHECK_EQUAL(-1, ftruncate(zone.fd(), 0));
  CHECK_EQUAL(-1, ftruncate(zone.fd(), 1 << 20));
}

TEST(zone, the_last_to_claim_it_is_its_writer) {
  const std::uint64_t first = zone.claim();
  CHECK_TRUE(zone.is_held_by(first));

  const std::uint64_t second = zone.claim();

  CHECK_FALSE(zone.is_held_by(first));
  CHECK_TRUE(zone.is_held_by(second));
}

TEST(zone, a_reader_cannot_write_by_mistake) {
  const pid_t child = fork();
  if (child == 0) {
    zone.make_read_only();
    // The kernel refuses to put bytes there, without the noise of a signal.
    int ends[2];
    _exit(zone.fd() == -1 && pipe(ends) == 0 && write(ends[1], "x", 1) == 1 &&
                  read(ends[0], bytes, 1) == -1
              ? 0
              : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);

  CHECK_EQUAL(0, status);
}

TEST(zone, a_moved_zone_keeps_its_memory) {
  shm::Zone other = std::move(zone);

  CHECK_TRUE(other.data() == bytes);
  CHECK_EQUAL(-1, zone.fd());
}
