// SPDX-License-Identifier: MIT
#include "http/exchange.h"

#include "http/kept_body.h"
#include "http/reply.h"
#include "http/tools.h"

namespace pm::http {

// In a turn of its own: the codec, or whoever pulled, is in the middle of the step that brought the bytes.
class Exchange::Refusal final : public net::Delay {
 public:
  explicit Refusal(Exchange& exchange) noexcept : exchange_(&exchange) {}

 private:
  void on_delay() noexcept override {
    if (exchange_->refusal_ == this) exchange_->refuse();
  }
  Exchange* exchange_;
};

void Exchange::resume_kept() noexcept {
  kept_->resume();
}

void Exchange::rewind_kept() noexcept {
  kept_->rewind();
}

void Exchange::filter_chunk(const Chunk& chunk, BodySource source) noexcept {
  BodyPart part{chunk.slices, chunk.size};
  if (filter(part, source) && !part.is_empty())
    client_end_->request_chunk(*this, {part.slices, part.size});
}

void Exchange::filter_end(BodySource source) noexcept {
  BodyPart part;
  part.last = true;
  if (!filter(part, source)) return;
  if (!part.is_empty()) client_end_->request_chunk(*this, {part.slices, part.size});
  if (client_end_ != nullptr) client_end_->request_end(*this);
}

// False: nobody takes it, or nobody may.
bool Exchange::filter(BodyPart& part, BodySource source) noexcept {
  if (client_end_ == nullptr) return false;
  if (tunnel_) return true;
  const bool is_good =
      source == BodySource::client ? filters_.pass(*this, part) : filters_.pass_kept(*this, part);
  if (!is_good) refuse_soon();
  return is_good;
}

// Nobody upstream may take what came for a whole body: it hears of the end at once, the client soon.
void Exchange::refuse_soon() noexcept {
  trace_.termination = "bad-request-body";
  cancel_client_end();
  refusal_ = arena_.make<Refusal>(*this);
  tools->loop->set(*refusal_, 0);
}

void Exchange::refuse() noexcept {
  refusal_ = nullptr;
  if (answer_ended_) return;
  answer_begun_ ? cut_response() : reply(*this, 400, "Bad Request\n", BodyType::plain);
}

}  // namespace pm::http
