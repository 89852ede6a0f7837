// SPDX-License-Identifier: MIT
// A Bundle of a loader that has been taken over: bytes of a good one are changed, three a change: where (two bytes) and what. It is
// refused, or all that it says lies within it and goes on to the next Bundle as it is.
#include "runtime/bundle.h"

#include "core/check.h"
#include "os/memory.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace pm;
using runtime::Bundle;

runtime::BundleContent content() {
  runtime::BundleContent made;
  made.plan.user.set("nobody");
  runtime::PlanAddress address;
  address.name.set("web");
  address.text.set(":80");
  made.addresses = {address, address};
  made.config = "the encoded configuration";
  made.findings = "wfirst\nesecond\n";
  made.watch = {"/etc/a.yml", "/etc/b.yml"};
  made.documents = {{"/etc/a.yml", "http: {}"}, {"/etc/b.yml", ""}};
  return made;
}

std::string bytes_of(runtime::BundleContent made) {
  auto memory = os::make_memory("good");
  PM_CHECK(memory && runtime::write_bundle(memory->number(), std::move(made)), "there is memory");
  return std::string(os::map_sealed(memory->number(), runtime::Plan::max_size)->bytes());
}

Result<Bundle> open(std::string_view bytes) {
  auto memory = os::make_memory("changed");
  PM_CHECK(memory && os::write_all(memory->number(), bytes) && os::seal(memory->number()),
           "there is memory");
  return Bundle::open(memory->number());
}

void check_texts(const runtime::Plan& plan) {
  for (const runtime::PlanAddress& address : plan.addresses()) {
    for (const std::string_view text :
         {address.name.view(), address.text.view(), address.place.view()})
      PM_CHECK(text.find('\0') == std::string_view::npos, "a text is what it shows");
  }
  for (const auto* path : {&plan.config_path, &plan.run_path, &plan.pid_path, &plan.log.path,
                           &plan.spill_path, &plan.access_log_path})
    PM_CHECK(path->size <= runtime::PathText::capacity, "a path lies in its place");
  PM_CHECK(plan.mask_count <= plan.masks.size() && plan.workers >= 1,
           "counts are of what there is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string good = bytes_of(content());
  std::string changed = good;
  for (std::size_t at = 0; at + 3 <= size; at += 3)
    changed[(data[at] * std::size_t{256} + data[at + 1]) % changed.size()] =
        static_cast<char>(data[at + 2]);
  const auto bundle = open(changed);
  if (!bundle) return 0;
  check_texts(bundle->plan());
  std::string findings;
  bundle->for_each_finding([&findings](Level, std::string_view line) { findings += line; });
  PM_CHECK(findings.size() <= changed.size(), "what is found was there");

  runtime::BundleContent next;
  next.plan = bundle->plan();
  next.addresses = {bundle->plan().addresses().begin(), bundle->plan().addresses().end()};
  next.config = bundle->config();
  next.watch = bundle->watch();
  next.documents = bundle->documents();
  const auto again = open(bytes_of(std::move(next)));
  PM_CHECK(again && again->config() == bundle->config() && again->watch() == bundle->watch(),
           "the next Bundle says the same");
  PM_CHECK(again->documents().size() == bundle->documents().size(), "and falls back on as much");
  return 0;
}
