// SPDX-License-Identifier: MIT
// options.h -- what a rateLimit middleware may be told.
#pragma once

#include "http/source_criterion.h"

#include <optional>
#include <string>

namespace pm::rate_limit {

struct RedisTlsOptions {
  std::string ca;
  std::string cert;
  std::string key;
  bool insecure_skip_verify = false;
};

struct RedisOptions {
  config::MarkedTexts endpoints{{"localhost:6379", {}}};
  std::string username;
  std::string password;
  std::int64_t db = 0;
  std::int64_t pool_size = 0;
  std::int64_t min_idle = 0;
  std::int64_t max_active = 0;
  Duration dial_timeout = std::chrono::seconds(5);
  Duration read_timeout = std::chrono::seconds(3);
  Duration write_timeout = std::chrono::seconds(3);
  std::optional<RedisTlsOptions> tls;
};

struct RateLimitOptions {
  std::int64_t average = 0;
  config::At<Duration> period{std::chrono::seconds(1), {}};
  std::int64_t burst = 1;
  std::optional<http::SourceOptions> source;
  std::optional<RedisOptions> redis;
  config::At<bool> distributed;
  std::optional<config::At<Duration>> sync_interval;
  config::At<bool> deny_on_error;
  bool response_headers = false;
};

extern const config::Section rate_limit_keys;

}  // namespace pm::rate_limit
