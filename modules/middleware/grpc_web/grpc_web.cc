// SPDX-License-Identifier: MIT
#include "modules/middleware/grpc_web/grpc_web.h"

#include "core/text.h"
#include "modules/middleware/grpc_web/call_body.h"
#include "modules/middleware/grpc_web/origins.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm {
namespace {

using namespace http;
using grpc_web::Origins;
using grpc_web::TextAnswer;
using grpc_web::TextRequest;

struct GrpcWebOptions {
  config::MarkedTexts origins;
};
constexpr config::Option options[] = {
    config::option<&GrpcWebOptions::origins>(
        "allowOrigins", "whose pages may call; * is any, https://*.example.com all below it"),
};
constexpr config::Section keys = config::section_of<GrpcWebOptions>(options);

constexpr std::string_view grpc_type = "application/grpc";
constexpr std::string_view web_type = "application/grpc-web";
constexpr std::string_view text_type = "application/grpc-web-text";

enum class Flavour : std::uint8_t { none, binary, text };

struct CallState {
  TextAnswer* text;
  Flavour flavour;
  bool is_framed;  // the answer is one of gRPC, and gets its trailers as a frame
};

class GrpcWeb final : public Middleware {
 public:
  explicit GrpcWeb(Origins origins) : origins_(std::move(origins)) {}
  Hooks hooks() const noexcept override {
    return Hook::request_headers | Hook::response_headers | Hook::response_body;
  }
  std::size_t state_size() const noexcept override { return sizeof(CallState); }
  Verdict on_request_headers(Link link) const noexcept override;
  Verdict on_response_headers(Link link) const noexcept override;
  Verdict on_response_body(Link link, BodyPart& part) const noexcept override;

 private:
  void answer_preflight(Link link) const noexcept;
  void add_origin(Link link) const noexcept;

  Origins origins_;
};

// "application/grpc+proto" begins with "application/grpc", "application/grpc-web" does not: what follows is no part of the name.
bool is_of(std::string_view type, std::string_view name) noexcept {
  if (!text::starts_with_ignore_case(type, name)) return false;
  return type.size() == name.size() || type[name.size()] == '+' || type[name.size()] == ';' ||
         type[name.size()] == ' ';
}

std::string_view name_of(Flavour flavour) noexcept {
  return flavour == Flavour::text ? text_type : web_type;
}

Flavour flavour_of(const Request& request) noexcept {
  if (request.method != "POST") return Flavour::none;
  const std::string_view type = request.headers.get(FieldId::content_type);
  if (is_of(type, web_type)) return Flavour::binary;
  return is_of(type, text_type) ? Flavour::text : Flavour::none;
}

// ---- preflight ----------------------------------------------------------------------------------------------------------

// Calls visit(name) for each header that the page wants to send.
template <class F>
void for_each_wanted(const Headers& headers, F&& visit) {
  for (const Field& field : headers) {
    if (field.dropped || !text::equals_ignore_case(field.name, "Access-Control-Request-Headers"))
      continue;
    text::for_each_part(field.value, ',', [&](std::string_view part) {
      const std::string_view name = text::trim_blanks(part);
      if (!name.empty()) visit(name);
    });
  }
}

bool is_preflight(const Request& request) noexcept {
  if (request.method != "OPTIONS" || request.headers.get("Access-Control-Request-Method").empty())
    return false;
  bool is_ours = false;
  for_each_wanted(request.headers, [&](std::string_view name) {
    is_ours = is_ours || text::equals_ignore_case(name, "x-grpc-web");
  });
  return is_ours;
}

// Names in canonical case, with ", " between them.
class NameList {
 public:
  explicit NameList(Arena& arena) noexcept : arena_(&arena) {}
  void add(std::string_view name) {
    char* const canonical = static_cast<char*>(arena_->allocate(name.size(), 1));
    write_canonical(canonical, name);
    const std::string_view written{canonical, name.size()};
    text_ = text_.empty() ? written : arena_->join(text_, ", ", written);
  }
  std::string_view text() const noexcept { return text_; }

 private:
  Arena* arena_;
  std::string_view text_;
};

void GrpcWeb::answer_preflight(Link link) const noexcept {
  link.reply(200, {});
  const Headers& asked = link.request().headers;
  const std::string_view method = asked.get("Access-Control-Request-Method");
  Headers& headers = link.response().headers;
  headers.append(FieldId::vary, "Origin");
  headers.append(FieldId::vary, "Access-Control-Request-Method");
  headers.append(FieldId::vary, "Access-Control-Request-Headers");
  const bool is_offered = method == "GET" || method == "POST" || method == "HEAD";
  if (!is_offered || !origins_.contains(asked.get(FieldId::origin))) return;
  add_origin(link);
  NameList names(link.arena());
  for_each_wanted(asked, [&](std::string_view name) {
    if (text::is_token(name)) names.add(name);
  });
  headers.append("Access-Control-Allow-Methods", method);
  headers.append("Access-Control-Allow-Headers", names.text());
  headers.append("Access-Control-Max-Age", "600");
}

void GrpcWeb::add_origin(Link link) const noexcept {
  const std::string_view origin = link.request().headers.get(FieldId::origin);
  if (!origins_.contains(origin)) return;
  Headers& headers = link.response().headers;
  headers.set("Access-Control-Allow-Origin", origin);
  headers.set("Access-Control-Allow-Credentials", "true");
}

// ---- a call -------------------------------------------------------------------------------------------------------------

Verdict GrpcWeb::on_request_headers(Link link) const noexcept {
  Request& request = link.request();
  if (is_preflight(request)) {
    answer_preflight(link);
    return Verdict::respond;
  }
  auto& state = link.state<CallState>();
  state.flavour = flavour_of(request);
  if (state.flavour == Flavour::none) return Verdict::next;
  link.exchange().trace().is_grpc_web = true;
  const std::string_view type = request.headers.get(FieldId::content_type);
  request.headers.set(FieldId::content_type,
                      link.arena().join(grpc_type, type.substr(name_of(state.flavour).size())));
  request.headers.set(FieldId::te, "trailers");
  if (request.framing != Framing::none) request.framing = Framing::chunked;
  request.content_length = 0;
  request.headers.drop(FieldId::content_length);
  if (state.flavour == Flavour::text) {
    state.text = link.arena().make<TextAnswer>();
    link.filter_request(*link.arena().make<TextRequest>());
  }
  return Verdict::next;
}

// All that a page may read: nothing of the answer is hidden from it, and a status may come as a trailer.
void expose(Headers& headers) {
  NameList names(headers.arena());
  for (const Field* field = headers.begin(); field != headers.end(); ++field) {
    const auto is_same = [field](const Field& other) {
      return !other.dropped && text::equals_ignore_case(other.name, field->name);
    };
    if (!field->dropped && std::none_of(headers.begin(), const_cast<Field*>(field), is_same))
      names.add(field->name);
  }
  const std::string_view own = "grpc-status, grpc-message";
  headers.set("Access-Control-Expose-Headers",
              names.text().empty() ? own : headers.arena().join(names.text(), ", ", own));
}

Verdict GrpcWeb::on_response_headers(Link link) const noexcept {
  auto& state = link.state<CallState>();
  if (state.flavour == Flavour::none || link.exchange().is_tunnel()) return Verdict::next;
  Response& response = link.response();
  const std::string_view type = response.headers.get(FieldId::content_type);
  const bool has_body = response.status != 204 && response.status != 304;
  state.is_framed = has_body && is_of(type, grpc_type);
  if (state.is_framed) {
    const std::string_view rest = type.substr(grpc_type.size());
    response.headers.set(FieldId::content_type, link.arena().join(name_of(state.flavour), rest));
    response.headers.drop(FieldId::content_length);
    response.headers.drop(FieldId::trailer);
    response.framing = Framing::chunked;
    response.content_length = 0;
    if (state.text != nullptr) state.text->begin();
  }
  response.headers.append(FieldId::vary, "Origin");
  add_origin(link);
  expose(response.headers);
  return Verdict::next;
}

Verdict GrpcWeb::on_response_body(Link link, BodyPart& part) const noexcept {
  auto& state = link.state<CallState>();
  if (!state.is_framed) return Verdict::next;
  if (part.last) {
    Headers& trailers = link.response().trailers;
    const std::string_view frame = grpc_web::trailers_frame(trailers);
    link.exchange().trace().grpc_status = trailers.get("grpc-status");
    trailers.clear();
    auto* const joined = link.arena().array<std::string_view>(part.slices.size() + 1);
    *std::copy(part.slices.begin(), part.slices.end(), joined) = frame;
    part.slices = {joined, part.slices.size() + 1};
    part.size += frame.size();
  }
  if (state.text != nullptr) state.text->encode(part);
  return Verdict::next;
}

// ---- building -----------------------------------------------------------------------------------------------------------

MiddlewarePtr build(const GrpcWebOptions& given, Build& build) {
  Origins origins;
  bool is_good = true;
  for (const config::At<std::string>& pattern : given.origins) {
    if (origins.add(pattern.value)) continue;
    build.broken(pattern.mark,
                 fmt::format(".allowOrigins: {} is no origin", text::quoted(pattern.value)),
                 "write *, https://app.example.com or https://*.example.com");
    is_good = false;
  }
  return is_good ? MiddlewarePtr(new GrpcWeb(std::move(origins))) : nullptr;
}

}  // namespace

const MiddlewareModule grpc_web_middleware{
    .type = {"grpcWeb", "pages call gRPC services, which browsers can only do as gRPC-Web", &keys},
    .build = build_of<GrpcWebOptions, build>};

}  // namespace pm
