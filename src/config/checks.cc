// SPDX-License-Identifier: MIT
#include "config/address.h"
#include "config/tables.h"
#include "core/ip.h"
#include "core/number.h"
#include "core/text.h"

#include <algorithm>

namespace pm::config {
namespace {

std::optional<std::uint64_t> status_code(std::string_view text) {
  const std::optional<std::uint64_t> code = parse_u64(text);
  return code && *code >= 100 && *code <= 999 && text.size() == 3 ? code : std::nullopt;
}

bool is_account(std::string_view text) {
  return !text.empty() && text.size() <= 32 && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '-' || c == '.' ||
                  c == '$';
         });
}

}  // namespace

std::string_view check_cidr(std::string_view text) {
  return Cidr::parse(text) ? "" : "write an address or a network, as in 10.0.0.0/8";
}

std::string_view check_listen_address(std::string_view text) {
  return parse_listen_address(text) ? "" : "write [HOST]:PORT[/tcp], as in \":80\" or \"[::1]:80\"";
}

std::string_view check_status_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto low = status_code(text.substr(0, dash));
  const auto high = dash == std::string_view::npos ? low : status_code(text.substr(dash + 1));
  return low && high && *low <= *high ? ""
                                      : "write a status or a range, as in \"200\" or \"300-302\"";
}

std::string_view check_size(std::string_view text) {
  return parse_size(text) ? "" : "write a number of bytes, as in 536870912 or 512MiB";
}

std::string_view check_workers(std::string_view text) {
  const std::optional<std::uint64_t> count = parse_u64(text);
  const bool is_fine = text == "auto" || (count && *count >= 1 && *count <= 1024);
  return is_fine ? "" : "write auto, or a number from 1 to 1024";
}

std::string_view check_affinity(std::string_view text) {
  if (text == "auto" || text.empty()) return "";
  const bool are_masks = text.find_first_not_of("01 ") == std::string_view::npos;
  return are_masks ? "" : "write auto, or one mask of 0 and 1 a worker, as in \"0001 0010\"";
}

std::string_view check_method(std::string_view text) {
  return text::is_token(text) ? "" : "write a method, as in GET";
}

std::string_view check_upgrade(std::string_view text) {
  return text::is_token(text) ? "" : "write the name of a protocol, as in websocket";
}

std::string_view check_host(std::string_view text) {
  const bool is_name = !text.empty() && text.find_first_of(":/@*[] ") == std::string_view::npos;
  return is_name || Address::parse(text) ? ""
                                         : "write a host without a port, as in admin.example.com";
}

std::string_view check_base_path(std::string_view text) {
  const bool is_fine = text.starts_with('/') && text.find_first_of(" ?#") == std::string_view::npos;
  return is_fine ? "" : "write a path that begins with \"/\"";
}

std::string_view check_user(std::string_view text) {
  const std::size_t blank = text.find(' ');
  const bool is_fine = is_account(text.substr(0, blank)) &&
                       (blank == std::string_view::npos || is_account(text.substr(blank + 1)));
  return is_fine ? "" : "write NAME, or NAME GROUP with one blank between";
}

}  // namespace pm::config
