// SPDX-License-Identifier: MIT
#include "http/run.h"

#include "http/chain.h"
#include "http/reply.h"
#include "http/tools.h"
#include "t/lib/fake_kernel.h"

#include <CppUTest/TestHarness.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace pm;
using namespace pm::http;

namespace {

// The client: what reaches it, as text.
class Client : public ServerEnd {
 public:
  explicit Client(std::string& log) : log_(&log) {}
  void resume_request(Exchange&) noexcept override {}
  void hold_request(Exchange&) noexcept override {}
  void send_interim(Exchange&, std::uint16_t status, const Headers&) noexcept override {
    *log_ += std::to_string(status) + ' ';
  }
  void send_head(Exchange& exchange) noexcept override {
    *log_ += std::to_string(exchange.response().status) + ' ';
  }
  void send_chunk(Exchange&, const Chunk& chunk) noexcept override {
    for (const std::string_view slice : chunk.slices)
      log_->append(slice);
  }
  void send_end(Exchange&) noexcept override { *log_ += " end"; }
  Flow flush_response(Exchange&) noexcept override { return flow; }
  void cut(Exchange&) noexcept override { *log_ += " cut"; }
  Flow flow = Flow::more;

 private:
  std::string* log_;
};

class Server final : public Service {
 public:
  explicit Server(std::string& log) : log_(&log) {}
  void serve(Exchange& exchange) noexcept override {
    *log_ += "[" + std::string(exchange.request().path) + "] ";
    script(exchange);
  }
  std::function<void(Exchange&)> script = [](Exchange& exchange) {
    reply(exchange, 200, "body", BodyType::none);
  };

 private:
  std::string* log_;
};

// Writes down what it is asked, and does what the test says.
class Probe final : public Middleware {
 public:
  Probe(std::string& log, char name, Hooks hooks, std::size_t state = 0)
      : log_(&log), name_(name), hooks_(hooks), state_(state) {}
  Hooks hooks() const noexcept override { return hooks_; }
  std::size_t state_size() const noexcept override { return state_; }
  Verdict on_request_headers(Link link) const noexcept override {
    say('>');
    return on_request(link);
  }
  Verdict on_response_headers(Link link) const noexcept override {
    say('<');
    return on_response(link);
  }
  Verdict on_response_body(Link link, BodyPart& part) const noexcept override {
    say(part.last ? '$' : part.flush ? '~' : '=');
    return on_body(link, part);
  }
  void on_done(Link) const noexcept override { say('.'); }

  std::function<Verdict(Link)> on_request = [](Link) {
    return Verdict::next;
  };
  std::function<Verdict(Link)> on_response = [](Link) {
    return Verdict::next;
  };
  std::function<Verdict(Link, BodyPart&)> on_body = [](Link, BodyPart&) {
    return Verdict::next;
  };

 private:
  void say(char what) const {
    *log_ += name_;
    *log_ += what;
    *log_ += ' ';
  }
  std::string* log_;
  char name_;
  Hooks hooks_;
  std::size_t state_;
};

constexpr Hooks ways = Hook::request_headers | Hook::response_headers;
constexpr Hooks body = Hook::response_headers | Hook::response_body;

}  // namespace

TEST_GROUP(run) {
  test::FakeKernel kernel;
  std::unique_ptr<net::Loop> loop = net::Loop::create_for_test(kernel);
  WorkerTools tools;
  BlockPool blocks{4096};
  std::string log;
  Client client{log};
  Server server{log};
  std::unique_ptr<Exchange> exchange = std::make_unique<Exchange>(blocks, client);
  Probe a{log, 'a', ways | Hook::done};
  Probe b{log, 'b', ways | Hook::done};
  Probe c{log, 'c', ways | Hook::done};

  void setup() override {
    tools.loop = loop.get();
    exchange->tools = &tools;
    exchange->request().method = "GET";
    exchange->request().path = "/x";
    exchange->note_empty_request();
  }
  std::string run(std::vector<const Middleware*> links) {
    chains.push_back(std::make_unique<Chain>(std::move(links)));
    chains.back()->run(*exchange, server);
    return log;
  }
  std::string end() {
    if (exchange->on_end != nullptr) exchange->on_end->on_exchange_end(*exchange);
    exchange.reset();
    return log;
  }
  void turns() {
    loop->tick();
    for (int i = 0; i < 4; ++i)
      loop->turn();
  }
  std::vector<std::unique_ptr<Chain>> chains;
};

TEST(run, requests_go_inwards_and_answers_outwards) {
  CHECK_EQUAL(std::string("a> b> c> [/x] c< b< a< 200 body end"), run({&a, &b, &c}));
  CHECK_EQUAL(std::string("a> b> c> [/x] c< b< a< 200 body endc. b. a. "), end());
}

TEST(run, an_answer_of_a_link_passes_those_outside_of_it) {
  b.on_request = [](Link link) {
    link.reply_bare(403);
    return Verdict::respond;
  };
  CHECK_EQUAL(std::string("a> b> a< 403 Forbidden end"), run({&a, &b, &c}));
  CHECK_EQUAL(std::string("a> b> a< 403 Forbidden endb. a. "), end());
}

TEST(run, links_have_the_hooks_that_they_say) {
  const Probe request{log, 'q', Hook::request_headers};
  const Probe response{log, 'r', Hook::response_headers};
  const Probe none{log, 'n', Hooks()};
  CHECK_EQUAL(std::string("q> q> [/x] r< r< 200 body end"),
              run({&none, &response, &request, &none, &response, &request, &none}));
}

TEST(run, a_link_outside_without_a_request_hook_sees_an_answer_of_one_inside) {
  const Probe outside{log, 'o', Hook::response_headers};
  const Probe inside{log, 'i', Hook::response_headers};
  a.on_request = [](Link link) {
    link.reply_bare(404);
    return Verdict::respond;
  };
  CHECK_EQUAL(std::string("a> o< 404 Not Found end"), run({&outside, &a, &inside}));
}

TEST(run, an_answer_is_replaced_by_who_looks_at_it) {
  b.on_response = [](Link link) {
    link.reply(503, "no", BodyType::none);
    return Verdict::respond;
  };
  CHECK_EQUAL(std::string("a> b> c> [/x] c< b< c. b. a< 503 no end"), run({&a, &b, &c}));
}

TEST(run, what_waits_goes_on_when_it_is_resumed_and_only_once) {
  Resumer resumer;
  b.on_request = [&resumer](Link link) {
    resumer = link.suspend();
    return Verdict::wait;
  };
  CHECK_EQUAL(std::string("a> b> "), run({&a, &b, &c}));
  CHECK_TRUE(resumer.exchange() == exchange.get());
  resumer.resume(Verdict::next);
  CHECK_EQUAL(std::string("a> b> c> [/x] c< b< a< 200 body end"), log);
  CHECK_TRUE(resumer.exchange() == nullptr);
  resumer.resume(Verdict::next);
  end();
  resumer.resume(Verdict::next);
  CHECK_EQUAL(std::string("a> b> c> [/x] c< b< a< 200 body endc. b. a. "), log);
}

TEST(run, an_exchange_that_ends_while_it_waits_is_not_resumed) {
  Resumer resumer;
  b.on_request = [&resumer](Link link) {
    resumer = link.suspend();
    return Verdict::wait;
  };
  run({&a, &b});
  end();
  resumer.resume(Verdict::next);
  CHECK_EQUAL(std::string("a> b> b. a. "), log);
}

TEST(run, a_place_is_used_again_under_another_generation) {
  Resumer first;
  Resumer second;
  a.on_request = [&](Link link) {
    first = link.suspend();
    return Verdict::wait;
  };
  b.on_request = [&](Link link) {
    second = link.suspend();
    return Verdict::wait;
  };
  run({&a, &b});
  first.resume(Verdict::next);
  LONGS_EQUAL(first.place, second.place);
  first.resume(Verdict::next);
  CHECK_EQUAL(std::string("a> b> "), log);
  second.resume(Verdict::next);
  CHECK_EQUAL(std::string("a> b> [/x] b< a< 200 body end"), log);
}

TEST(run, a_delay_brings_its_verdict) {
  b.on_request = [](Link link) {
    link.resume_after(50, Verdict::next);
    return Verdict::wait;
  };
  CHECK_EQUAL(std::string("a> b> "), run({&a, &b}));
  kernel.pass(49);
  turns();
  CHECK_EQUAL(std::string("a> b> "), log);
  kernel.pass(1);
  turns();
  CHECK_EQUAL(std::string("a> b> [/x] b< a< 200 body end"), log);
}

TEST(run, again_serves_the_request_as_it_was_once_more) {
  int tries = 0;
  b.on_request = [](Link link) {
    link.keep_request();
    link.request().path = "/y";
    return Verdict::next;
  };
  b.on_response = [&tries](Link link) {
    CHECK_TRUE(link.may_repeat());
    return ++tries < 3 ? Verdict::again : Verdict::next;
  };
  c.on_request = [](Link link) {
    link.request().path = link.arena().join(link.request().path, "/c");
    return Verdict::next;
  };
  run({&a, &b, &c});
  for (int i = 0; i < 3; ++i)
    turns();
  CHECK_EQUAL(
      std::string("a> b> c> [/y/c] c< b< c. c> [/x/c] c< b< c. c> [/x/c] c< b< a< 200 body end"),
      log);
  LONGS_EQUAL(2, exchange->trace().repeats);
}

TEST(run, interim_answers_of_a_try_that_may_be_dropped_stay_here) {
  b.on_request = [](Link link) {
    link.keep_request();
    return Verdict::next;
  };
  server.script = [](Exchange& asked) {
    asked.interim(103, asked.response().headers);
    reply(asked, 200, "body", BodyType::none);
  };
  CHECK_EQUAL(std::string("b> [/x] b< 200 body end"), run({&b}));
}

TEST(run, parts_of_a_body_pass_from_the_inside_out) {
  Probe inner{log, 'i', body};
  Probe outer{log, 'o', body};
  inner.on_body = [](Link link, BodyPart& part) {
    if (!part.is_empty()) part.replace(*link.arena().make<std::string_view>("inner"));
    return Verdict::next;
  };
  CHECK_EQUAL(std::string("[/x] i< o< 200 i= o= inneri$ o$  end"), run({&outer, &inner}));
}

TEST(run, what_a_link_has_made_has_left_before_it_makes_more_in_the_same_place) {
  // As the codecs do: bytes are borrowed until they are flushed.
  class Borrower final : public Client {
   public:
    using Client::Client;
    void send_chunk(Exchange&, const Chunk& chunk) noexcept override { lent = chunk.slices[0]; }
    Flow flush_response(Exchange& asked) noexcept override {
      if (!lent.empty()) Client::send_chunk(asked, {{&lent, 1}, lent.size()});
      lent = {};
      return Flow::more;
    }
    std::string_view lent;
  };
  Borrower borrower(log);
  exchange = std::make_unique<Exchange>(blocks, borrower);
  setup();
  Probe maker{log, 'm', body};
  std::string made;
  maker.on_body = [&made](Link link, BodyPart& part) {
    made.assign(1, part.last ? 'z' : static_cast<char>(part.slices[0][0] + 1));
    part.replace(*link.arena().make<std::string_view>(made));
    return Verdict::next;
  };
  server.script = [](Exchange& asked) {
    const std::string_view parts[] = {"a", "b"};
    asked.response_head();
    asked.response_chunk({{parts, 1}, 1});
    asked.response_chunk({{parts + 1, 1}, 1});
    asked.response_end();
    asked.flush_response();
  };

  CHECK_EQUAL(std::string("[/x] m< 0 m= bm= cm$  endz"), run({&maker}));
  exchange.reset();
}

TEST(run, a_held_head_leaves_with_the_body_that_decides) {
  Probe holder{log, 'h', body};
  holder.on_response = [](Link) {
    return Verdict::wait;
  };
  holder.on_body = [](Link link, BodyPart& part) {
    CHECK_TRUE(link.holds_head());
    if (!part.last) return Verdict::wait;
    link.response().status = 206;
    return Verdict::next;
  };
  server.script = [](Exchange& asked) {
    asked.response().status = 200;
    asked.response_head();
    asked.flush_response();
    asked.response_end();
    asked.flush_response();
  };
  CHECK_EQUAL(std::string("a> [/x] h< h~ h$ a< 206  end"), run({&a, &holder}));
}

TEST(run, a_held_answer_that_is_cut_is_answered_in_words) {
  Probe holder{log, 'h', body};
  holder.on_response = [](Link) {
    return Verdict::wait;
  };
  holder.on_body = [](Link, BodyPart& part) {
    part.swallow();
    return Verdict::wait;
  };
  server.script = [](Exchange& asked) {
    asked.response().status = 200;
    asked.response_head();
    asked.flush_response();
    asked.cut_response();
  };
  CHECK_EQUAL(std::string("a> [/x] h< h~ a< 502 Bad Gateway end"), run({&a, &holder}));
}

TEST(run, a_flush_before_the_head_is_no_part_of_a_body) {
  const Probe looker{log, 'l', body};
  server.script = [](Exchange& asked) {
    asked.flush_response();
    reply(asked, 200, "body", BodyType::none);
  };
  CHECK_EQUAL(std::string("[/x] l< 200 l= bodyl$  end"), run({&looker}));
}

TEST(run, chains_lie_around_one_another) {
  class Inner final : public Service {
   public:
    Inner(Chain chain, Service& then) : chain_(std::move(chain)), then_(&then) {}
    void serve(Exchange& exchange) noexcept override { chain_.run(exchange, *then_); }

   private:
    Chain chain_;
    Service* then_;
  };
  Inner inner(Chain({&b, &c}), server);
  const Chain outer({&a});
  outer.run(*exchange, inner);
  CHECK_EQUAL(std::string("a> b> c> [/x] c< b< a< 200 body end"), log);
  CHECK_EQUAL(std::string("a> b> c> [/x] c< b< a< 200 body endc. b. a. "), end());
}
