// SPDX-License-Identifier: MIT
#include "modules/middleware/ip_deny_list/ip_deny_list.h"

#include "http/address_list.h"

namespace pm {
namespace {

using namespace http;

class IpDenyList final : public Middleware {
 public:
  explicit IpDenyList(AddressList list) : list_(std::move(list)) {}
  Hooks hooks() const noexcept override { return Hook::request_headers; }
  // Who hides his address may be one of those whom the list means.
  Verdict on_request_headers(Link link) const noexcept override {
    return list_.finds(link.request()).value_or(true) ? list_.refuse(link) : Verdict::next;
  }

 private:
  AddressList list_;
};

MiddlewarePtr build(const AddressListOptions& given, Build& build) {
  auto list = AddressList::build(given, build);
  return list ? MiddlewarePtr(new IpDenyList(std::move(*list))) : nullptr;
}

}  // namespace

const MiddlewareModule ip_deny_list_middleware{
    .type = {"ipDenyList", "some addresses are refused, the others pass", &address_list_keys},
    .build = build_of<AddressListOptions, build>};

}  // namespace pm
