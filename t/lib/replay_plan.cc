// SPDX-License-Identifier: MIT
#include "t/lib/replay_plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::test {
namespace {

using Framing = Plan::Framing;
using Fault = Plan::Fault;

void draw_request(Plan& plan, Choices& choices, std::size_t most) {
  plan.client_closes = choices.one_in(8);
  plan.old_client = choices.one_in(8);
  const std::uint64_t kind = choices.below(10);
  if (kind < 3) return;
  if (kind == 3) {
    plan.method = "HEAD";
  } else if (kind == 4 && !plan.old_client) {
    plan.upgrade = true;
    plan.client_closes = false;
    plan.request_size = choices.below(most);
  } else {
    plan.method = choices.one_in(2) ? "POST" : "PUT";
    plan.request = choices.one_in(2) && !plan.old_client ? Framing::chunked : Framing::length;
    plan.request_size = choices.below(most);
    plan.expects = choices.one_in(4) && !plan.old_client && plan.request_size > 0;
  }
}

void draw_answer(Plan& plan, Choices& choices, std::size_t most) {
  constexpr Framing framings[] = {Framing::length, Framing::length, Framing::chunked,
                                  Framing::chunked, Framing::until_close};
  plan.is_local = choices.one_in(10);
  plan.answer = plan.is_local ? Framing::length : framings[choices.below(5)];
  plan.answer_size = choices.one_in(5) ? 0 : choices.below(most);
  if (plan.upgrade) {
    plan.status = plan.is_local || choices.one_in(4) ? 426 : 101;
    return;
  }
  if (!plan.is_local && choices.one_in(8)) {
    plan.status = choices.one_in(2) ? 204 : 304;
    plan.answer = Framing::none;
    plan.answer_size = 0;
  }
  plan.hints =
      plan.is_local || !choices.one_in(6) ? 0 : 1 + static_cast<unsigned>(choices.below(3));
  plan.says_continue = choices.one_in(2);
  plan.is_early = choices.one_in(5);
  plan.server_closes = choices.one_in(6);
}

std::string chunked(std::string_view body, Choices& choices, std::string_view trailer) {
  std::string text;
  while (!body.empty()) {
    const std::size_t size = std::min<std::size_t>(body.size(), choices.between(1, 70000));
    text += fmt::format("{:x}\r\n{}\r\n", size, body.substr(0, size));
    body.remove_prefix(size);
  }
  return text + fmt::format("0\r\nX-Check: {}\r\n\r\n", trailer);
}

std::string body_of(Framing framing, std::string body, Choices& choices, const std::string& id) {
  return framing == Framing::chunked ? chunked(body, choices, id) : std::move(body);
}

std::string filler_field(std::size_t size) {
  return size == 0 ? "" : "X-Filler: " + std::string(size, 'f') + "\r\n";
}

std::string framing_fields(Framing framing, std::size_t size) {
  switch (framing) {
    case Framing::length: return fmt::format("Content-Length: {}\r\n", size);
    case Framing::chunked: return "Transfer-Encoding: chunked\r\nTrailer: X-Check\r\n";
    case Framing::none:
    case Framing::until_close: break;
  }
  return {};
}

}  // namespace

Plan draw_plan(Choices& choices, const PlanLimits& limits, unsigned client, unsigned number) {
  Plan plan;
  plan.client = client;
  plan.number = number;
  draw_request(plan, choices, limits.most_bytes);
  draw_answer(plan, choices, limits.most_bytes);
  const std::size_t most_filler = std::min<std::size_t>(limits.most_bytes, 30000);
  if (choices.one_in(8)) plan.request_filler = choices.below(most_filler);
  if (choices.one_in(8)) plan.answer_filler = choices.below(most_filler);
  plan.breaks_chunk = limits.has_faults && plan.request == Framing::chunked && choices.one_in(3);
  if (!limits.has_faults || !choices.one_in(3)) return plan;
  plan.fault = static_cast<Fault>(choices.between(1, 7));
  const bool is_endless = plan.answer == Framing::until_close || plan.status == 101;
  if (plan.fault == Fault::junk_behind && is_endless) plan.fault = Fault::none;
  plan.cut_at = choices.below(plan.answer_size + 200);
  return plan;
}

Message compose_request(const Plan& plan, Choices& choices) {
  Message message;
  message.head = fmt::format("{} {} HTTP/1.{}\r\nHost: replay.test\r\nX-Id: {}\r\n", plan.method,
                             plan.target(), plan.old_client ? 0 : 1, plan.id());
  message.head += framing_fields(plan.request, plan.request_size);
  if (plan.expects) message.head += "Expect: 100-continue\r\n";
  if (plan.client_closes) message.head += "Connection: close\r\n";
  if (plan.old_client && !plan.client_closes) message.head += "Connection: keep-alive\r\n";
  if (plan.upgrade) message.head += "Connection: Upgrade\r\nUpgrade: replay\r\n";
  message.head += filler_field(plan.request_filler);
  message.head += "\r\n";
  if (plan.upgrade) return message;
  message.body = body_of(plan.request, plan.bytes(Plan::Direction::request, plan.request_size),
                         choices, plan.id());
  if (plan.breaks_chunk) {
    message.body.resize(message.body.size() - plan.id().size() - sizeof("0\r\nX-Check: \r\n\r\n") +
                        1);
    message.body += "0x0\r\n\r\nGET /9/9 HTTP/1.1\r\nHost: replay.test\r\n\r\n";
  }
  return message;
}

Message compose_answer(const Plan& plan, Choices& choices) {
  Message message;
  for (unsigned i = 0; i < plan.hints; ++i)
    message.head += "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
  message.head += fmt::format("HTTP/1.1 {} Replayed\r\nX-Id: {}\r\n", plan.status, plan.id());
  const std::string body = plan.bytes(Plan::Direction::answer, plan.answer_size);
  if (plan.status == 101) {
    message.head += "Connection: Upgrade\r\nUpgrade: Replay\r\n\r\n";
    message.body = body;
    return message;
  }
  message.head += framing_fields(plan.answer, plan.answer_size);
  if (plan.server_closes) message.head += "Connection: close\r\n";
  message.head += filler_field(plan.answer_filler);
  message.head += "\r\n";
  if (plan.method != "HEAD") message.body = body_of(plan.answer, body, choices, plan.id());
  return message;
}

}  // namespace pm::test
