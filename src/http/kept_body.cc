// SPDX-License-Identifier: MIT
#include "http/kept_body.h"

#include "http/reply.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace pm::http {

KeptBody::~KeptBody() {
  if (anchor_ != nullptr) anchor_->body = nullptr;
  for (const Block& block : blocks_) {
    // A block that is under way is given back by its job.
    if (block.place >= 0 && !block.is_moving)
      spill_->give_back(static_cast<std::uint32_t>(block.place));
  }
}

void KeptBody::copy_in(std::string_view bytes) noexcept {
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (blocks_.empty() || blocks_.back().size == block_size) {
      blocks_.emplace_back();
      blocks_.back().bytes.reset(new char[block_size]);
    }
    Block& last = blocks_.back();
    const std::size_t count = std::min(bytes.size(), block_size - last.size);
    std::memcpy(last.bytes.get() + last.size, bytes.data(), count);
    last.size += count;
    bytes.remove_prefix(count);
    const bool is_beyond = static_cast<std::uint64_t>(blocks_.size()) * block_size > memory_;
    if (last.size == block_size && is_beyond) move_out(blocks_.size() - 1);
  }
}

Flow KeptBody::append(std::span<const std::string_view> slices) noexcept {
  for (const std::string_view slice : slices) {
    if (!failed_) copy_in(slice);
  }
  held_ = writes_ >= most_writes && !failed_;
  return held_ ? Flow::hold : Flow::more;
}

void KeptBody::move_out(std::size_t at) noexcept {
  Block& block = blocks_[at];
  const auto place = spill_ == nullptr ? std::nullopt : spill_->borrow();
  if (!place) {
    failed_ = true;
    return;
  }
  if (anchor_ == nullptr) anchor_ = std::make_shared<Anchor>(Anchor{this});
  block.place = *place;
  block.is_moving = true;
  const auto done = [anchor = anchor_, spill = spill_, at,
                     place = *place](net::SpillFile::Block written) noexcept {
    KeptBody* const body = anchor->body;
    if (body == nullptr) return spill->give_back(place);
    Block& moved = body->blocks_[at];
    moved.is_moving = false;
    if (written == nullptr) body->failed_ = true;
    --body->writes_;
    // One read of the source brings several blocks: asked for after each, they would pile up.
    const bool goes_on = body->held_ && body->writes_ <= few_writes;
    if (goes_on) body->held_ = false;
    if (goes_on && body->user_ != nullptr) return body->user_->on_room();
    body->wake_reader();  // who reads may have come to a block that was still being written
  };
  spill_->write(*place, std::move(block.bytes), block.size, done);
  ++writes_;
}

void KeptBody::wake_reader() noexcept {
  if (std::exchange(reader_waits_, false) && user_ != nullptr) user_->on_block();
}

// False: it is on its way.
bool KeptBody::fetch(std::size_t at) noexcept {
  if (blocks_[at].bytes != nullptr) return true;
  if (lent_ != SIZE_MAX && lent_ != at) blocks_[lent_].bytes.reset();
  lent_ = at;
  if (anchor_ == nullptr) anchor_ = std::make_shared<Anchor>(Anchor{this});
  Block& block = blocks_[at];
  block.is_moving = true;
  const auto place = static_cast<std::uint32_t>(block.place);
  const auto done = [anchor = anchor_, spill = spill_, at,
                     place](net::SpillFile::Block bytes) noexcept {
    KeptBody* const body = anchor->body;
    if (body == nullptr) return spill->give_back(place);
    body->blocks_[at].is_moving = false;
    if (bytes == nullptr) body->failed_ = true;
    body->blocks_[at].bytes = std::move(bytes);
    body->wake_reader();
  };
  spill_->read(place, block.size, done);
  return false;
}

KeptBody::Step KeptBody::next(std::string_view& slice) noexcept {
  if (failed_) return Step::failed;
  if (next_ == blocks_.size()) {
    if (lent_ != SIZE_MAX) blocks_[lent_].bytes.reset();
    lent_ = SIZE_MAX;
    return Step::end;
  }
  Block& block = blocks_[next_];
  if (block.is_moving || !fetch(next_)) {
    reader_waits_ = true;
    return Step::wait;
  }
  slice = {block.bytes.get(), block.size};
  ++next_;
  return Step::slice;
}

// ---- of a request -------------------------------------------------------------------------------------------------------

void KeptRequest::rewind() noexcept {
  body_->rewind();
  exchange_->rewind_request();
}

void KeptRequest::resume() noexcept {
  if (is_resuming_ || exchange_->request_ended()) return;
  is_resuming_ = true;
  body_->set_user(this);
  ClientEnd* const end = exchange_->client_end();
  while (end != nullptr && exchange_->client_end() == end) {
    std::string_view slice;
    const KeptBody::Step step = body_->next(slice);
    if (step == KeptBody::Step::wait) break;
    if (step == KeptBody::Step::failed) {
      is_resuming_ = false;
      exchange_->trace().termination = "spill-failed";
      exchange_->cancel_client_end();
      return exchange_->answer_begun() ? exchange_->cut_response()
                                       : reply(*exchange_, 503, reason_phrase(503), BodyType::none);
    }
    if (step == KeptBody::Step::end) {
      if (body_->is_whole()) {
        exchange_->hand_over_end();
        exchange_->flush_request();
      } else {  // the rest comes from the client as it is sent
        is_resuming_ = false;
        exchange_->stop_keeping();
        return exchange_->resume_request();
      }
      break;
    }
    exchange_->hand_over({{&slice, 1}, slice.size()});
    if (exchange_->flush_request() == Flow::hold) break;
  }
  is_resuming_ = false;
}

}  // namespace pm::http
