// SPDX-License-Identifier: MIT
#include "modules/middleware/buffering/buffering.h"

#include "http/collect.h"
#include "http/tools.h"
#include "modules/middleware/buffering/expression.h"

#include <fmt/format.h>

#include <optional>

namespace pm {
namespace {

using namespace http;
using buffering::Expression;

constexpr std::uint32_t most_repeats = 10;

struct BufferingOptions {
  config::At<std::int64_t> max_request;
  config::At<std::int64_t> memory_request{1048576, {}};
  config::At<std::int64_t> max_response;
  config::At<std::int64_t> memory_response{1048576, {}};
  config::At<std::string> retry_expression;
};
constexpr config::Option options[] = {
    config::option<&BufferingOptions::max_request>("maxRequestBodyBytes",
                                                   "larger requests get 413; 0: no limit")
        .in("bytes"),
    config::option<&BufferingOptions::memory_request>(
        "memRequestBodyBytes", "what stays in memory; the rest goes to a file")
        .in("bytes"),
    config::option<&BufferingOptions::max_response>("maxResponseBodyBytes",
                                                    "larger answers become 500; 0: no limit")
        .in("bytes"),
    config::option<&BufferingOptions::memory_response>(
        "memResponseBodyBytes", "what stays in memory; the rest goes to a file")
        .in("bytes"),
    config::option<&BufferingOptions::retry_expression>(
        "retryExpression", "once more while this holds: IsNetworkError() && Attempts() < 3"),
};
constexpr config::Section keys = config::section_of<BufferingOptions>(options);

struct BufferingRules {
  CollectLimits request;
  CollectLimits response;
  std::optional<Expression> again;
};

// An answer that was collected, on its way to the client.
class HeldAnswer final : public ReplyMaker, private ClientEnd, private KeptBodyUser {
 public:
  HeldAnswer(Exchange& exchange, const CollectLimits& limits) noexcept
      : exchange_(&exchange), most_(limits.most), body_(exchange.tools->spill, limits.memory) {}

  Flow take(const BodyPart& part) noexcept {
    body_.set_user(this);
    return body_.append(part.slices);
  }
  bool is_too_large() const noexcept { return body_.size() > most_; }
  bool failed() const noexcept { return body_.failed(); }
  std::uint64_t size() const noexcept { return body_.size(); }

  void make(Exchange& exchange) noexcept override {
    is_leaving_ = true;
    body_.rewind();
    exchange.set_client_end(this);
    exchange.response_head();
    send();
  }

 private:
  void request_chunk(Exchange&, const Chunk&) noexcept override {}
  void request_end(Exchange&) noexcept override {}
  Flow flush_request(Exchange&) noexcept override { return Flow::more; }
  void resume_response(Exchange&) noexcept override { send(); }
  void cancel(Exchange&) noexcept override { body_.set_user(nullptr); }
  void on_room() noexcept override {
    if (!is_leaving_) exchange_->resume_response();
  }
  void on_block() noexcept override { send(); }
  void send() noexcept;

  Exchange* exchange_;
  std::uint64_t most_;
  KeptBody body_;
  bool is_leaving_ = false;
};

void HeldAnswer::send() noexcept {
  Exchange& exchange = *exchange_;
  while (true) {
    std::string_view slice;
    switch (body_.next(slice)) {
      case KeptBody::Step::wait: return;
      case KeptBody::Step::failed: exchange.set_client_end(nullptr); return exchange.cut_response();
      case KeptBody::Step::end:
        exchange.response_end();
        exchange.set_client_end(nullptr);
        exchange.flush_response();
        return;
      case KeptBody::Step::slice: exchange.response_chunk({{&slice, 1}, slice.size()});
    }
    if (exchange.flush_response() == Flow::hold) return;
    if (exchange.client_end() != static_cast<ClientEnd*>(this)) return;
  }
}

struct BufferingState {
  const Collector* request;
  HeldAnswer* answer;
  std::uint32_t repeats;
};

class Buffering final : public Middleware {
 public:
  explicit Buffering(BufferingRules rules) : rules_(std::move(rules)) {}
  Hooks hooks() const noexcept override {
    return Hook::request_headers | Hook::response_headers | Hook::response_body | Hook::waits;
  }
  std::size_t state_size() const noexcept override { return sizeof(BufferingState); }
  Verdict on_request_headers(Link link) const noexcept override;
  Verdict on_response_headers(Link link) const noexcept override;
  Verdict on_response_body(Link link, BodyPart& part) const noexcept override;

 private:
  bool wants_again(Link link) const noexcept;
  BufferingRules rules_;
};

Verdict refuse(Link link, std::uint16_t status) noexcept {
  link.reply_bare(status);
  return Verdict::respond;
}

Verdict Buffering::on_request_headers(Link link) const noexcept {
  auto& state = link.state<BufferingState>();
  Exchange& exchange = link.exchange();
  if (exchange.request().wants_upgrade) return Verdict::next;
  if (state.request == nullptr) {
    if (is_declared_larger(exchange.request(), rules_.request.most)) return refuse(link, 413);
    if (exchange.kept() == nullptr && !exchange.request_ended()) {
      auto* collector = link.arena().make<Collector>(exchange, rules_.request, link.suspend());
      state.request = collector;
      collector->start();
      return Verdict::wait;
    }
    if (exchange.kept() != nullptr && exchange.kept()->body().size() > rules_.request.most)
      return refuse(link, 413);
  } else {
    switch (state.request->result()) {
      case Collected::whole: break;
      case Collected::too_large: return refuse(link, 413);
      case Collected::failed: return refuse(link, 503);
    }
  }
  if (rules_.again) link.keep_request();
  return Verdict::next;
}

bool has_body_to_hold(Link link) noexcept {
  const Response& response = link.response();
  if (link.request().method == "HEAD" || response.status < 200 || response.status == 204 ||
      response.status == 304 || response.framing == Framing::none)
    return false;
  if (response.framing == Framing::length && response.content_length == 0) return false;
  const std::string_view grpc = response.headers.get("Grpc-Status");
  return grpc.empty() || grpc == "0";
}

// Whole answers are judged: the head waits for the end of its body, and where there is none the verdict comes at once.
Verdict Buffering::on_response_headers(Link link) const noexcept {
  auto& state = link.state<BufferingState>();
  if (link.exchange().is_tunnel()) return Verdict::next;
  state.answer = nullptr;
  if (!has_body_to_hold(link)) return wants_again(link) ? Verdict::again : Verdict::next;
  state.answer = link.arena().make<HeldAnswer>(link.exchange(), rules_.response);
  return Verdict::wait;
}

bool Buffering::wants_again(Link link) const noexcept {
  auto& state = link.state<BufferingState>();
  if (!rules_.again || state.repeats >= most_repeats || !link.may_repeat()) return false;
  const bool again = rules_.again->holds({.attempts = state.repeats + 1,
                                          .status = link.response().status,
                                          .method = link.request().method});
  if (again && ++state.repeats == most_repeats) link.last_try();
  return again;
}

Verdict Buffering::on_response_body(Link link, BodyPart& part) const noexcept {
  auto& state = link.state<BufferingState>();
  if (!link.holds_head() || state.answer == nullptr) return Verdict::next;
  HeldAnswer& answer = *state.answer;
  if (!part.is_empty()) part.hold = answer.take(part) == Flow::hold;
  if (answer.is_too_large()) return refuse(link, 500);
  if (answer.failed()) return refuse(link, 503);
  if (!part.last) return Verdict::wait;
  if (wants_again(link)) return Verdict::again;
  link.response().framing = Framing::length;
  link.response().content_length = answer.size();
  link.reply_by(answer);
  return Verdict::respond;
}

// ---- building -----------------------------------------------------------------------------------------------------------

bool read_limit(const config::At<std::int64_t>& given, std::string_view option, Build& build) {
  if (given.value >= 0) return true;
  build.broken(given.mark, fmt::format(".{} is negative", option), "write 0 for no limit");
  return false;
}

CollectLimits limits_of(std::int64_t most, std::int64_t memory) noexcept {
  return {.most = most == 0 ? UINT64_MAX : static_cast<std::uint64_t>(most),
          .memory = memory == 0 ? 1048576 : static_cast<std::uint64_t>(memory)};
}

MiddlewarePtr build(const BufferingOptions& given, Build& build) {
  bool is_good = read_limit(given.max_request, "maxRequestBodyBytes", build);
  is_good &= read_limit(given.memory_request, "memRequestBodyBytes", build);
  is_good &= read_limit(given.max_response, "maxResponseBodyBytes", build);
  is_good &= read_limit(given.memory_response, "memResponseBodyBytes", build);
  BufferingRules rules{limits_of(given.max_request.value, given.memory_request.value),
                       limits_of(given.max_response.value, given.memory_response.value),
                       std::nullopt};
  if (!given.retry_expression.value.empty()) {
    auto expression = Expression::compile(given.retry_expression.value);
    if (expression) {
      rules.again = std::move(expression).value();
    } else {
      build.broken(given.retry_expression.mark,
                   fmt::format(".retryExpression: {}", expression.error().what),
                   "write it as in IsNetworkError() && Attempts() < 3");
      is_good = false;
    }
  }
  return is_good ? MiddlewarePtr(new Buffering(std::move(rules))) : nullptr;
}

}  // namespace

const MiddlewareModule buffering_middleware{
    .type = {"buffering", "whole requests to servers, whole answers to clients", &keys},
    .build = build_of<BufferingOptions, build>};

}  // namespace pm
