// SPDX-License-Identifier: MIT
// Bytes of a server, in pieces, to the client end of HTTP/2; the first four say what exchanges there are and what they do,
// whether SETTINGS go in front, and how large the pieces are.
#include "t/lib/choices.h"
#include "t/lib/h2_client_trial.h"

#include <cstdio>
#include <cstdlib>

using namespace pm;
using namespace pm::test;

namespace {

void begin_one(H2ClientTrial& trial, Choices& choices) {
  if (trial.client == nullptr || trial.client->room() == 0 || trial.asked.size() > 8) return;
  constexpr std::string_view methods[] = {"GET", "HEAD", "POST", "POST"};
  const std::uint64_t kind = choices.below(4);
  Asked& what = trial.make(methods[kind]);
  if (kind < 2) {
    what.exchange->note_empty_request();
  } else {
    what.exchange->request().framing = http::Framing::chunked;
    what.exchange->request().expects_continue = choices.one_in(3);
    what.give(std::string(choices.below(100000), 'x'), choices.one_in(2));
  }
  trial.begin(what, choices.one_in(2) ? 2000 : 0);
}

// Something that its client may do, or whoever gets the answer.
void work(Asked& what, Choices& choices) {
  if (what.exchange == nullptr || what.exchange->client_end() == nullptr) return;
  switch (choices.below(6)) {
    case 0: what.flow = what.flow == Flow::more ? Flow::hold : Flow::more; return;
    case 1: return what.exchange->resume_response();
    case 2: return what.give("more", choices.one_in(2));
    case 3:
      if (choices.one_in(4)) what.leave();
      return;
    default: return;
  }
}

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::abort();
}

void check(const Asked& what) {
  if (what.failures + what.ends + what.cuts > 1) fail("an exchange has ended twice");
  if (what.heads > 1 || (what.failures > 0 && what.heads > 0))
    fail("an answer has begun twice, or has failed behind its head");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  H2ClientTrial trial;
  trial.peer.keeps_books = trial.peer.gives_windows = false;
  trial.settings.read_idle_ms = (data[0] & 1) != 0 ? 1000 : 0;
  if ((data[0] & 2) != 0)
    trial.settings.limits = {.max_bytes = 600, .max_line = 0, .max_fields = 8};
  if ((data[0] & 4) != 0) trial.peer.say.clear();
  if ((data[0] & 8) != 0) trial.settings.session.glitch_burst = 30;
  Choices choices(std::span(data + 2, 2));
  trial.connect();
  for (int i = 0; i < 1 + data[0] / 64; ++i)
    begin_one(trial, choices);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 4, size - 4);
  const std::size_t piece = data[1] == 0 ? size : data[1];
  for (std::size_t at = 0; at < bytes.size() && trial.is_open(); at += piece) {
    trial.turns();
    trial.peer.read(trial.kernel.take(trial.fd));
    trial.kernel.deliver(trial.fd, bytes.substr(at, piece));
    trial.turns();
    for (const auto& what : trial.asked)
      work(*what, choices);
    if (choices.one_in(8)) begin_one(trial, choices);
    if (choices.one_in(16)) trial.kernel.set_window(trial.fd, choices.below(2000));
    if (choices.one_in(16)) trial.kernel.pass(600), trial.loop->tick();
  }
  for (const auto& what : trial.asked)
    check(*what);
  if (!trial.peer.fault.empty()) fail(trial.peer.fault);
  trial.asked.clear();
  trial.turns();
  if (trial.client != nullptr) trial.client->close();
  trial.turns();
  if (trial.lent() + trial.blocks.lent() > 0) fail("memory is kept");
  if (trial.gone != 1) fail("the connection is not gone once");
  return 0;
}
