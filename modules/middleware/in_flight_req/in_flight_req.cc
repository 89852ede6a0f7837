// SPDX-License-Identifier: MIT
#include "modules/middleware/in_flight_req/in_flight_req.h"

#include "http/source_criterion.h"
#include "http/tools.h"
#include "shm/counts.h"

#include <fmt/format.h>

namespace pm {
namespace {

using namespace http;

struct InFlightReqOptions {
  std::int64_t amount = 0;
  std::optional<SourceOptions> source;
};
constexpr config::Option options[] = {
    config::option<&InFlightReqOptions::amount>(
        "amount", "how many of one source there may be; 0 or less: none at all")
        .in("requests"),
    config::section<&InFlightReqOptions::source>(
        "sourceCriterion", source_criterion_keys,
        "what makes requests those of one source; by the Host where it says nothing"),
};
constexpr config::Section keys = config::section_of<InFlightReqOptions>(options);

struct InFlightReqState {
  shm::Counts::Place place;
};

class InFlightReq final : public Middleware {
 public:
  InFlightReq(std::int64_t amount, SourceCriterion source, std::uint64_t identity)
      : amount_(amount > 0 ? static_cast<std::uint64_t>(amount) : 0),
        source_(std::move(source)),
        identity_(identity),
        refusal_(fmt::format("max connections reached: {}", amount)) {}
  Hooks hooks() const noexcept override { return Hook::request_headers | Hook::done; }
  std::size_t state_size() const noexcept override { return sizeof(InFlightReqState); }
  Verdict on_request_headers(Link link) const noexcept override;
  void on_done(Link link) const noexcept override;

 private:
  std::uint64_t amount_;
  SourceCriterion source_;
  std::uint64_t identity_;
  std::string refusal_;
};

Verdict InFlightReq::on_request_headers(Link link) const noexcept {
  shm::Counts* const counts = link.tools().counts;
  if (counts == nullptr && amount_ > 0) return Verdict::next;
  std::optional<shm::Counts::Place> place;
  if (amount_ > 0) {
    SourceCriterion::Room room;
    const std::uint64_t key = counts->key_of(identity_, source_.select(link.request(), room));
    place = counts->enter(key, link.tools().slot, amount_);
  }
  if (place) {
    link.state<InFlightReqState>().place = *place;
    return Verdict::next;
  }
  link.reply(429, link.arena().copy(refusal_));
  return Verdict::respond;
}

void InFlightReq::on_done(Link link) const noexcept {
  const shm::Counts::Place place = link.state<InFlightReqState>().place;
  if (place.number != 0) link.tools().counts->leave(place, link.tools().slot);
}

MiddlewarePtr build(const InFlightReqOptions& given, Build& build) {
  auto source = SourceCriterion::build(given.source ? &*given.source : nullptr,
                                       SourceCriterion::By::host, build);
  if (!source) return nullptr;
  return MiddlewarePtr(new InFlightReq(given.amount, std::move(*source), build.identity()));
}

}  // namespace

const MiddlewareModule in_flight_req_middleware{
    .type = {"inFlightReq", "of each source only so many requests at one time", &keys},
    .build = build_of<InFlightReqOptions, build>,
    .is_stateful = true};

}  // namespace pm
