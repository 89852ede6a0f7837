// SPDX-License-Identifier: MIT
#include "t/lib/h2_play.h"

#include "core/number.h"
#include "http/reply.h"

#include <algorithm>

namespace pm::test {
namespace {

constexpr std::size_t most_courses = 40;
constexpr std::size_t no_limit = SIZE_MAX;
constexpr std::uint32_t much = 1 << 28;
constexpr std::uint16_t max_streams = 3;
constexpr std::uint16_t first_window = 4;
constexpr std::uint16_t table_size = 1;

}  // namespace

H2Play::H2Play(Choices choices) : choices_(choices) {
  codecs_.loop = loop_.get();
  server_settings_.stall_timeout_ms = choices_.one_in(4) ? 3000 : 60000;
  server_settings_.session.memory = choices_.one_in(4) ? 200000 : 4 << 20;
  client_settings_.read_idle_ms = choices_.one_in(3) ? 3000 : 0;
  down_.fd = kernel_.add();
  server_ =
      h2::Server::open(net::Stream::open(*loop_, down_.fd, *this), {.context = &context_,
                                                                    .settings = &server_settings_,
                                                                    .handler = this,
                                                                    .owner = this,
                                                                    .client = {},
                                                                    .number = 1,
                                                                    .secure = nullptr});
  server_->start({});
}

H2Play::~H2Play() {
  kernel_.begin_turn(true);
  if (server_ != nullptr) server_->close();
  for (const auto& line : ups_) {
    if (line->client != nullptr) line->client->close();
  }
  loop_->turn();
}

std::string H2Play::run() {
  const std::uint64_t steps = choices_.between(10, 250);
  for (std::uint64_t i = 0; i < steps && fault_.empty(); ++i) {
    act();
    find_new_streams();
  }
  if (fault_.empty()) finish();
  return fault_.empty() ? judge() : fault_;
}

// ---- what may happen --------------------------------------------------------------------------------------------------

void H2Play::act() {
  Course* const course = some_course();
  const std::uint64_t what = choices_.below(32);
  if (what < 10) return carry(some_line(), choices_.one_in(2) ? no_limit : choices_.below(3000));
  if (what < 14 || course == nullptr) return ask();
  if (what < 19) return give(*course);
  if (what < 25) return answer(*course);
  if (what < 26) return reset(*course);
  if (what < 27) return pass(choices_.one_in(3) ? 1100 : choices_.below(200));
  if (what < 29) return set_weather(some_line());
  if (what < 31) return change_settings(some_line());
  if (choices_.one_in(4)) disturb(some_line());
}

void H2Play::ask() {
  H2Peer& peer = down_.peer;
  if (courses_.size() >= most_courses || !peer.goaways.empty()) return;
  Course& course = *courses_.emplace_back(std::make_unique<Course>());
  const std::uint64_t kind = choices_.below(4);
  const bool has_body = kind > 1;
  course.total = has_body ? choices_.below(choices_.one_in(3) ? 200000 : 2000) : 0;
  course.answer_total = choices_.below(choices_.one_in(3) ? 200000 : 2000);
  course.is_bodiless = kind == 1;
  course.request_ended = !has_body;
  H2Fields fields{{":method", kind == 0 ? "GET" : (kind == 1 ? "HEAD" : "POST")},
                  {":scheme", "http"},
                  {":path", "/"},
                  {":authority", "a"},
                  {"x-number", std::to_string(courses_.size() - 1)}};
  if (has_body && choices_.one_in(2))
    fields.emplace_back("content-length", std::to_string(course.total));
  if (has_body && choices_.one_in(8)) fields.emplace_back("expect", "100-continue");
  course.down = peer.ask(fields, !has_body);
}

bool H2Play::may_give(const Course& course) {
  return !course.request_ended && !course.was_left && !down_.peer.heard(course.down).reset;
}

void H2Play::give(Course& course) {
  if (!may_give(course)) return;
  const std::size_t number = choices_.one_in(3) ? course.total : choices_.below(5000);
  const std::size_t size = std::min(number, course.total - course.given);
  const bool is_last = course.given + size == course.total;
  const std::size_t index = (course.down - 1) / 2;
  const bool has_trailers = is_last && choices_.one_in(4);
  const std::string bytes = bytes_of(index, course.given, size);
  course.given += size;
  if (size > 0 || (is_last && !has_trailers))
    down_.peer.body(course.down, bytes, is_last && !has_trailers);
  // Trailers may not overtake a body that waits for its window.
  if (has_trailers && down_.peer.unsent(course.down) > 0) {
    down_.peer.body(course.down, {}, true);
  } else if (has_trailers) {
    down_.peer.head(course.down, {{"x-trailer", "1"}}, true);
  }
  course.request_ended = is_last;
}

bool H2Play::may_answer(const Course& course) {
  return course.server != nullptr && !course.answer_ended && !course.server->is_gone &&
         !course.server->peer.heard(course.up).reset;
}

void H2Play::answer(Course& course) {
  if (!may_answer(course)) return;
  H2Peer& peer = course.server->peer;
  if (!course.has_answer) {
    if (choices_.one_in(6)) return peer.head(course.up, {{":status", "103"}});
    H2Fields fields{{":status", "200"}, {"x-from", "server"}};
    if (choices_.one_in(2))
      fields.emplace_back("content-length", std::to_string(course.answer_total));
    const bool has_none = course.is_bodiless || course.answer_total == 0;
    course.has_answer = true;
    course.answer_ended = has_none;
    return peer.head(course.up, fields, has_none);
  }
  const std::size_t number = choices_.one_in(3) ? course.answer_total : choices_.below(5000);
  const std::size_t size = std::min(number, course.answer_total - course.answered);
  const bool is_last = course.answered + size == course.answer_total;
  const std::string bytes = bytes_of((course.down - 1) / 2 + 1000, course.answered, size);
  course.answered += size;
  course.answer_ended = is_last;
  if (is_last && choices_.one_in(4) && peer.unsent(course.up) == 0 &&
      std::min(peer.window_of(0), peer.window_of(course.up)) >= static_cast<std::int64_t>(size)) {
    peer.body(course.up, bytes, false);
    return peer.head(course.up, {{"x-trailer", "1"}}, true);
  }
  peer.body(course.up, bytes, is_last);
}

void H2Play::reset(Course& course) {
  const bool by_server = choices_.one_in(2);
  if (!by_server) {
    if (!course.was_left) down_.peer.reset(course.down, 8);
    course.was_reset = course.was_left = true;
    return;
  }
  if (!may_answer(course)) return;
  course.answer_ended = course.was_reset = true;
  constexpr std::uint32_t codes[] = {0, 1, 2, 7, 8};
  course.server->peer.reset(course.up, codes[choices_.below(5)]);
}

void H2Play::change_settings(Line& line) {
  H2Peer& peer = line.peer;
  switch (choices_.below(7)) {
    case 0: return peer.ping();
    case 1: return peer.setting(first_window, choices_.one_in(2) ? 65535 : 100);
    case 2: return peer.setting(table_size, choices_.one_in(2) ? 0 : 4096);
    case 3:
      if (&line != &down_) peer.setting(max_streams, static_cast<std::uint32_t>(choices_.below(5)));
      return;
    case 4: peer.gives_windows = !peer.gives_windows; return;
    case 5: return peer.window(0, static_cast<std::uint32_t>(choices_.between(1, 100000)));
    case 6:
      if (Course* course = some_course())
        peer.window(&line == &down_ || course->server != &line ? course->down : course->up,
                    static_cast<std::uint32_t>(choices_.between(1, 100000)));
      return;
    default: return;
  }
}

// A socket of few bytes, or of none.
void H2Play::set_weather(Line& line) {
  constexpr std::size_t windows[] = {0, 1, 700, 65536};
  if (!line.is_gone) kernel_.set_window(line.fd, windows[choices_.below(4)]);
}

void H2Play::disturb(Line& line) {
  if (line.is_gone) return;
  switch (choices_.below(6)) {
    case 0: return tamper(line);
    case 1:
      if (server_ != nullptr) server_->drain();
      return;
    case 2: return kernel_.finish(line.fd);
    case 3: return kernel_.reset_by_peer(line.fd);
    case 4:
      if (server_ != nullptr) server_->close_if_idle();
      return;
    case 5:
      if (&line != &down_)
        line.peer.goaway(
            static_cast<std::uint32_t>(choices_.one_in(2) ? 0x7fffffff : choices_.below(20)));
      return;
    default: return;
  }
}

// Whatever the frame says. Windows and settings are left out: the peer keeps its books of those.
void H2Play::tamper(Line& line) {
  line.is_tampered = true;
  constexpr int types[] = {0, 1, 2, 3, 5, 6, 7, 9, 10, 16};
  std::string payload;
  for (std::uint64_t left = choices_.below(40); left > 0; --left)
    payload += static_cast<char>(choices_.below(256));
  line.peer.say += h2_frame(types[choices_.below(10)], static_cast<int>(choices_.below(256)),
                            static_cast<std::uint32_t>(choices_.below(30)), payload);
}

void H2Play::carry(Line& line, std::size_t most) {
  if (line.is_gone) return;
  const std::string to_us = line.peer.say.substr(0, most);
  line.peer.say.erase(0, to_us.size());
  if (!to_us.empty()) kernel_.deliver(line.fd, to_us);
  turns();
  if (!line.is_gone) line.peer.read(kernel_.take(line.fd, most));
  if (!line.is_tampered && !line.peer.fault.empty()) fault_ = line.peer.fault;
}

void H2Play::pass(std::uint64_t ms) {
  kernel_.pass(ms);
  loop_->tick();
  turns();
}

void H2Play::turns() {
  for (int i = 0; i < 3; ++i) {
    kernel_.begin_turn(true);
    loop_->turn();
  }
}

// ---- who is who -------------------------------------------------------------------------------------------------------

H2Play::Line& H2Play::some_line() {
  const std::uint64_t number = choices_.below(ups_.size() + 1);
  return number == 0 ? down_ : *ups_[number - 1];
}

H2Play::Course* H2Play::some_course() {
  return courses_.empty() ? nullptr : courses_[choices_.below(courses_.size())].get();
}

H2Play::Course& H2Play::course_of(http::Exchange& exchange) {
  const auto number = parse_u64(exchange.request().headers.get("x-number"));
  return *courses_[number && *number < courses_.size() ? *number : 0];
}

void H2Play::find_new_streams() {
  for (const auto& line : ups_) {
    for (const auto& [stream, heard] : line->peer.all()) {
      const auto number = parse_u64(heard.field("x-number"));
      if (!number || *number >= courses_.size()) continue;
      Course& course = *courses_[*number];
      if (course.server != nullptr || course.line != line.get()) continue;
      course.server = line.get();
      course.up = stream;
    }
  }
}

H2Play::Line& H2Play::open_up() {
  Line& line = *ups_.emplace_back(std::make_unique<Line>(H2Peer::Role::server));
  line.fd = kernel_.add();
  line.client = h2::Client::open(net::Stream::open(*loop_, line.fd, *this), *this, context_.flusher,
                                 client_settings_);
  return line;
}

// One that it has not been sent to.
H2Play::Line* H2Play::line_for(const Course& course) {
  for (const auto& line : ups_) {
    const bool is_past =
        std::find(course.past.begin(), course.past.end(), line.get()) != course.past.end();
    if (!is_past && line->client != nullptr && line->client->room() > 0) return line.get();
  }
  return ups_.size() < 4 ? &open_up() : nullptr;
}

// ---- the daemon's side ------------------------------------------------------------------------------------------------

void H2Play::on_request(http::Exchange& exchange) noexcept {
  Course& course = course_of(exchange);
  ++course.begun;
  exchange.on_end = this;
  Line* line = line_for(course);
  if (line == nullptr) return http::reply(exchange, 503, "", http::BodyType::none);
  forward(exchange, course, *line);
}

void H2Play::forward(http::Exchange& exchange, Course& course, Line& line) {
  course.line = &line;
  course.past.push_back(&line);
  line.client->begin(exchange, *this, {});
}

void H2Play::on_exchange_end(http::Exchange& exchange) noexcept {
  ++course_of(exchange).ended;
}

void H2Play::on_failed(http::Exchange& exchange, const Failure& failure) noexcept {
  ++course_of(exchange).failed;
  if (exchange.answer_begun()) fault_ = "an answer that has begun has failed";
  if (exchange.client_end() != nullptr) fault_ = "who has failed holds on to the exchange";
  if (!send_again(exchange, failure))
    http::reply(exchange, http::status_of(failure.outcome), "", http::BodyType::none);
}

// As who forwards would: nothing has been written, and no byte of the body is gone.
bool H2Play::send_again(http::Exchange& exchange, const Failure& failure) {
  Course& course = course_of(exchange);
  if (failure.wrote || exchange.request_taken() || course.retries == 3) return false;
  Line* line = line_for(course);
  if (line == nullptr) return false;
  ++course.retries;
  course.server = nullptr;
  course.answered = 0;
  course.has_answer = course.answer_ended = false;
  course.was_reset = course.was_left;
  exchange.hold_request();
  forward(exchange, course, *line);
  return true;
}

void H2Play::on_closed(h2::Server&) noexcept {
  server_ = nullptr;
  down_.is_gone = true;
  if (++closings_ > 1) fault_ = "a connection is closed twice";
}

void H2Play::on_gone(http::ClientConnection& connection) noexcept {
  for (const auto& line : ups_) {
    if (static_cast<http::ClientConnection*>(line->client) != &connection) continue;
    line->client = nullptr;
    line->is_gone = true;
    return;
  }
  fault_ = "a connection is gone twice";
}

// ---- the end ----------------------------------------------------------------------------------------------------------

// The weather clears, everybody says what is left to say, and a quiet end is reached.
void H2Play::finish() {
  const auto clear = [this](Line& line) {
    if (line.is_gone) return;
    kernel_.set_window(line.fd, 65536);
    line.peer.gives_windows = true;
    line.peer.window(0, much);
    if (&line != &down_) line.peer.setting(max_streams, 100);
    for (const auto& [stream, heard] : line.peer.all()) {
      if (!heard.ended && !heard.reset) line.peer.window(stream, much);
    }
  };
  for (int round = 0; round < 12 && fault_.empty(); ++round) {
    if (round == 0) clear(down_);
    for (std::size_t i = 0; i < ups_.size() && round % 4 == 0 && round < 8; ++i)
      clear(*ups_[i]);
    for (const auto& course : courses_) {
      for (int i = 0; i < 100 && may_give(*course); ++i)
        give(*course);
      for (int i = 0; i < 100 && may_answer(*course); ++i)
        answer(*course);
    }
    for (int i = 0; i < 30 && fault_.empty(); ++i) {
      carry(down_, no_limit);
      for (std::size_t at = 0; at < ups_.size(); ++at)
        carry(*ups_[at], no_limit);
      find_new_streams();
    }
    pass(round % 2 == 0 ? 600 : 10);
  }
}

std::string H2Play::judge() {
  for (std::size_t number = 0; number < courses_.size(); ++number) {
    const std::string failure = judge(number, *courses_[number]);
    if (!failure.empty()) return "request " + std::to_string(number) + ": " + failure;
  }
  if (server_ != nullptr) server_->close();
  for (const auto& line : ups_) {
    if (line->client != nullptr) line->client->close();
  }
  turns();
  for (const auto& course : courses_) {
    if (course->begun != course->ended) return "an exchange outlives its connection";
  }
  if (codecs_.exchanges.lent() + codecs_.blocks.lent() > 0) return "an exchange is kept";
  if (loop_->pools().small.lent() + loop_->pools().large.lent() > 0) return "bytes are kept";
  if (kernel_.open_sockets() > 0) return "a socket is kept";
  return fault_;
}

std::string H2Play::judge(std::size_t number, Course& course) {
  const H2Peer::Heard& got = down_.peer.heard(course.down);
  if (course.begun > 1) return "served twice";
  if (course.ended > course.begun) return "ended twice";
  if (course.failed > course.retries + 1) return "failed twice";
  if (down_.is_tampered) return "";
  if (course.server != nullptr) {
    const H2Peer::Heard& heard = course.server->peer.heard(course.up);
    if (heard.body != bytes_of(number, 0, heard.body.size()) || heard.body.size() > course.given)
      return "the server got other bytes than were sent";
    const bool is_whole = heard.ended && !heard.reset && !course.was_reset;
    if (is_whole && heard.body.size() != course.total) return "the server got an early end";
  }
  const bool is_theirs = got.field("x-from") == "server";
  if (is_theirs && (course.server == nullptr || !course.server->is_tampered)) {
    if (got.body != bytes_of(number + 1000, 0, got.body.size()) ||
        got.body.size() > course.answered)
      return "the client got other bytes than were sent";
    const std::size_t whole = course.is_bodiless ? 0 : course.answer_total;
    if (got.ended && got.body.size() != whole) return "the client got an early end";
  }
  if (down_.is_gone || !down_.peer.goaways.empty() || course.was_reset) return "";
  if (course.begun == 0) return "never served";
  const bool is_told = got.ended || got.reset;
  if (!is_told && (course.server == nullptr || !course.server->is_tampered))
    return "never answered";
  return "";
}

std::string H2Play::bytes_of(std::size_t number, std::size_t from, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<char>(number * 31 + (from + i) * 7 + (from + i) / 251);
  return bytes;
}

}  // namespace pm::test
