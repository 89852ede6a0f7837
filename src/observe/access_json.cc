// SPDX-License-Identifier: MIT
#include "observe/access_json.h"

#include "observe/access_facts.h"
#include "observe/escape.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace pm::observe {
namespace {

using config::FieldMode;
using http::Field;

// More header fields than a head may have by default; those beyond are left out.
constexpr std::size_t max_headers = 1024;

// The next byte of a name in its canonical spelling, so that names sort as they are written.
class Spelling {
 public:
  explicit Spelling(std::string_view name) noexcept : name_(name) {}
  bool has_more() const noexcept { return at_ < name_.size(); }
  char next() noexcept {
    const char c = is_initial_ ? text::upper(name_[at_]) : text::lower(name_[at_]);
    is_initial_ = c == '-';
    ++at_;
    return c;
  }

 private:
  std::string_view name_;
  std::size_t at_ = 0;
  bool is_initial_ = true;
};

bool is_before(std::string_view a, std::string_view b) noexcept {
  Spelling left(a);
  Spelling right(b);
  while (left.has_more() && right.has_more()) {
    const char l = left.next();
    const char r = right.next();
    if (l != r) return l < r;
  }
  return right.has_more();
}

void put_ratio(Line& line, double ratio) noexcept {
  char text[64];
  const auto [end, error] =
      std::to_chars(text, text + sizeof text, ratio, std::chars_format::fixed);
  line.put(error == std::errc() ? std::string_view(text, static_cast<std::size_t>(end - text))
                                : "0");
}

}  // namespace

// How each field is written, in the order of AccessField. `has` says whether there is a value at all.
struct JsonFields {
  struct Row {
    bool (*has)(const AccessRecord&);
    void (*put)(JsonLine&, const AccessRecord&);
  };

  static bool always(const AccessRecord&) { return true; }
  static bool with_request(const AccessRecord& r) { return r.request != nullptr; }
  static bool with_host(const AccessRecord& r) { return !authority_of(r).empty(); }
  static bool with_origin(const AccessRecord& r) { return has_origin(r); }
  static bool with_origin_time(const AccessRecord& r) {
    return has_origin(r) || r.origin_duration > Duration(0);
  }
  static bool with_router(const AccessRecord& r) { return !r.router.empty(); }
  static bool with_service(const AccessRecord& r) { return !r.service.empty(); }
  static bool with_server(const AccessRecord& r) { return !r.server_url.empty(); }
  static bool with_termination(const AccessRecord& r) { return !r.termination.empty(); }
  static bool with_tls(const AccessRecord& r) {
    return r.request != nullptr && r.request->secure != nullptr;
  }
  static bool with_subject(const AccessRecord& r) {
    return with_tls(r) && r.request->secure->client != nullptr;
  }
  static bool with_server_name(const AccessRecord& r) {
    return with_tls(r) && !r.request->secure->server_name.empty();
  }
  static bool with_ratio(const AccessRecord& r) {
    return has_origin(r) && r.response_bytes != 0 && r.response_bytes != r.origin_bytes;
  }

  static void put_client_addr(JsonLine& line, const AccessRecord& r) {
    char text[64];
    line.put_text({text, r.request->client.write(text)});
  }
  static void put_client_host(JsonLine& line, const AccessRecord& r) {
    char text[64];
    if (!r.forwarded_for.empty()) return line.put_text(r.forwarded_for);
    line.put_text({text, r.request->client.address.write(text)});
  }
  static void put_client_port(JsonLine& line, const AccessRecord& r) {
    char text[20];
    line.put_text({text, text::write_decimal(text, r.request->client.port)});
  }
  static void put_gzip_ratio(JsonLine& line, const AccessRecord& r) {
    put_ratio(*line.line_,
              static_cast<double>(r.origin_bytes) / static_cast<double>(r.response_bytes));
  }
  static void put_request_path(JsonLine& line, const AccessRecord& r) {
    const AskedPath path = asked_path(r, line.fields_->keeps_query());
    line.line_->put('"');
    put_escaped(*line.line_, path.begin, Escape::json);
    put_escaped(*line.line_, path.rest, Escape::json);
    line.line_->put('"');
  }

  static const Row rows[];
};

using L = JsonLine;
using R = AccessRecord;

// clang-format off
const JsonFields::Row JsonFields::rows[] = {
    {with_request, put_client_addr},
    {with_request, put_client_host},
    {with_request, put_client_port},
    {always, [](L& l, const R& r) { l.put_text(r.client_username.empty() ? "-" : r.client_username); }},
    {always, [](L& l, const R& r) { l.put_number(r.connection); }},
    {always, [](L& l, const R& r) { l.put_number(r.response_bytes); }},
    {always, [](L& l, const R& r) { l.put_number(r.status); }},
    {always, [](L& l, const R& r) { l.put_number(nanoseconds(r.duration)); }},
    {with_ratio, put_gzip_ratio},
    {with_origin, [](L& l, const R& r) { l.put_number(r.origin_bytes); }},
    {with_origin_time, [](L& l, const R& r) { l.put_number(nanoseconds(r.origin_duration)); }},
    {with_origin, [](L& l, const R& r) { l.put_number(r.origin_status); }},
    {always, [](L& l, const R& r) { l.put_number(nanoseconds(r.duration - r.origin_duration)); }},
    {with_request, [](L& l, const R& r) { l.put_text(authority_of(r)); }},
    {always, [](L& l, const R& r) { l.put_number(r.request_bytes); }},
    {always, [](L& l, const R& r) { l.put_number(r.count); }},
    {with_host, [](L& l, const R& r) { l.put_text(split_authority(authority_of(r)).host); }},
    {with_request, [](L& l, const R& r) { l.put_text(method_of(r)); }},
    {with_request, put_request_path},
    {with_host, [](L& l, const R& r) { l.put_text(split_authority(authority_of(r)).port); }},
    {with_request, [](L& l, const R& r) { l.put_text(protocol_of(r)); }},
    {with_request, [](L& l, const R& r) { l.put_text(scheme_of(r)); }},
    {always, [](L& l, const R& r) { l.put_number(r.retries); }},
    {with_router, [](L& l, const R& r) { l.put_text(r.router); }},
    {with_server, [](L& l, const R& r) { l.put_text(server_address(r.server_url)); }},
    {with_service, [](L& l, const R& r) { l.put_text(r.service); }},
    {with_server, [](L& l, const R& r) { l.put_text(r.server_url); }},
    {always, [](L& l, const R& r) { l.put_time(l.start_local_, r.start); }},
    {always, [](L& l, const R& r) { l.put_time(l.start_utc_, r.start); }},
    {with_tls, [](L& l, const R& r) { l.put_text(r.request->secure->cipher); }},
    {with_subject, [](L& l, const R& r) { l.put_text(r.request->secure->client->subject); }},
    {with_tls, [](L& l, const R& r) { l.put_flag(r.request->secure->resumed); }},
    {with_server_name, [](L& l, const R& r) { l.put_text(r.request->secure->server_name); }},
    {with_tls, [](L& l, const R& r) { l.put_text(r.request->secure->version); }},
    {with_termination, [](L& l, const R& r) { l.put_text(r.termination); }},
    {always, [](L& l, const R& r) { l.put_number(r.worker); }},
    {always, [](L& l, const R& r) { l.put_text(r.entry_point); }},
};
// clang-format on
static_assert(std::size(JsonFields::rows) == static_cast<std::size_t>(AccessField::count_));

void JsonLine::put_key(std::string_view key) noexcept {
  line_->put(is_first_ ? '{' : ',');
  line_->put(key);
  is_first_ = false;
}

void JsonLine::put_text(std::string_view value) noexcept {
  line_->put('"');
  put_escaped(*line_, value, Escape::json);
  line_->put('"');
}

// Nanoseconds as Go's RFC3339Nano has them: without the zeros at their end.
void JsonLine::put_time(Stamp& stamp, std::chrono::system_clock::time_point time) noexcept {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  auto left = static_cast<unsigned>(std::chrono::duration_cast<Duration>(time - second).count());
  stamp.set(second.time_since_epoch().count());
  line_->put('"');
  line_->put(stamp.text());
  if (left != 0) {
    char digits[] = {'.', '0', '0', '0', '0', '0', '0', '0', '0', '0'};
    std::size_t size = sizeof digits;
    for (std::size_t i = size - 1; i > 0; --i, left /= 10)
      digits[i] = static_cast<char>('0' + left % 10);
    while (digits[size - 1] == '0')
      --size;
    line_->put(std::string_view(digits, size));
  }
  line_->put(stamp.zone());
  line_->put('"');
}

void JsonLine::put_core(AccessField from, AccessField to) noexcept {
  for (auto i = static_cast<unsigned>(from); i < static_cast<unsigned>(to); ++i) {
    const auto field = static_cast<AccessField>(i);
    const JsonFields::Row& row = JsonFields::rows[i];
    if (!fields_->keeps(field) || !row.has(*record_)) continue;
    put_key(json_key(field));
    row.put(*this, *record_);
  }
}

// The header that begins at `first` among those kept, with all its values; returns where the next one begins.
std::size_t JsonLine::put_header(std::string_view prefix, std::size_t first) noexcept {
  const Field& field = *kept_[first].field;
  line_->put(is_first_ ? "{\"" : ",\"");
  is_first_ = false;
  line_->put(prefix);
  for (Spelling name(field.name); name.has_more();) {
    const char c = name.next();
    line_->put(text::is_token_char(c) ? c : '_');  // a configured name may be none
  }
  line_->put("\":\"");
  std::size_t at = first;
  for (; at < kept_.size() && text::equals_ignore_case(kept_[at].field->name, field.name); ++at) {
    if (at > first) line_->put(',');
    const bool is_shown = kept_[at].mode == FieldMode::keep;
    put_escaped(*line_, is_shown ? kept_[at].field->value : "REDACTED", Escape::json);
  }
  line_->put('"');
  return at;
}

void JsonLine::put_headers(std::string_view prefix, const http::Headers* headers) noexcept {
  if (headers == nullptr) return;
  kept_.clear();
  for (const Field& field : *headers) {
    if (field.dropped || kept_.size() == max_headers) continue;
    const FieldMode mode = fields_->header_mode(field.id, field.name);
    if (mode != FieldMode::drop) kept_.push_back({&field, mode});
  }
  // Fields of one name keep their order; their place in the array is that order.
  std::sort(kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) {
    if (is_before(a.field->name, b.field->name)) return true;
    return !is_before(b.field->name, a.field->name) && a.field < b.field;
  });
  for (std::size_t at = 0; at < kept_.size();)
    at = put_header(prefix, at);
}

void JsonLine::put(Line& line, const AccessRecord& record, const AccessFields& fields,
                   Extent extent) noexcept {
  line_ = &line;
  record_ = &record;
  fields_ = &fields;
  is_first_ = true;
  const bool has_headers = extent == Extent::whole && fields.keeps_any_header();
  put_core(AccessField::client_addr, AccessField::entry_point_name);
  if (has_headers && record.response != nullptr)
    put_headers("downstream_", &record.response->headers);
  put_core(AccessField::entry_point_name, AccessField::count_);
  put_key("\"level\":\"info\",\"msg\":\"\"");
  if (has_headers) put_headers("origin_", record.origin_headers);
  if (has_headers && record.request != nullptr) put_headers("request_", &record.request->headers);
  put_key("\"time\":");
  const auto end = record.start +
                   std::chrono::duration_cast<std::chrono::system_clock::duration>(record.duration);
  put_time(now_, std::chrono::floor<std::chrono::seconds>(end));
  line.put("}\n");
}

}  // namespace pm::observe
