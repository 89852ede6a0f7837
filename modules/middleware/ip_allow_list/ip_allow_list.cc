// SPDX-License-Identifier: MIT
#include "modules/middleware/ip_allow_list/ip_allow_list.h"

#include "http/address_list.h"

namespace pm {
namespace {

using namespace http;

constexpr config::Option old_options[] = {address_range_option, address_strategy_option};
constexpr config::Section old_keys = config::section_of<AddressListOptions>(old_options);

class IpAllowList final : public Middleware {
 public:
  explicit IpAllowList(AddressList list) : list_(std::move(list)) {}
  Hooks hooks() const noexcept override { return Hook::request_headers; }
  Verdict on_request_headers(Link link) const noexcept override {
    return list_.finds(link.request()).value_or(false) ? Verdict::next : list_.refuse(link);
  }

 private:
  AddressList list_;
};

MiddlewarePtr build(const AddressListOptions& given, Build& build) {
  auto list = AddressList::build(given, build);
  return list ? MiddlewarePtr(new IpAllowList(std::move(*list))) : nullptr;
}

}  // namespace

const MiddlewareModule ip_allow_list_middleware{
    .type = {"ipAllowList", "some addresses pass, the others are refused", &address_list_keys},
    .build = build_of<AddressListOptions, build>,
    .old_type = {.key = "ipWhiteList",
                 .help = "old name of ipAllowList",
                 .options = &old_keys,
                 .is_old_name = true},
    .build_old = build_of<AddressListOptions, build>};

}  // namespace pm
