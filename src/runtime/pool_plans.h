// SPDX-License-Identifier: MIT
// pool_plans.h -- from a transport of the configuration to what a pool of connections is made of.
//
//   in      a transport, or the settings of somebody whom a middleware asks; TLS options where something is asked over TLS
//   out     a plan, the same one for the same name
//   own     plans are shared with those who use them; the system's authorities are decoded once, when first needed
//   source  http-services.md section 6
#pragma once

#include "config/static_model.h"
#include "tls/client_context.h"
#include "upstream/pool_book.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace pm::runtime {

class PoolPlans {
 public:
  // `system_pem`: the authorities that are trusted where nobody says which; outlives this. `reachable`: restrictUpstreams.
  explicit PoolPlans(std::string_view system_pem, const config::MarkedList& reachable = {});

  // `tls` null: nothing is asked over TLS.
  std::shared_ptr<upstream::PoolPlan> of(const config::ServersTransport& transport,
                                         const tls::ClientOptions* tls);
  std::shared_ptr<upstream::PoolPlan> plan(const std::string& name,
                                           const upstream::TransportSettings& settings,
                                           const tls::ClientOptions* tls);

 private:
  std::unique_ptr<tls::ClientContext> client_context(const tls::ClientOptions& planned);

  std::string_view system_pem_;
  CidrSet reachable_;
  std::string reachable_text_;
  tls::StorePtr system_authorities_;  // null until a transport needs them
  std::map<std::string, std::shared_ptr<upstream::PoolPlan>, std::less<>> plans_;
};

}  // namespace pm::runtime
