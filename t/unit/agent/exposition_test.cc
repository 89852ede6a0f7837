// SPDX-License-Identifier: MIT
#include "agent/exposition.h"

#include <CppUTest/TestHarness.h>

using namespace pm::agent;
using Type = Exposition::Type;

namespace {

constexpr double limits[] = {0.1, 5};
constexpr std::uint64_t counts[] = {2, 0, 1};

std::string page(Exposition::Format format) {
  Exposition out(format);
  out.family("a_total", Type::counter, "Help.");
  out.sample("code=\"200\"", std::uint64_t{3});
  out.family("nothing_total", Type::counter, "Not there.");
  out.family("b", Type::histogram, "Times.");
  out.histogram("x=\"y\"", {limits, counts, 7.5});
  out.family("c", Type::gauge, "Bare.");
  out.sample({}, 0.25);
  return std::move(out).finish();
}

}  // namespace

TEST_GROUP(exposition){};

TEST(exposition, is_text_of_format_0_0_4) {
  CHECK_EQUAL(std::string("# HELP a_total Help.\n"
                          "# TYPE a_total counter\n"
                          "a_total{code=\"200\"} 3\n"
                          "# HELP b Times.\n"
                          "# TYPE b histogram\n"
                          "b_bucket{x=\"y\",le=\"0.1\"} 2\n"
                          "b_bucket{x=\"y\",le=\"5\"} 2\n"
                          "b_bucket{x=\"y\",le=\"+Inf\"} 3\n"
                          "b_sum{x=\"y\"} 7.5\n"
                          "b_count{x=\"y\"} 3\n"
                          "# HELP c Bare.\n"
                          "# TYPE c gauge\n"
                          "c 0.25\n"),
              page(Exposition::Format::text));
}

TEST(exposition, is_open_metrics_when_that_is_wanted) {
  CHECK_EQUAL(std::string("# HELP a Help.\n"
                          "# TYPE a counter\n"
                          "a_total{code=\"200\"} 3\n"
                          "# HELP b Times.\n"
                          "# TYPE b histogram\n"
                          "b_bucket{x=\"y\",le=\"0.1\"} 2\n"
                          "b_bucket{x=\"y\",le=\"5.0\"} 2\n"
                          "b_bucket{x=\"y\",le=\"+Inf\"} 3\n"
                          "b_sum{x=\"y\"} 7.5\n"
                          "b_count{x=\"y\"} 3\n"
                          "# HELP c Bare.\n"
                          "# TYPE c gauge\n"
                          "c 0.25\n"
                          "# EOF\n"),
              page(Exposition::Format::open_metrics));
}

TEST(exposition, a_histogram_without_labels_has_one_in_its_buckets) {
  Exposition out(Exposition::Format::text);
  out.family("b", Type::histogram, "Times.");
  out.histogram({}, {{}, std::span(counts).first(1), 0});
  const std::string text = std::move(out).finish();

  CHECK_TRUE(text.find("b_bucket{le=\"+Inf\"} 2\nb_sum 0\nb_count 2\n") != std::string::npos);
}
