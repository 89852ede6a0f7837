// SPDX-License-Identifier: MIT
// A dynamic file as a template: it ends, stays within its bounds, and every place of its output leads into the file.
#include "config/template.h"

#include "config/yaml.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace pm::config;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

bool is_within(Mark mark, std::uint32_t lines, std::size_t size) {
  return mark.line >= 1 && mark.line <= lines && mark.column >= 1 && mark.column <= size + 1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  const Environment environment({{"HOST", "example.com"}, {"PORTS", "3001,3002"}});
  Findings findings;
  const std::uint32_t source = findings.add_source("fuzz.yml");
  const auto rendered = render_template(text, source, environment, findings);
  if (!rendered) {
    expect(findings.all().size() == 1, "one finding tells why nothing was rendered");
    expect(is_within(findings.all()[0].mark, lines, size), "the finding stands within the file");
    return 0;
  }
  expect(rendered->text.size() <= 16 << 20, "the output is bounded");
  if (text.find("{{") == std::string::npos) return 0;

  std::uint32_t line = 1;
  std::uint32_t column = 1;
  const std::size_t seen = std::min<std::size_t>(rendered->text.size(), 4096);
  for (std::size_t i = 0; i < seen; ++i) {
    const Mark mark = rendered->map.translate({source, line, column});
    expect(is_within(mark, lines, size), "a place of the output leads into the file");
    column = rendered->text[i] == '\n' ? 1 : column + 1;
    line += rendered->text[i] == '\n' ? 1 : 0;
  }
  return 0;
}
