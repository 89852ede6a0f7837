// SPDX-License-Identifier: MIT
#include "observe/access_log.h"

#include "t/lib/access_trial.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <memory>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

using namespace pm;
using namespace pm::observe;

TEST_GROUP(access_log) {
  trial::Exchange exchange;
  config::AccessLog options;
  int ends[2];
  char room[1 << 20];
  std::unique_ptr<AccessLog> log;

  void setup() override {
    CHECK_EQUAL(0, pipe(ends));
    exchange.record.count = 0;
    options.fields.default_mode = config::FieldMode::drop;
    options.fields.names["RequestCount"] = "keep";
    options.fields.names["RequestPath"] = "keep";
  }
  void teardown() override {
    close(ends[0]);  // first, so that a full pipe is not waited for
    log.reset();
  }
  void start(std::uint64_t first_count = 0) {
    log = std::make_unique<AccessLog>(options, ends[1], first_count);
  }
  void record(int times = 1) {
    for (int i = 0; i < times; ++i)
      log->record(exchange.record);
  }
  std::string_view received(int within_ms = 3000) {
    pollfd waiting{ends[0], POLLIN, 0};
    if (poll(&waiting, 1, within_ms) <= 0) return {};
    const ssize_t size = read(ends[0], room, sizeof room);
    return {room, size > 0 ? static_cast<std::size_t>(size) : 0};
  }
  static std::string line(unsigned count) {
    return "- - - [-] \"- /a/b?c=d -\" - - \"-\" \"-\" " + std::to_string(count) +
           " \"-\" \"-\" 0ms\n";
  }
};

using namespace std::string_view_literals;

TEST(access_log, writes_the_lines_of_a_turn_after_it) {
  start();
  record(2);
  log->end_of_turn();

  CHECK_EQUAL(std::string_view(line(1) + line(2)), received());
}

TEST(access_log, writes_turn_after_turn_in_order) {
  start();
  std::string expected;
  std::string all;

  for (unsigned i = 1; i <= 500; ++i) {
    record();
    log->end_of_turn();
    expected += line(i);
  }
  CHECK(log->flush());
  while (all.size() < expected.size()) {
    const std::string_view more = received();
    CHECK_FALSE(more.empty());
    all += more;
  }

  CHECK(all == expected);
  LONGS_EQUAL(0, log->dropped());
}

TEST(access_log, counts_on_from_where_another_process_was) {
  start(1000);
  exchange.record.status = 200;
  options.filters.status_codes = {"500"};

  record();
  log->flush();

  CHECK_EQUAL(std::string_view(line(1001)), received());
  LONGS_EQUAL(1001, log->count());
}

TEST(access_log, counts_what_the_filters_leave_out) {
  options.filters.status_codes = {"500"};
  start();

  record(3);
  exchange.record.status = 500;
  record();
  log->flush();

  CHECK_EQUAL(std::string_view(line(4)), received());
}

TEST(access_log, writes_at_once_when_as_many_lines_wait_as_may) {
  options.buffering_size = 3;
  start();

  record(3);
  log->end_of_turn();

  CHECK_EQUAL(std::string_view(line(1) + line(2) + line(3)), received(800));
}

TEST(access_log, writes_what_is_left_when_it_ends) {
  options.buffering_size = 1000;
  start();
  record();

  log.reset();

  CHECK_EQUAL(std::string_view(line(1)), received());
}

TEST(access_log, writes_earlier_lines_to_the_old_file_and_later_ones_to_the_new) {
  int other[2];
  CHECK_EQUAL(0, pipe(other));
  start();
  record();
  log->reopen(other[1]);
  record();
  log->flush();

  CHECK_EQUAL(std::string_view(line(1)), received());
  LONGS_EQUAL(0, received().size());  // the old one is closed
  close(ends[0]);
  ends[0] = other[0];
  CHECK_EQUAL(std::string_view(line(2)), received());
}

TEST(access_log, drops_and_counts_lines_when_nobody_reads) {
  fcntl(ends[1], F_SETPIPE_SZ, 4096);
  options.fields.default_mode = config::FieldMode::keep;
  start();
  constexpr int lines = 20000;

  for (int i = 0; i < lines; ++i) {
    record();
    log->end_of_turn();
  }

  CHECK(log->dropped() > 0);
  CHECK(log->dropped() < lines);
  CHECK_FALSE(log->flush(std::chrono::milliseconds(1)));
}

TEST(access_log, goes_on_when_it_is_read_again) {
  fcntl(ends[1], F_SETPIPE_SZ, 4096);
  start();
  record(20000);
  log->end_of_turn();
  const std::uint64_t lost = log->dropped();

  while (!log->flush(std::chrono::milliseconds(1)))
    received();
  record();
  log->end_of_turn();
  std::string last(received());
  while (!last.ends_with(line(20001)))
    last += received();

  CHECK(last.ends_with(line(20001)));
  LONGS_EQUAL(lost, log->dropped());
}

TEST(access_log, leaves_headers_out_of_a_line_that_is_too_long) {
  options.format = config::AccessFormat::json;
  options.fields.headers_default_mode = config::FieldMode::keep;
  const std::string value(9000, '\x01');
  for (int i = 0; i < 20; ++i)
    exchange.request.headers.append(exchange.arena.copy("x-" + std::to_string(i)), value);
  start();

  record();
  log->flush();

  CHECK(received().find("\"request_") == std::string_view::npos);
  LONGS_EQUAL(0, log->dropped());
}
