// SPDX-License-Identifier: MIT
#include "agent/probe_runner.h"

#include "runtime/connector.h"
#include "t/lib/fake_kernel.h"
#include "t/lib/text.h"
#include "tls/client_context.h"

#include <CppUTest/TestHarness.h>

#include <memory>
#include <string>

using namespace pm;
using shm::ServerState;

namespace {

class Lines final : public LogSink {
 public:
  void write(std::string_view line) noexcept override { text += line; }
  bool have(std::string_view part) const { return text.find(part) != std::string::npos; }
  std::string text;
};

}  // namespace

TEST_GROUP(probe_runner) {
  test::FakeKernel kernel;
  std::unique_ptr<net::Loop> loop = net::Loop::create_for_test(kernel);
  shm::Health health = std::move(shm::Health::create(64)).value();
  Lines lines;
  Log log{lines};
  h2::Flusher flusher{*loop};
  runtime::Connector connector{flusher};
  std::unique_ptr<upstream::PoolBook> pools;
  std::unique_ptr<agent::ProbeRunner> runner;
  unsigned parallel = 256;

  void setup() override {
    log.set_level(Level::debug);
    pools = std::make_unique<upstream::PoolBook>(
        upstream::PoolBook::Options{.loop = loop.get(), .connector = &connector});
  }
  void teardown() override {
    runner.reset();
    loop->turn();
    pools->close_idle();
    loop->turn();
    pools.reset();
    loop->turn();
    LONGS_EQUAL(0, kernel.open_sockets());
  }
  upstream::Probe probe(const std::string& address) {
    upstream::Probe made;
    made.service = "app@file";
    made.server = "http://" + address;
    made.url = made.server + "/health?x=1";
    made.interval_ms = 1000;
    made.unhealthy_interval_ms = 500;
    made.timeout_ms = 300;
    made.pool = std::make_shared<upstream::PoolPlan>();
    made.pool->key = "p";
    return made;
  }
  void watch(std::vector<upstream::Probe> probes) {
    if (runner == nullptr) {
      runner =
          std::make_unique<agent::ProbeRunner>(agent::ProbeRunner::Options{.loop = loop.get(),
                                                                           .health = &health,
                                                                           .pools = pools.get(),
                                                                           .log = &log,
                                                                           .parallel = parallel});
    }
    runner->set_probes(std::move(probes));
    pass(1);
  }
  void pass(std::uint64_t ms) {
    kernel.pass(ms);
    loop->tick();
    for (int i = 0; i < 4; ++i)
      loop->turn();
  }
  // The request that came on the connection that was opened last; "" when none was opened.
  std::string request(int& fd) {
    const std::vector<int> opened = kernel.connected();
    if (opened.empty()) return "";
    fd = opened.back();
    kernel.accept_connect(fd);
    pass(0);
    return kernel.take(fd);
  }
  void answer(int fd, std::string_view bytes) {
    kernel.deliver(fd, bytes);
    pass(0);
  }
  ServerState state(const std::string& address = "10.0.0.1:80") {
    return health.state(health.key("app@file", "http://" + address));
  }
};

TEST(probe_runner, the_first_check_comes_at_once_and_says_what_it_asks) {
  upstream::Probe asked = probe("10.0.0.1:80");
  asked.method = "HEAD";
  asked.headers = {{"X-Check", "yes"}, {"Host", "ignored"}};
  asked.host = "named.test";
  watch({asked});
  CHECK_TRUE(state() == ServerState::unknown);

  int fd = -1;
  const std::string head = request(fd);

  STRCMP_CONTAINS("HEAD /health?x=1 HTTP/1.1\r\n", head.c_str());
  STRCMP_CONTAINS("Host: named.test\r\n", head.c_str());
  STRCMP_CONTAINS("X-Check: yes\r\n", head.c_str());
  CHECK_TRUE(head.find("ignored") == std::string::npos);
  CHECK_TRUE(head.find("X-Forwarded") == std::string::npos);
  answer(fd, "HTTP/1.1 204 No Content\r\n\r\n");
  CHECK_TRUE(state() == ServerState::up);
}

TEST(probe_runner, one_failure_is_down_and_one_success_up_each_with_a_line) {
  watch({probe("10.0.0.1:80")});
  int fd = -1;
  request(fd);
  answer(fd, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
  CHECK_TRUE(state() == ServerState::down);
  CHECK_TRUE(lines.have("server is down"));
  CHECK_TRUE(lines.have("status 500"));

  pass(600);  // unhealthyInterval; the connection is used again
  STRCMP_CONTAINS("GET /health", kernel.take(fd).c_str());
  answer(fd, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");

  CHECK_TRUE(state() == ServerState::up);
  CHECK_TRUE(lines.have("server is up again"));
}

TEST(probe_runner, an_up_server_is_asked_at_its_interval) {
  watch({probe("10.0.0.1:80")});
  int fd = -1;
  request(fd);
  answer(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  pass(700);
  CHECK_EQUAL(std::string(""), kernel.take(fd));
  pass(500);
  STRCMP_CONTAINS("GET /health", kernel.take(fd).c_str());
}

TEST(probe_runner, a_server_that_refuses_or_says_nothing_is_down) {
  watch({probe("10.0.0.1:80"), probe("10.0.0.2:80")});
  const std::vector<int> opened = kernel.connected();
  LONGS_EQUAL(2, opened.size());
  kernel.refuse_connect(opened[0], ECONNREFUSED);
  kernel.accept_connect(opened[1]);
  pass(0);
  CHECK_TRUE(state() == ServerState::down);
  CHECK_TRUE(lines.have("connect-refused"));
  CHECK_TRUE(state("10.0.0.2:80") == ServerState::unknown);

  pass(450);

  CHECK_TRUE(state("10.0.0.2:80") == ServerState::down);
  CHECK_TRUE(lines.have("no answer within 300 ms"));
}

TEST(probe_runner, an_answer_without_end_is_judged_by_its_head) {
  watch({probe("10.0.0.1:80")});
  int fd = -1;
  request(fd);
  answer(fd, "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nabc");

  CHECK_TRUE(state() == ServerState::up);
  LONGS_EQUAL(0, kernel.open_sockets());
}

TEST(probe_runner, an_exact_status_is_the_only_good_one) {
  upstream::Probe asked = probe("10.0.0.1:80");
  asked.status = 418;
  watch({asked});
  int fd = -1;
  request(fd);
  answer(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK_TRUE(state() == ServerState::down);
  pass(600);
  kernel.take(fd);
  answer(fd, "HTTP/1.1 418 Tea\r\nContent-Length: 0\r\n\r\n");
  CHECK_TRUE(state() == ServerState::up);
}

TEST(probe_runner, a_redirection_is_followed_to_its_end) {
  watch({probe("10.0.0.1:80")});
  int fd = -1;
  request(fd);
  answer(fd, "HTTP/1.1 301 Moved\r\nLocation: http://10.0.0.9/there\r\nContent-Length: 0\r\n\r\n");
  CHECK_TRUE(state() == ServerState::unknown);
  pass(1);
  const std::string second = request(fd);
  STRCMP_CONTAINS("GET /there HTTP/1.1\r\n", second.c_str());
  STRCMP_CONTAINS("Host: 10.0.0.9\r\n", second.c_str());
  answer(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK_TRUE(state() == ServerState::up);
}

TEST(probe_runner, a_redirection_is_an_answer_where_none_is_followed) {
  upstream::Probe asked = probe("10.0.0.1:80");
  asked.follow_redirects = false;
  watch({asked});
  int fd = -1;
  request(fd);
  answer(fd, "HTTP/1.1 301 Moved\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n");
  CHECK_TRUE(state() == ServerState::up);
}

TEST(probe_runner, redirections_end_after_ten) {
  watch({probe("10.0.0.1:80")});
  int fd = -1;
  request(fd);
  int asked = 1;
  while (state() == ServerState::unknown && asked < 20) {
    answer(fd, "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
    pass(1);
    if (!kernel.take(fd).empty()) ++asked;
  }
  LONGS_EQUAL(11, asked);
  CHECK_TRUE(state() == ServerState::down);
}

TEST(probe_runner, a_check_that_can_ask_nobody_fails) {
  upstream::Probe asked = probe("10.0.0.1:80");
  asked.url.clear();
  watch({asked});
  CHECK_TRUE(state() == ServerState::down);
  CHECK_TRUE(lines.have("cannot be asked"));
}

TEST(probe_runner, only_so_many_are_asked_at_a_time) {
  parallel = 2;
  watch({probe("10.0.0.1:80"), probe("10.0.0.2:80"), probe("10.0.0.3:80")});
  const std::vector<int> opened = kernel.connected();
  LONGS_EQUAL(2, opened.size());
  kernel.refuse_connect(opened[0], ECONNREFUSED);
  pass(1);
  pass(1);
  LONGS_EQUAL(1, kernel.connected().size());
}

TEST(probe_runner, a_reload_leaves_alone_what_asks_the_same) {
  watch({probe("10.0.0.1:80"), probe("10.0.0.2:80")});
  kernel.connected();
  upstream::Probe changed = probe("10.0.0.2:80");
  changed.status = 201;

  watch({probe("10.0.0.1:80"), changed});

  LONGS_EQUAL(1, kernel.connected().size());
}

TEST(probe_runner, a_server_that_is_gone_is_neither_asked_nor_known) {
  watch({probe("10.0.0.1:80")});
  int fd = -1;
  request(fd);
  answer(fd, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
  watch({});
  CHECK_TRUE(state() == ServerState::unknown);
  pass(5000);
  CHECK_TRUE(kernel.connected().empty());
}

TEST(probe_runner, those_that_wait_for_a_place_are_asked_after_a_reload) {
  parallel = 1;
  watch({probe("10.0.0.1:80"), probe("10.0.0.2:80")});
  LONGS_EQUAL(1, kernel.connected().size());
  watch({probe("10.0.0.1:80"), probe("10.0.0.2:80")});
  pass(500);  // the first one's time is over
  LONGS_EQUAL(1, kernel.connected().size());
}
