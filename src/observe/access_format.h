// SPDX-License-Identifier: MIT
// access_format.h -- a record as one line, in the format and with the fields that the configuration asks for.
//
//   in      accessLog: format, fields, filters
//   out     the line with its "\n"; the size that it has, more than the room when it did not fit
//   own     times of the present second, room to sort headers
//   cost    see access_common.h and access_json.h
//   source  observability.md sections 3.2 to 3.4
#pragma once

#include "observe/access_common.h"
#include "observe/access_fields.h"
#include "observe/access_filter.h"
#include "observe/access_json.h"

#include <optional>
#include <span>

namespace pm::observe {

class AccessFormat {
 public:
  explicit AccessFormat(const config::AccessLog& options);

  bool wants(const AccessRecord& record) const noexcept { return filter_.wants(record); }
  using Extent = JsonLine::Extent;
  std::size_t write(const AccessRecord& record, std::span<char> room,
                    Extent extent = Extent::whole) noexcept;

 private:
  AccessFilter filter_;
  AccessFields fields_;
  CommonLine common_;
  std::optional<JsonLine> json_;
};

}  // namespace pm::observe
