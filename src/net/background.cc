// SPDX-License-Identifier: MIT
#include "net/background.h"

#include "core/check.h"

#include <uv.h>

#include <utility>

#include <sys/resource.h>
#include <unistd.h>

namespace pm::net {
namespace {

constexpr int nicer = 10;

}  // namespace

struct Background::Thread {
  uv_async_t wake{};
  uv_thread_t id{};
  Loop* loop = nullptr;
  std::function<void()> work;
  std::function<void()> done;
  bool runs = false;

  void join() noexcept {
    if (runs) uv_thread_join(&id);
    runs = false;
  }
};

Background::Background(Loop& loop) : loop_(&loop), thread_(new Thread) {
  thread_->loop = &loop;
  thread_->wake.data = thread_;
  const auto on_end = [](uv_async_t* handle) noexcept {
    Thread& thread = *static_cast<Thread*>(handle->data);
    if (!thread.runs) return;
    thread.join();
    const auto done = std::exchange(thread.done, nullptr);
    thread.work = nullptr;
    thread.loop->run([&done] { done(); });
  };
  PM_CHECK(uv_async_init(loop.uv(), &thread_->wake, on_end) == 0, "a loop can always be woken");
  // Work that may come keeps no loop alive.
  uv_unref(reinterpret_cast<uv_handle_t*>(&thread_->wake));
}

Background::~Background() {
  thread_->join();
  uv_close(reinterpret_cast<uv_handle_t*>(&thread_->wake),
           [](uv_handle_t* handle) noexcept { delete static_cast<Thread*>(handle->data); });
}

bool Background::is_running() const noexcept {
  return thread_->runs;
}

void Background::run(std::function<void()> work, std::function<void()> done) {
  PM_CHECK(!thread_->runs, "one piece of work at a time");
  thread_->work = std::move(work);
  thread_->done = std::move(done);
  const auto body = [](void* argument) noexcept {
    auto* thread = static_cast<Thread*>(argument);
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), nicer);
    thread->work();
    uv_async_send(&thread->wake);
  };
  thread_->runs = uv_thread_create(&thread_->id, body, thread_) == 0;
  if (thread_->runs) return;
  thread_->work();
  const auto finished = std::exchange(thread_->done, nullptr);
  finished();
}

}  // namespace pm::net
