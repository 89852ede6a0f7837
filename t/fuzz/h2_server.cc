// SPDX-License-Identifier: MIT
// Bytes of a client, in pieces, to the server end of HTTP/2; the first four say what the service makes of requests, whether the
// preface goes in front, and how large the pieces are.
#include "t/lib/choices.h"
#include "t/lib/h2_server_trial.h"

#include <cstdio>
#include <cstdlib>

using namespace pm;
using namespace pm::test;

namespace {

// Something that a service may do at this point of its exchange.
void work(Served& served, Choices& choices) {
  if (served.exchange == nullptr || served.was_cancelled) return;
  http::Exchange& exchange = *served.exchange;
  if (exchange.response_ended() || exchange.client_end() == nullptr) return;
  const std::uint64_t what = choices.below(8);
  if (what == 0) return exchange.resume_request();
  if (what == 1) served.flow = served.flow == Flow::more ? Flow::hold : Flow::more;
  if (!exchange.response_started()) {
    if (what == 2) served.answer("late");
    if (what == 3) exchange.interim(103, http::Headers(exchange.arena()));
    if (what == 4) served.begin();
    return;
  }
  if (what == 2) return served.cut();
  if (what == 3) exchange.response().trailers.append("x-sum", "1");
  if (what == 4) return served.end();
  if (what > 4) served.send(std::string(choices.below(what == 5 ? 100000 : 100) + 1, 'x'));
}

void tighten(h2::ServerSettings& settings) {
  settings.limits = {.max_bytes = 600, .max_line = 40, .max_fields = 8};
  settings.max_streams = 3;
  settings.max_requests = 6;
  settings.session.glitch_burst = 30;
  settings.session.memory = 100000;
}

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  H2ServerTrial trial(static_cast<Served::When>(data[0] & 3));
  trial.wants_body = (data[0] & 4) != 0;
  trial.peer.keeps_books = trial.peer.gives_windows = false;
  if ((data[0] & 8) != 0) tighten(trial.settings);
  if ((data[0] & 16) != 0) trial.peer.say.clear();
  Choices choices(std::span(data + 2, 2));
  trial.connect();
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 4, size - 4);
  const std::size_t piece = data[1] == 0 ? size : data[1];
  for (std::size_t at = 0; at < bytes.size() && trial.is_open(); at += piece) {
    trial.kernel.deliver(trial.fd, bytes.substr(at, piece));
    trial.turns();
    for (std::size_t i = 0; i < trial.exchanges.size(); ++i)
      work(trial.served(i), choices);
    if (choices.one_in(16)) trial.kernel.set_window(trial.fd, choices.below(2000));
    if (choices.one_in(16)) trial.kernel.pass(500), trial.loop->tick();
    trial.turns();
    trial.peer.read(trial.kernel.take(trial.fd));
  }
  if (!trial.peer.fault.empty()) fail(trial.peer.fault);
  if (trial.server != nullptr) trial.server->close();
  trial.turns();
  for (const auto& served : trial.exchanges) {
    if (served->ends != 1) fail("an exchange has not ended once");
  }
  if (trial.lent() > 0) fail("memory is kept");
  if (trial.closings != 1) fail("the connection is not closed once");
  return 0;
}
