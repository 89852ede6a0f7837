// SPDX-License-Identifier: MIT
#include "agent/metric_names.h"

#include "agent/gzip.h"
#include "core/arena.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using agent::MetricNames;
using observe::Family;

namespace {

config::Config with(std::initializer_list<const char*> services) {
  config::Config config;
  config.fixed.entry_points.emplace_back().name = "web";
  for (const char* name : services) {
    config::Service& service = config.dynamic.services.emplace_back();
    service.name = name;
    service.provider = "file";
  }
  return config;
}

bool accepts(const char* encodings) {
  BlockPool blocks{4096};
  Arena arena(blocks);
  http::Headers fields(arena);
  fields.append(http::FieldId::accept_encoding, encodings);
  return agent::accepts_gzip(fields);
}

}  // namespace

TEST_GROUP(metric_names) {
  MetricNames names;
};

TEST(metric_names, shows_what_the_configuration_has_and_what_is_our_own) {
  names.take(with({"a"}));

  CHECK_TRUE(names.shows(Family::service, "a@file"));
  CHECK_TRUE(names.shows(Family::entry_point, "web"));
  CHECK_TRUE(names.shows(Family::service, "api@internal"));
  CHECK_TRUE(names.shows(Family::router, "other"));
  CHECK_FALSE(names.shows(Family::service, "a"));
  CHECK_FALSE(names.shows(Family::router, "a@file"));
}

TEST(metric_names, what_is_gone_is_shown_until_somebody_has_seen_it) {
  names.take(with({"a", "b"}));
  names.take(with({"b"}));
  names.take(with({"b", "c"}));
  CHECK_TRUE(names.shows(Family::service, "a@file"));

  names.shown();

  CHECK_FALSE(names.shows(Family::service, "a@file"));
  CHECK_TRUE(names.shows(Family::service, "b@file"));
  CHECK_TRUE(names.shows(Family::service, "c@file"));
}

TEST(metric_names, a_page_is_packed_for_those_who_take_it) {
  CHECK_TRUE(accepts("gzip"));
  CHECK_TRUE(accepts("br, GZIP;q=0.5"));
  CHECK_TRUE(accepts("*"));
  CHECK_FALSE(accepts(""));
  CHECK_FALSE(accepts("br"));
  CHECK_FALSE(accepts("gzip;q=0"));
  CHECK_FALSE(accepts("gzip; q=0.000"));
}
