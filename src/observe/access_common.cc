// SPDX-License-Identifier: MIT
#include "observe/access_common.h"

#include "observe/access_facts.h"
#include "observe/escape.h"

namespace pm::observe {
namespace {

using config::FieldMode;

void put_word(Line& line, std::string_view value) noexcept {
  if (value.empty()) return line.put('-');
  put_escaped(line, value, Escape::common);
}

// A token or a constant: nothing in it needs an escape.
void put_token(Line& line, std::string_view value) noexcept {
  line.put(value.empty() ? "-" : value);
}

void put_quoted(Line& line, std::string_view value) noexcept {
  line.put(" \"");
  put_word(line, value);
  line.put('"');
}

void put_count(Line& line, bool is_kept, std::uint64_t value) noexcept {
  line.put(' ');
  if (is_kept) return line.put_number(value);
  line.put('-');
}

void put_client(Line& line, const AccessRecord& record) noexcept {
  if (!record.forwarded_for.empty()) return put_escaped(line, record.forwarded_for, Escape::common);
  if (record.request == nullptr) return line.put('-');
  char text[64];
  line.put(std::string_view(text, record.request->client.address.write(text)));
}

void put_request(Line& line, const AccessRecord& record, const AccessFields& fields) noexcept {
  using enum AccessField;
  line.put(" \"");
  put_token(line, fields.keeps(request_method) ? method_of(record) : std::string_view{});
  line.put(' ');
  const AskedPath path =
      fields.keeps(request_path) ? asked_path(record, fields.keeps_query()) : AskedPath{};
  if (path.rest.empty()) {
    put_word(line, path.begin);
  } else {
    line.put(path.begin);
    put_escaped(line, path.rest, Escape::common);
  }
  line.put(' ');
  put_token(line, fields.keeps(request_protocol) ? protocol_of(record) : std::string_view{});
  line.put('"');
}

std::string_view header_of(const AccessRecord& record, const AccessFields& fields,
                           http::FieldId id) noexcept {
  if (!fields.keeps_any_header() || record.request == nullptr) return {};
  const http::Field* field = record.request->headers.find(id);
  if (field == nullptr) return {};
  switch (fields.header_mode(id, field->name)) {
    case FieldMode::keep: return field->value;
    case FieldMode::drop: return {};
    case FieldMode::redact: return "REDACTED";
  }
  return {};
}

}  // namespace

void CommonLine::put_stamp(Line& line, const AccessRecord& record,
                           const AccessFields& fields) noexcept {
  const bool is_utc = fields.keeps(AccessField::start_utc);
  if (!is_utc && !fields.keeps(AccessField::start_local)) return line.put("[-]");
  const auto second =
      std::chrono::floor<std::chrono::seconds>(record.start).time_since_epoch().count();
  Stamp& stamp = is_utc ? utc_ : local_;
  stamp.set(second);
  line.put('[');
  line.put(stamp.text());
  line.put(stamp.zone());
  line.put(']');
}

void CommonLine::put(Line& line, const AccessRecord& record, const AccessFields& fields) noexcept {
  using enum AccessField;
  constexpr std::uint64_t to_milliseconds = 1'000'000;
  if (fields.keeps(client_host)) {
    put_client(line, record);
  } else {
    line.put('-');
  }
  line.put(" - ");
  put_word(line, fields.keeps(client_username) ? record.client_username : std::string_view{});
  line.put(' ');
  put_stamp(line, record, fields);
  put_request(line, record, fields);
  put_count(line, fields.keeps(downstream_status), record.status);
  put_count(line, fields.keeps(downstream_content_size), record.response_bytes);
  put_quoted(line, header_of(record, fields, http::FieldId::referer));
  put_quoted(line, header_of(record, fields, http::FieldId::user_agent));
  if (form_ == Form::common) {
    put_count(line, fields.keeps(request_count), record.count);
    put_quoted(line, fields.keeps(router_name) ? record.router : std::string_view{});
    put_quoted(line, fields.keeps(service_url) ? record.server_url : std::string_view{});
    put_count(line, true,
              fields.keeps(duration) ? nanoseconds(record.duration) / to_milliseconds : 0);
    line.put("ms");
  }
  line.put('\n');
}

}  // namespace pm::observe
