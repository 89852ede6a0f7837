// SPDX-License-Identifier: MIT
#include "t/lib/peer_reader.h"

#include "core/text.h"

#include <algorithm>
#include <cstdlib>

namespace pm::test {
namespace {

std::string_view find(const std::vector<std::pair<std::string, std::string>>& fields,
                      std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace

void PeerReader::next(bool is_answer_to_head) {
  *this = PeerReader(kind_);
  to_head_ = is_answer_to_head;
}

std::string_view PeerReader::field(std::string_view lower_name) const {
  return find(fields_, lower_name);
}
std::string_view PeerReader::trailer(std::string_view lower_name) const {
  return find(trailers_, lower_name);
}
int PeerReader::status() const {
  return start.size() < 12 ? 0 : std::atoi(start.c_str() + 9);
}

void PeerReader::feed(std::string_view& bytes) {
  while (!bytes.empty() && state_ != State::done && broken.empty()) {
    const bool is_data = state_ == State::body || state_ == State::data || state_ == State::raw ||
                         state_ == State::until_close;
    if (is_data) {
      take_data(bytes);
      continue;
    }
    const std::size_t end = bytes.find('\n');
    const std::size_t count = end == std::string_view::npos ? bytes.size() : end + 1;
    line_ += bytes.substr(0, count);
    bytes.remove_prefix(count);
    if (line_.ends_with('\n')) take_line();
  }
}

void PeerReader::feed_end() {
  if (state_ == State::until_close || state_ == State::raw) state_ = State::done;
}

void PeerReader::take_data(std::string_view& bytes) {
  const bool is_endless = state_ == State::raw || state_ == State::until_close;
  const std::size_t count =
      is_endless ? bytes.size() : std::min<std::uint64_t>(left_, bytes.size());
  body += bytes.substr(0, count);
  bytes.remove_prefix(count);
  if (is_endless) return;
  left_ -= count;
  if (left_ > 0) return;
  state_ = state_ == State::body ? State::done : State::data_end;
}

void PeerReader::take_line() {
  if (!line_.ends_with("\r\n")) broken = "a bare line end";
  line_.erase(line_.size() - std::min<std::size_t>(line_.size(), 2));
  switch (state_) {
    case State::head:
      if (start.empty()) {
        start = line_;
      } else if (line_.empty()) {
        end_of_head();
      } else {
        take_field(fields_);
      }
      break;
    case State::size:
      left_ = std::strtoull(line_.c_str(), nullptr, 16);
      if (line_.empty() || line_.find_first_not_of("0123456789abcdef") != std::string::npos)
        broken = "a chunk size that is none";
      state_ = left_ == 0 ? State::trailers : State::data;
      break;
    case State::data_end:
      if (!line_.empty()) broken = "a chunk that is longer than it said";
      state_ = State::size;
      break;
    case State::trailers:
      if (line_.empty()) {
        state_ = State::done;
      } else {
        take_field(trailers_);
      }
      break;
    case State::body:
    case State::data:
    case State::until_close:
    case State::raw:
    case State::done: break;
  }
  line_.clear();
}

void PeerReader::take_field(Fields& fields) {
  const std::size_t colon = line_.find(": ");
  if (colon == std::string::npos) {
    broken = "a field line without a colon: " + line_;
    return;
  }
  fields.emplace_back(text::to_lower(line_.substr(0, colon)), line_.substr(colon + 2));
}

void PeerReader::end_of_head() {
  const int code = kind_ == Kind::response ? status() : 0;
  if (kind_ == Kind::response && code < 200 && code != 101) {
    interims.push_back(code);
    start.clear();
    fields_.clear();
    return;
  }
  const std::string_view length = field("content-length");
  const bool is_chunked = field("transfer-encoding") == "chunked";
  if (is_chunked && !length.empty()) broken = "two framings";
  left_ = std::strtoull(std::string(length).c_str(), nullptr, 10);
  const bool is_bodiless = kind_ == Kind::response && (to_head_ || code == 204 || code == 304);
  if (code == 101) {
    state_ = State::raw;
  } else if (is_bodiless) {
    state_ = State::done;
  } else if (is_chunked) {
    state_ = State::size;
  } else if (!length.empty() || kind_ == Kind::request) {
    state_ = left_ > 0 ? State::body : State::done;
  } else {
    state_ = State::until_close;
  }
}

}  // namespace pm::test
