// SPDX-License-Identifier: MIT
#include "modules/middleware/rate_limit/options.h"

namespace pm::rate_limit {
namespace {

using config::option;
using config::section;

constexpr config::Option tls_options[] = {
    option<&RedisTlsOptions::ca>("ca", "certificates that are trusted"),
    option<&RedisTlsOptions::cert>("cert", "certificate that is shown"),
    option<&RedisTlsOptions::key>("key", "its key").secret(),
    option<&RedisTlsOptions::insecure_skip_verify>("insecureSkipVerify",
                                                   "take any certificate of the store"),
};
constexpr config::Section tls_keys = config::section_of<RedisTlsOptions>(tls_options);

constexpr config::Option redis_options[] = {
    option<&RedisOptions::endpoints>("endpoints", "host:port; several are a cluster"),
    option<&RedisOptions::username>("username", "who asks"),
    option<&RedisOptions::password>("password", "and how it shows that").secret(),
    option<&RedisOptions::db>("db", "number of the database"),
    option<&RedisOptions::pool_size>("poolSize", "connections; 0: ten a core"),
    option<&RedisOptions::min_idle>("minIdleConns", "connections kept open"),
    option<&RedisOptions::max_active>("maxActiveConns", "connections at most; 0: no bound"),
    option<&RedisOptions::dial_timeout>("dialTimeout", "until a connection is there"),
    option<&RedisOptions::read_timeout>("readTimeout", "until an answer is there; 0: no bound"),
    option<&RedisOptions::write_timeout>("writeTimeout", "until a question is sent; 0: no bound"),
    section<&RedisOptions::tls>("tls", tls_keys, "over TLS"),
};
constexpr config::Section redis_keys = config::section_of<RedisOptions>(redis_options);

constexpr config::Option options[] = {
    option<&RateLimitOptions::average>("average",
                                       "how many come back in a period; 0 or less: no limit")
        .in("requests"),
    option<&RateLimitOptions::period>("period", "time in which they come back; 0: a second"),
    option<&RateLimitOptions::burst>("burst", "how many there may be at once; at least 1")
        .in("requests"),
    section<&RateLimitOptions::source>(
        "sourceCriterion", http::source_criterion_keys,
        "what makes requests those of one source; by the client's address where it says nothing"),
    section<&RateLimitOptions::redis>("redis", redis_keys,
                                      "buckets in a store that several boxes share; not supported "
                                      "yet"),
    option<&RateLimitOptions::distributed>("distributed",
                                           "one limit for all boxes; not supported yet"),
    option<&RateLimitOptions::sync_interval>("syncInterval", "with distributed: how often"),
    option<&RateLimitOptions::deny_on_error>("denyOnError",
                                             "with distributed: 503 while the store is away"),
    option<&RateLimitOptions::response_headers>("responseHeaders",
                                                "X-RateLimit-Limit, -Remaining and -Reset "
                                                "(seconds) on every answer"),
};

}  // namespace

constexpr config::Section rate_limit_keys = config::section_of<RateLimitOptions>(options);

}  // namespace pm::rate_limit
