// SPDX-License-Identifier: MIT
#include "config/compare.h"

#include "config/codec.h"
#include "config/options.h"
#include "core/hash.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace pm::config {
namespace {

using Name = std::pair<std::string_view, std::string_view>;
using Digests = std::map<Name, std::uint64_t>;

template <class T>
Digests digests_of(const std::vector<T>& objects, const Section& keys) {
  Digests digests;
  for (const T& object : objects)
    digests[{object.name, object.provider}] = fnv1a(encode_unplaced(keys, &object));
  return digests;
}

template <class T>
Changes compare(const std::vector<T>& before, const std::vector<T>& after, std::string_view key) {
  const Section& keys = *dynamic_section().find("http")->section->find(key)->section;
  const Digests old = digests_of(before, keys);
  const Digests now = digests_of(after, keys);
  Changes changes;
  for (const auto& [name, digest] : now) {
    const auto found = old.find(name);
    if (found == old.end()) {
      ++changes.added;
    } else if (found->second != digest) {
      ++changes.changed;
    }
  }
  changes.removed = static_cast<std::uint32_t>(old.size() + changes.added - now.size());
  return changes;
}

}  // namespace

bool same_static(const Static& a, const Static& b) {
  return encode_unplaced(static_section(), &a) == encode_unplaced(static_section(), &b);
}

DynamicChanges compare(const Dynamic& before, const Dynamic& after) {
  DynamicChanges changes;
  changes.any =
      encode_unplaced(dynamic_section(), &before) != encode_unplaced(dynamic_section(), &after);
  if (!changes.any) return changes;
  changes.routers = compare(before.routers, after.routers, "routers");
  changes.services = compare(before.services, after.services, "services");
  changes.middlewares = compare(before.middlewares, after.middlewares, "middlewares");
  return changes;
}

}  // namespace pm::config
