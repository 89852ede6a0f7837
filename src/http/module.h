// SPDX-License-Identifier: MIT
// module.h -- how a middleware is declared: its key, its options, and what makes one of them.
//
//   in      the decoded options: the struct that the section describes
//   out     a Middleware, or null with a finding that says why
//   source  layout.md, "modules"; decision 9 (decoding refuses the document, building breaks the object)
#pragma once

#include "config/middleware_type.h"
#include "http/middleware.h"
#include "http/service.h"

#include <string>

namespace pm::http {

// What is there only when everything is built: the service, or null.
struct ServiceSlot {
  Service* service = nullptr;
};

struct ServerSpec {
  config::At<std::string> url;
  std::string ca;    // PEM; "": what the system trusts
  std::string cert;  // PEM
  std::string key;
  bool insecure_skip_verify = false;
  std::uint64_t request_timeout_ms = 0;
};

// What a module may ask for while one of its middlewares is built.
class Build {
 public:
  // The middleware is broken: it and the routers that use it are disabled. A mark without a source is the middleware's own.
  virtual void broken(config::Mark mark, std::string what, std::string advice) = 0;
  virtual void warn(config::Mark mark, std::string what, std::string advice) = 0;
  virtual std::string_view name() const = 0;  // without provider
  virtual std::string_view provider() const = 0;
  // The content of a file that an option names ("usersFile", "tls.ca"), as the loader has read it: "" when it could not.
  virtual std::string_view content(std::string_view option) const = 0;
  // Of this middleware and the router or service it stands before, as both are written: the same in all workers, and after a
  // reload that changes neither. What is kept in shared memory is filed under it. 0: nobody's, made to see what is wrong.
  virtual std::uint64_t identity() const = 0;
  // 32 random bytes that all workers of this configuration share, and nobody else knows.
  virtual std::string_view secret() const = 0;
  // A service of the configuration. Null, with a finding, when there is none of that name; broken ones answer 503.
  virtual const ServiceSlot* service(const config::At<std::string>& name) = 0;
  // A server of one's own: `url` is SCHEME://HOST[:PORT]; its path is not looked at. Null, with a finding: it is none.
  virtual const ServiceSlot* server(const ServerSpec& spec) = 0;

 protected:
  ~Build() = default;
};

struct MiddlewareModule {
  config::MiddlewareType type;
  MiddlewarePtr (*build)(const void* options, Build&) = nullptr;
  // A second key for the same thing, with its own options: how it was called once.
  config::MiddlewareType old_type = {};
  MiddlewarePtr (*build_old)(const void* options, Build&) = nullptr;
  // It remembers something from one request to the next: each router and service that names it gets one of its own.
  bool is_stateful = false;
};

// From a typed function to the table's: `Make` takes the module's own struct.
template <class Options, MiddlewarePtr (*Make)(const Options&, Build&)>
MiddlewarePtr build_of(const void* options, Build& build) {
  return Make(*static_cast<const Options*>(options), build);
}

}  // namespace pm::http
