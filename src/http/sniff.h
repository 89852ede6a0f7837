// SPDX-License-Identifier: MIT
// sniff.h -- what kind of content begins with these bytes.
//
//   in      the first bytes of a body; at most 512 of them are looked at
//   out     a media type, a constant: "image/png", "text/plain; charset=utf-8"; "application/octet-stream" when nothing fits
//   cost    one pass over the table
//   source  the WHATWG's MIME Sniffing standard as Go's http.DetectContentType has it; middlewares-2.md section 6.3
#pragma once

#include <string_view>

namespace pm::http {

std::string_view sniff_content_type(std::string_view bytes) noexcept;

}  // namespace pm::http
