// SPDX-License-Identifier: MIT
#include "config/codec.h"

#include "config/dump.h"
#include "t/lib/config_trial.h"
#include "t/lib/maximal_config.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

using namespace pm::config;
using namespace pm::config::trial;

namespace {

bool is_readable(std::string_view bytes) {
  const pm::Result<Config> config = decode(bytes);
  return config.has_value();
}

// A sanitizer makes each decoding ten times as dear; every place is tried without one.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t step = 7;
#else
constexpr std::size_t step = 1;
#endif

// Of the texts that `change` makes of `bytes`, how many decode to something that does not come back as itself.
template <class F>
std::size_t misread(const std::string& bytes, F&& change) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < bytes.size(); i += step) {
    pm::Result<Config> config = decode(change(bytes, i));
    if (!config) continue;
    const std::string again = encode(*config);
    pm::Result<Config> back = decode(again);
    if (!back || encode(*back) != again) ++wrong;
  }
  return wrong;
}

}  // namespace

TEST_GROUP(codec) {
  Trial trial{maximal_config};

  void setup() override {
    trial.complete();
  }
};

TEST(codec, a_configuration_comes_back_as_it_was) {
  const std::string bytes = encode(trial.config);

  pm::Result<Config> back = decode(bytes);

  CHECK(back.has_value());
  CHECK(encode(*back) == bytes);
  CHECK_EQUAL(std::string_view(dump(trial.config, {nullptr, true})),
              std::string_view(dump(*back, {nullptr, true})));
}

TEST(codec, places_names_and_what_was_noted_come_back) {
  pm::Result<Config> back = decode(encode(trial.config));

  const Router& router = back->dynamic.routers[0];
  CHECK_EQUAL(std::string_view("plain"), std::string_view(router.name));
  CHECK_EQUAL(std::string_view("file"), std::string_view(router.provider));
  UNSIGNED_LONGS_EQUAL(trial.config.dynamic.routers[0].rule.mark.line, router.rule.mark.line);
  CHECK(router.rule.mark.line != 0);
  const Service& service = back->dynamic.services[0];
  UNSIGNED_LONGS_EQUAL(2, service.load_balancer->unsupported.size());
  CHECK_EQUAL(std::string_view("sticky"),
              std::string_view(service.load_balancer->unsupported[0].value));
  CHECK_EQUAL(std::string_view("f"), std::string_view(back->sources[router.rule.mark.source]));
}

TEST(codec, a_configuration_of_defaults_is_small) {
  CHECK(encode(Config{}).size() < 500);
  CHECK(is_readable(encode(Config{})));
}

TEST(codec, a_text_cut_anywhere_is_refused) {
  const std::string bytes = encode(trial.config);
  std::size_t taken = 0;

  for (std::size_t size = 0; size < bytes.size(); ++size)
    taken += is_readable(bytes.substr(0, size)) ? 1 : 0;

  UNSIGNED_LONGS_EQUAL(0, taken);
}

TEST(codec, a_byte_too_many_is_refused) {
  CHECK_FALSE(is_readable(encode(trial.config) + '\0'));
}

TEST(codec, altered_bytes_are_refused_or_mean_what_they_say) {
  const std::string bytes = encode(trial.config);

  UNSIGNED_LONGS_EQUAL(0, misread(bytes, [](std::string text, std::size_t at) {
                         text[at] = static_cast<char>(text[at] ^ 0x01);
                         return text;
                       }));
  UNSIGNED_LONGS_EQUAL(0, misread(bytes, [](std::string text, std::size_t at) {
                         text[at] = '\xff';
                         return text;
                       }));
}

TEST(codec, bytes_of_other_tables_are_refused_by_the_fingerprint) {
  std::string bytes = encode(trial.config);
  bytes[5] = static_cast<char>(bytes[5] ^ 0x01);

  pm::Result<Config> back = decode(bytes);

  CHECK_FALSE(back.has_value());
  CHECK_EQUAL(std::string_view("not a configuration that this build has written"),
              std::string_view(back.error().what));
}
