// SPDX-License-Identifier: MIT
#include "http/ip_strategy.h"

#include "core/text.h"

#include <fmt/format.h>

namespace pm::http {
std::optional<Address> read_address(std::string_view text) noexcept {
  text = text::trim_blanks(text);
  if (text.starts_with('[')) return Address::parse(text.substr(1, text.find(']') - 1));
  // One colon is that of a port; more of them are an IPv6 address.
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos)
    text = text.substr(0, colon);
  return Address::parse(text);
}

bool read_blocks(const config::MarkedTexts& texts, std::string_view option, Build& build,
                 CidrSet& set) {
  bool is_good = true;
  std::vector<Cidr> blocks;
  for (const config::At<std::string>& text : texts) {
    if (const auto block = Cidr::parse(text::trim(text.value))) {
      blocks.push_back(*block);
      continue;
    }
    is_good = false;
    build.broken(
        text.mark,
        fmt::format(".{}: {} is neither an address nor a block", option, text::quoted(text.value)),
        "write 192.0.2.7 or 10.0.0.0/8");
  }
  set = CidrSet(blocks);
  return is_good;
}

std::optional<IpStrategy> IpStrategy::build(const IpStrategyOptions* options, Build& build) {
  IpStrategy strategy;
  if (options == nullptr) return strategy;
  if (options->depth > 0) strategy.depth_ = static_cast<std::uint64_t>(options->depth);
  if (!read_blocks(options->excluded_ips, "ipStrategy.excludedIPs", build, strategy.excluded_))
    return std::nullopt;
  if (!options->ipv6_subnet || !options->excluded_ips.empty()) return strategy;
  const std::int64_t bits = options->ipv6_subnet->value;
  if (bits < 1 || bits > 128) {
    build.broken(options->ipv6_subnet->mark,
                 fmt::format(".ipStrategy.ipv6Subnet: {} is no length of a prefix", bits),
                 "write 1 to 128");
    return std::nullopt;
  }
  strategy.subnet_ = static_cast<unsigned>(bits);
  return strategy;
}

// An IPv4 address that is written as an IPv6 one counts as that where networks are counted.
std::optional<Address> IpStrategy::read(std::string_view item) const noexcept {
  std::optional<Address> address = read_address(item);
  const bool is_written_v6 = item.find(':') != item.rfind(':');
  if (address && subnet_ != 0 && (is_written_v6 || !address->is_v4()))
    address = address->masked(subnet_);
  return address;
}

std::optional<Address> IpStrategy::select_text(const Request& request) const noexcept {
  std::string_view list = request.headers.get(FieldId::x_forwarded_for);
  for (std::uint64_t place = 1; !list.empty(); ++place) {
    const std::size_t comma = list.rfind(',');
    const std::string_view item =
        text::trim_blanks(comma == std::string_view::npos ? list : list.substr(comma + 1));
    if (depth_ != 0) {
      if (place == depth_) return read(item);
    } else if (!item.empty()) {
      const std::optional<Address> address = read_address(item);
      if (!address || !excluded_.contains(*address)) return address;
    }
    if (comma == std::string_view::npos) break;
    list = list.substr(0, comma);
  }
  return std::nullopt;
}

std::optional<Address> IpStrategy::select(const Request& request) const noexcept {
  if (depth_ != 0 || !excluded_.empty()) return select_text(request);
  std::optional<Address> address = request.client.address;
  if (subnet_ != 0 && !address->is_v4()) address = address->masked(subnet_);
  return address;
}

}  // namespace pm::http
