// SPDX-License-Identifier: MIT
#include "observe/line_writer.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace pm::observe;

namespace {

bool never(void*) {
  return false;
}

}  // namespace

TEST_GROUP(line_writer) {
  int ends[2];
  char room[65536];

  void setup() override {
    CHECK_EQUAL(0, pipe(ends));
  }
  void teardown() override {
    close(ends[0]);
  }
  std::string_view received() {
    const ssize_t size = read(ends[0], room, sizeof room);
    return {room, size > 0 ? static_cast<std::size_t>(size) : 0};
  }
  int file(const char* path) {
    return open(path, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  }
};

using namespace std::string_view_literals;

TEST(line_writer, writes_what_it_is_given) {
  LineWriter writer(ends[1]);

  LONGS_EQUAL(0, writer.write("a\nb\n", never, nullptr));

  CHECK_EQUAL("a\nb\n"sv, received());
}

TEST(line_writer, gives_up_whole_lines_when_a_pipe_stays_full) {
  fcntl(ends[1], F_SETPIPE_SZ, 4096);
  LineWriter writer(ends[1]);
  std::string line(999, 'x');
  line += '\n';
  const std::string lines = line + line + line + line + line + line;

  LONGS_EQUAL(2, writer.write(lines, never, nullptr));

  LONGS_EQUAL(4000, received().size());
}

TEST(line_writer, counts_all_lines_when_nobody_reads_any_more) {
  close(ends[0]);
  ends[0] = open("/dev/null", O_RDONLY);
  LineWriter writer(ends[1]);

  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &set, &before);
  LONGS_EQUAL(3, writer.write("a\nb\nc\n", never, nullptr));
  const timespec none{0, 0};
  sigtimedwait(&set, nullptr, &none);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(line_writer, ends_a_line_that_a_full_disk_has_cut) {
  char path[] = "/tmp/line_writer_XXXXXX";
  close(mkstemp(path));
  close(ends[1]);
  LineWriter writer(file(path));
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_IGN);
  const rlimit small{5, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);

  const std::uint64_t lost = writer.write("abc\ndef\nghi\n", never, nullptr);
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_DFL);
  LONGS_EQUAL(2, lost);
  LONGS_EQUAL(0, writer.write("jkl\n", never, nullptr));

  const int fd = file(path);
  const ssize_t size = pread(fd, room, sizeof room, 0);
  close(fd);
  unlink(path);
  CHECK_EQUAL("abc\nd\njkl\n"sv, std::string_view(room, static_cast<std::size_t>(size)));
}

TEST(line_writer, changes_to_another_descriptor) {
  LineWriter writer(open("/dev/null", O_WRONLY));
  writer.write("to nobody\n", never, nullptr);

  writer.reopen(ends[1]);
  writer.write("to us\n", never, nullptr);

  CHECK_EQUAL("to us\n"sv, received());
}
