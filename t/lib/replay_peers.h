// SPDX-License-Identifier: MIT
// replay_peers.h -- the two kinds of peers of a World: they say what their plans say and judge every byte that comes.
//
//   in      act(): a chance to do something, with pieces of at most so many bytes
//   out     whether anything moved; what is wrong goes to Ground::fail()
#pragma once

#include "t/lib/fake_kernel.h"
#include "t/lib/peer_reader.h"
#include "t/lib/replay_plan.h"

#include <deque>
#include <string>
#include <string_view>

namespace pm::test {

// What the peers stand on.
class Ground {
 public:
  virtual void accept(int fd) = 0;  // hands a new connection to the daemon
  virtual Plan* find(unsigned client, unsigned number) = 0;
  Plan* plan_of(std::string_view target);  // or null
  virtual void fail(const std::string& what) = 0;

  FakeKernel kernel;
  Choices choices;
  bool has_faults = false;
  std::size_t window = 65536;

 protected:
  explicit Ground(Choices drawn) : choices(drawn) {}
  ~Ground() = default;
};

class ScriptedClient {
 public:
  ScriptedClient(Ground& ground, unsigned number) : ground_(&ground), name_(number) {}
  std::deque<Plan> plans;

  bool is_done() const { return answered_ == plans.size() && fd_ < 0; }
  bool act(std::size_t most);
  std::string describe() const;

 private:
  bool connect();
  bool receive(std::size_t most);
  bool send(std::size_t most);
  bool may_compose() const;
  bool is_asked() const;  // for the body that it holds
  void compose();
  void take(std::string_view bytes);
  void judge();
  void judge_size(const Plan& plan);
  void on_end();
  void leave();
  void forget_connection();
  void fail(const std::string& what);

  Ground* ground_;
  unsigned name_;
  int fd_ = -1;
  std::size_t answered_ = 0;  // plans before this are over
  std::size_t composed_ = 0;  // plans before this were put into outgoing_
  std::size_t checked_ = 0;   // bytes of the body that were compared
  std::string outgoing_;
  std::string held_;  // a body that waits for 100
  PeerReader reader_{PeerReader::Kind::response};
  bool is_over_ = false;  // the answer said that it is the last one
  bool is_tunnel_ = false;
  bool has_finished_ = false;
};

// One connection to a server.
class ScriptedServer {
 public:
  ScriptedServer(Ground& ground, int fd) : ground_(&ground), fd_(fd) {}
  bool is_gone() const { return is_gone_; }
  bool act(std::size_t most);

 private:
  enum class After : std::uint8_t { keep, finish, reset };
  bool meet();
  bool receive(std::size_t most);
  bool send(std::size_t most);
  void take(std::string_view bytes);
  void on_head();
  void answer();
  void on_answered();
  void next_if_done();
  void on_end();
  void fail(const std::string& what);
  FakeKernel::Socket& socket() { return ground_->kernel.socket(fd_); }

  Ground* ground_;
  int fd_;
  Plan* plan_ = nullptr;
  PeerReader reader_{PeerReader::Kind::request};
  std::string outgoing_;
  std::size_t checked_ = 0;
  After after_ = After::keep;
  bool is_answering_ = false;
  bool has_answered_ = false;
  bool is_over_ = false;  // nothing is said any more
  bool is_gone_ = false;
};

}  // namespace pm::test
