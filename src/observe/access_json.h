// SPDX-License-Identifier: MIT
// access_json.h -- a record as one JSON object a line, keys sorted, as Traefik writes it.
//
//   in      a record, the fields and headers that are kept
//   out     {"ClientAddr":...,"time":...} and a line end. Times are integers of nanoseconds; a field without a value is
//           left out; several values of one header are joined by ","
//   cost    about eight thousand instructions without headers; no allocation after warm-up
//   source  observability.md sections 3.3 and 3.4
#pragma once

#include "observe/access.h"
#include "observe/access_fields.h"
#include "observe/line.h"
#include "observe/stamp.h"

#include <vector>

namespace pm::observe {

class JsonLine {
 public:
  enum class Extent : std::uint8_t { whole, without_headers };
  void put(Line& line, const AccessRecord& record, const AccessFields& fields,
           Extent extent) noexcept;

 private:
  friend struct JsonFields;
  struct Kept {
    const http::Field* field;
    config::FieldMode mode;
  };

  void put_key(std::string_view key) noexcept;
  void put_text(std::string_view value) noexcept;
  void put_number(std::uint64_t value) noexcept { line_->put_number(value); }
  void put_flag(bool value) noexcept { line_->put(value ? "true" : "false"); }
  void put_time(Stamp& stamp, std::chrono::system_clock::time_point time) noexcept;
  void put_core(AccessField from, AccessField to) noexcept;
  void put_headers(std::string_view prefix, const http::Headers* headers) noexcept;
  std::size_t put_header(std::string_view prefix, std::size_t first) noexcept;

  Stamp start_utc_{Stamp::Form::rfc3339, Stamp::Zone::utc};
  Stamp start_local_{Stamp::Form::rfc3339, Stamp::Zone::local};
  Stamp now_{Stamp::Form::rfc3339, Stamp::Zone::local};
  std::vector<Kept> kept_;
  // Of the line being written.
  Line* line_ = nullptr;
  const AccessRecord* record_ = nullptr;
  const AccessFields* fields_ = nullptr;
  bool is_first_ = true;
};

}  // namespace pm::observe
