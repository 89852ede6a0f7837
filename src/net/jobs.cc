// SPDX-License-Identifier: MIT
#include "net/jobs.h"

#include "core/check.h"

#include <uv.h>

#include <sys/resource.h>
#include <unistd.h>

namespace pm::net {
namespace {

constexpr int nicer = 15;

// Once a thread.
void step_back() noexcept {
  thread_local bool is_nice = false;
  if (is_nice) return;
  is_nice = true;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), nicer);
}

}  // namespace

struct Jobs::Request {
  uv_work_t work{};
  Jobs* jobs = nullptr;
  std::unique_ptr<Job> job;
};

Jobs::~Jobs() {
  for (Request* request : requests_)
    uv_cancel(reinterpret_cast<uv_req_t*>(&request->work));
  while (waiting_ > 0 && uv_run(loop_->uv(), UV_RUN_ONCE) != 0) {
  }
}

bool Jobs::try_add(std::unique_ptr<Job> job) noexcept {
  if (waiting_ >= most_waiting) return false;
  add(std::move(job));
  return true;
}

void Jobs::add(std::unique_ptr<Job> job) noexcept {
  auto* request = new Request;
  request->work.data = request;
  request->jobs = this;
  request->job = std::move(job);
  requests_.push_back(request);
  const auto work = [](uv_work_t* handle) noexcept {
    step_back();
    static_cast<Request*>(handle->data)->job->work();
  };
  const auto done = [](uv_work_t* handle, int) noexcept {
    const std::unique_ptr<Request> own(static_cast<Request*>(handle->data));
    --own->jobs->waiting_;
    std::erase(own->jobs->requests_, own.get());
    own->jobs->loop_->run([&own] { own->job->done(); });
  };
  PM_CHECK(uv_queue_work(loop_->uv(), &request->work, work, done) == 0, "a job is well-formed");
  ++waiting_;
}

}  // namespace pm::net
