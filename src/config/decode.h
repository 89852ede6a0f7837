// SPDX-License-Identifier: MIT
// decode.h -- trees of nodes to the typed model, by the option tables.
//
//   in      the root of a document; static and dynamic keys may stand side by side, each function takes its own
//   out     the model with defaults where nothing is given; every refusal is a finding at the place of the value
//   errors  unknown key, wrong kind, value that is not allowed, forbidden empty section, option that is not there yet:
//           an error, the result is false and `out` is as it was. A key without a value is not set
//   cost    linear; a suggestion ("did you mean") is looked for a bounded number of times
//   source  static-config.md sections 2 and 3, decisions 9, 10 and 13
#pragma once

#include "config/dynamic_model.h"
#include "config/findings.h"
#include "config/middleware_type.h"
#include "config/node.h"
#include "config/option.h"

#include <map>
#include <string>
#include <string_view>

namespace pm::config {

// Where each value that was given stands, by provider and path: ":entryPoints.web.address" (static),
// "file:http.routers.api.rule". Of several documents the first counts. Only -TT asks for it.
using Origins = std::map<std::string, Mark, std::less<>>;

// Root keys that belong to neither part are errors. With `dynamic_only` a key of the static part is a warning.
enum class Roots : std::uint8_t { both, dynamic_only };
bool check_roots(const Node& root, Roots roots, Findings& findings);

bool decode_static(const Node& root, Findings& findings, Static& out, Origins* origins = nullptr);
// The options of a middleware of one of `types` are judged with the document, and stay a tree in the model.
bool decode_dynamic(const Node& root, std::string_view provider, Findings& findings, Dynamic& out,
                    Origins* origins = nullptr, MiddlewareTypes types = {});

// The type of a middleware, and the node with its options; null when it has none of `types`, or not exactly one.
struct TypedBody {
  const MiddlewareType* type = nullptr;
  const Entry* entry = nullptr;
};
TypedBody typed_body(const Middleware& middleware, MiddlewareTypes types) noexcept;
// The options as the struct of the type's section; null when something in them is wrong.
Born decode_options(const Middleware& middleware, const TypedBody& body, Findings& findings);

// One section by its table, for whoever has options of his own (a middleware). `path` is for messages.
bool decode_section(const Node& node, const Section& keys, std::string_view path,
                    Findings& findings, void* object);

}  // namespace pm::config
