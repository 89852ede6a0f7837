// SPDX-License-Identifier: MIT
// library.h -- nghttp2's objects with owners.
//
//   own     unique pointers; a session is never called after a call of its own has failed
//   source  nghttp2 1.52, Debian's patched one being the floor (security.md section 10)
#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <string_view>

namespace pm::h2 {

struct LibraryDelete {
  void operator()(nghttp2_session* session) const noexcept { nghttp2_session_del(session); }
  void operator()(nghttp2_option* option) const noexcept { nghttp2_option_del(option); }
  void operator()(nghttp2_session_callbacks* callbacks) const noexcept {
    nghttp2_session_callbacks_del(callbacks);
  }
};
using SessionPtr = std::unique_ptr<nghttp2_session, LibraryDelete>;
using OptionPtr = std::unique_ptr<nghttp2_option, LibraryDelete>;
using CallbacksPtr = std::unique_ptr<nghttp2_session_callbacks, LibraryDelete>;

inline std::string_view view(const std::uint8_t* bytes, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}
inline std::string_view view(nghttp2_rcbuf* text) noexcept {
  const nghttp2_vec bytes = nghttp2_rcbuf_get_buf(text);
  return view(bytes.base, bytes.len);
}

inline std::string_view library_version() noexcept {
  return nghttp2_version(0)->version_str;
}

constexpr std::size_t frame_head = 9;  // RFC 9113 section 4.1

}  // namespace pm::h2
