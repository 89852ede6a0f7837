// SPDX-License-Identifier: MIT
#include "http/address_list.h"

#include <fmt/format.h>

namespace pm::http {

std::optional<AddressList> AddressList::build(const AddressListOptions& given, Build& build) {
  AddressList list;
  bool is_good = read_blocks(given.source_range, "sourceRange", build, list.ranges_);
  if (is_good && list.ranges_.empty()) {
    build.broken({}, ".sourceRange is empty", "write addresses and blocks");
    is_good = false;
  }
  const std::int64_t status = given.reject_status.value;
  // An interim answer would leave the client waiting.
  const bool is_answer =
      status >= 200 && status <= 999 && !reason_phrase(static_cast<std::uint16_t>(status)).empty();
  if (is_answer) {
    list.status_ = static_cast<std::uint16_t>(status);
  } else if (status != 0) {
    build.broken(given.reject_status.mark,
                 fmt::format(".rejectStatusCode: {} is no status of an answer", status),
                 "write 403 or 404");
    is_good = false;
  }
  auto strategy = IpStrategy::build(given.strategy ? &*given.strategy : nullptr, build);
  if (!is_good || !strategy) return std::nullopt;
  list.strategy_ = std::move(*strategy);
  return list;
}

std::optional<bool> AddressList::finds(const Request& request) const noexcept {
  if (strategy_.takes_peer()) return ranges_.contains(request.client.address);
  const std::optional<Address> address = strategy_.select(request);
  if (!address) return std::nullopt;
  return ranges_.contains(*address);
}

Verdict AddressList::refuse(Link link) const noexcept {
  link.reply_bare(status_);
  return Verdict::respond;
}

}  // namespace pm::http
