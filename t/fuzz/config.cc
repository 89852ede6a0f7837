// SPDX-License-Identifier: MIT
// YAML to Config, to bytes and back, to text and back: whatever is accepted must survive each way unchanged.
#include "config/codec.h"
#include "config/decode.h"
#include "config/dump.h"
#include "config/validate.h"
#include "config/yaml.h"

#include <cstdio>
#include <cstdlib>

namespace {

using namespace pm::config;

[[noreturn]] void complain(std::string_view what, std::string_view a, std::string_view b) {
  std::fprintf(stderr, "%.*s\n--- one\n%.*s\n--- other\n%.*s\n", static_cast<int>(what.size()),
               what.data(), static_cast<int>(a.size()), a.data(), static_cast<int>(b.size()),
               b.data());
  std::abort();
}

struct Read {
  Config config;
  Findings findings;
  bool is_good = false;
};

Read read(std::string_view text) {
  Read result;
  Node root;
  if (!parse_yaml(text, result.findings.add_source("f"), result.findings, root)) return result;
  bool is_good = check_roots(root, Roots::both, result.findings);
  is_good = decode_static(root, result.findings, result.config.fixed) && is_good;
  is_good = decode_dynamic(root, "file", result.findings, result.config.dynamic) && is_good;
  is_good = validate(result.config, result.findings) && is_good;
  result.config.sources = result.findings.sources();
  result.is_good = is_good;
  return result;
}

// Comments stand for what was noted and is not kept.
std::string without_comments(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    const std::size_t first = line.find_first_not_of(' ');
    if (first == std::string::npos || line[first] != '#') out += line + "\n";
    at = end + 1;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // The same bytes as what a worker is given: nothing may be trusted.
  if (pm::Result<Config> foreign = decode(text)) {
    const std::string bytes = encode(*foreign);
    if (!decode(bytes)) complain("what was decoded cannot be decoded again", text, bytes);
  }
  const Read first = read(text);
  (void)first.findings.text();
  (void)first.findings.json();
  if (!first.is_good) return 0;

  const std::string bytes = encode(first.config);
  pm::Result<Config> back = decode(bytes);
  if (!back) complain("bytes of our own are refused", text, bytes);
  if (const std::string again = encode(*back); again != bytes)
    complain("bytes differ", bytes, again);

  // A service of which only keys are left that are not there yet has nothing to be written.
  const std::string dumped = dump(first.config, {nullptr, true});
  if (dumped.find("is not supported yet") != std::string::npos) return 0;
  const Read second = read(dumped);
  if (!second.is_good) complain("a dump is refused", dumped, second.findings.text());
  const std::string again = dump(second.config, {nullptr, true});
  if (again != dumped) complain("dumps differ", dumped, without_comments(again));
  return 0;
}
