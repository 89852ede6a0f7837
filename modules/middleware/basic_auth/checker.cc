// SPDX-License-Identifier: MIT
#include "modules/middleware/basic_auth/checker.h"

#include "core/random.h"
#include "modules/middleware/basic_auth/password.h"

#include <algorithm>

namespace pm::basic_auth {
namespace {

constexpr std::uint64_t remembered_ms = 60000;
constexpr std::size_t most_remembered = 1024;

std::string fresh_key() {
  std::string key(32, '\0');
  fill_secret(key.data(), key.size());
  return key;
}

}  // namespace

class Checker::Job final : public net::Job {
 public:
  Job(std::shared_ptr<Memory> memory, std::string digest, const Question& question, net::Loop& loop)
      : memory_(std::move(memory)),
        digest_(std::move(digest)),
        password_(question.password),
        hash_(*question.hash),
        loop_(&loop),
        may_pass_(question.may_pass) {}

  void work() noexcept override { is_right_ = matches(password_, hash_) && may_pass_; }
  void done() noexcept override {
    if (is_right_) memory_->remember(digest_, loop_->now_ms());
    const auto found = memory_->pending.find(digest_);
    const std::vector<Waiting> all = std::move(found->second);
    memory_->pending.erase(found);
    for (const Waiting& waiting : all) {
      if (waiting.resumer.exchange() == nullptr) continue;  // it has gone, and its Wait with it
      waiting.wait->answer = is_right_ ? Answer::right : Answer::wrong;
      waiting.resumer.resume(http::Verdict::again);
    }
  }

 private:
  std::shared_ptr<Memory> memory_;
  std::string digest_;
  std::string password_;
  std::string hash_;
  net::Loop* loop_;
  bool may_pass_;
  bool is_right_ = false;
};

Checker::Checker() : key_(fresh_key()), memory_(std::make_shared<Memory>()) {}

void Checker::Memory::remember(const std::string& digest, std::uint64_t now_ms) {
  if (known.size() >= most_remembered) {
    std::erase_if(known, [now_ms](const auto& entry) { return entry.second <= now_ms; });
    if (known.size() >= most_remembered) known.erase(known.begin());
  }
  known[digest] = now_ms + remembered_ms;
}

Answer Checker::ask(const Question& question, http::Link link, Wait& wait) {
  if (!is_slow(*question.hash)) {
    const bool is_right = matches(std::string(question.password), *question.hash);
    return is_right && question.may_pass ? Answer::right : Answer::wrong;
  }
  std::string text(question.user);
  text.append(1, '\0').append(*question.hash).append(1, '\0').append(question.password);
  const std::string digest = keyed_digest(key_, text);
  net::Loop& loop = *link.tools().loop;
  if (const auto known = memory_->known.find(digest);
      known != memory_->known.end() && known->second > loop.now_ms())
    return Answer::right;
  const auto [pending, is_new] = memory_->pending.try_emplace(digest);
  if (is_new &&
      !link.tools().jobs->try_add(std::make_unique<Job>(memory_, digest, question, loop))) {
    memory_->pending.erase(pending);
    return Answer::full;
  }
  pending->second.push_back({link.suspend(), &wait});
  return Answer::later;
}

}  // namespace pm::basic_auth
