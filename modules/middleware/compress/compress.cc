// SPDX-License-Identifier: MIT
#include "modules/middleware/compress/compress.h"

#include "core/remembered.h"
#include "core/text.h"
#include "http/tools.h"
#include "modules/middleware/compress/encoder.h"
#include "modules/middleware/compress/media_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace pm {
namespace {

using namespace http;
using compress::Encoder;
using compress::Encoding;
using compress::MediaType;
using compress::MediaTypes;

constexpr std::uint64_t flush_interval_ms = 100;  // of an answer whose length is known

struct CompressOptions {
  config::MarkedTexts encodings{{"gzip", {}}, {"br", {}}, {"zstd", {}}};
  config::At<std::string> fallback;
  std::int64_t least = 1024;
  config::MarkedTexts excluded;
  config::MarkedTexts included;
};
constexpr config::Option options[] = {
    config::option<&CompressOptions::encodings>("encodings", "gzip, br and zstd, best first")
        .empty(),
    config::option<&CompressOptions::fallback>(
        "defaultEncoding", "for clients that do not say what they accept, or accept all"),
    config::option<&CompressOptions::least>("minResponseBodyBytes",
                                            "shorter answers are left as they are")
        .in("bytes"),
    config::option<&CompressOptions::excluded>("excludedContentTypes",
                                               "answers that are left as they are"),
    config::option<&CompressOptions::included>("includedContentTypes",
                                               "the only answers that are compressed"),
};
constexpr config::Section keys = config::section_of<CompressOptions>(options);

struct CompressRules {
  compress::Offer offer;
  std::uint64_t least = 1024;
  MediaTypes excluded;
  MediaTypes included;
};

enum class Mode : std::uint8_t { off, undecided, waiting, encoding };

struct CompressState {
  Encoder* encoder;
  char* early;  // what has come before it was decided
  std::size_t early_size;
  std::uint64_t flushed_ms;
  Encoding encoding;
  Mode mode;
  bool has_length;
  bool is_dirty;  // something was given since the last flush
};

class Compress final : public Middleware {
 public:
  explicit Compress(CompressRules rules) : rules_(std::move(rules)) {}
  Hooks hooks() const noexcept override {
    return Hook::request_headers | Hook::response_headers | Hook::response_body | Hook::done;
  }
  std::size_t state_size() const noexcept override { return sizeof(CompressState); }
  Verdict on_request_headers(Link link) const noexcept override;
  Verdict on_response_headers(Link link) const noexcept override;
  Verdict on_response_body(Link link, BodyPart& part) const noexcept override;
  void on_done(Link link) const noexcept override { put_back(link.state<CompressState>()); }

 private:
  bool takes(const Request& request) const noexcept;
  bool takes(const Response& response) const noexcept;
  bool takes_type(std::string_view type) const noexcept;
  std::optional<Encoding> choose(const Headers& headers) const noexcept;
  void start(Link link, CompressState& state) const noexcept;
  Verdict decide(Link link, CompressState& state, BodyPart& part) const noexcept;
  void encode(Link link, CompressState& state, BodyPart& part) const noexcept;
  void put_back(CompressState& state) const noexcept;

  CompressRules rules_;
  // Of this worker.
  mutable compress::Stock stock_;
  mutable Remembered<std::optional<Encoding>> choices_;  // by Accept-Encoding
  mutable Remembered<bool> types_;  // whether answers of a Content-Type are taken
};

bool is_grpc(std::string_view type) noexcept {
  return text::starts_with_ignore_case(type, "application/grpc") &&
         (type.size() == 16 || type[16] == '+' || type[16] == ';' || type[16] == ' ');
}

bool Compress::takes(const Request& request) const noexcept {
  if (request.method == "HEAD") return false;
  const std::string_view type = request.headers.get(FieldId::content_type);
  if (type.empty() || rules_.excluded.is_empty()) return !is_grpc(type);
  const auto parsed = MediaType::parse(type);
  return !is_grpc(type) && (!parsed || !rules_.excluded.contains(*parsed));
}

bool lists(const Headers& headers, FieldId id, std::string_view word) noexcept {
  bool found = false;
  for (const Field& field : headers) {
    if (field.dropped || field.id != id) continue;
    text::for_each_part(field.value, ',', [&](std::string_view part) {
      found = found || text::equals_ignore_case(text::trim_blanks(part), word);
    });
  }
  return found;
}

bool Compress::takes(const Response& response) const noexcept {
  const Headers& headers = response.headers;
  if (response.status < 200 || response.status == 204 || response.status == 206 ||
      response.status == 304 || response.framing == Framing::none)
    return false;
  if (headers.find(FieldId::content_encoding) != nullptr ||
      headers.find(FieldId::content_range) != nullptr ||
      lists(headers, FieldId::cache_control, "no-transform"))
    return false;
  return types_.get(headers.get(FieldId::content_type),
                    [this](std::string_view type) { return takes_type(type); });
}

bool Compress::takes_type(std::string_view type) const noexcept {
  if (type.empty()) return rules_.included.is_empty();
  if (is_grpc(type)) return false;
  const auto parsed = MediaType::parse(type);
  if (!parsed || rules_.excluded.contains(*parsed)) return false;
  return rules_.included.is_empty() || rules_.included.contains(*parsed);
}

std::optional<Encoding> Compress::choose(const Headers& headers) const noexcept {
  const Field* const first = headers.find(FieldId::accept_encoding);
  const auto is_another = [](const Field& field) {
    return field.id == FieldId::accept_encoding && !field.dropped;
  };
  const bool is_alone = first != nullptr && std::none_of(first + 1, headers.end(), is_another);
  const auto find = [&](std::string_view) {
    return compress::choose(headers, rules_.offer);
  };
  return is_alone ? choices_.get(first->value, find) : find({});
}

Verdict Compress::on_request_headers(Link link) const noexcept {
  auto& state = link.state<CompressState>();
  state.mode = Mode::off;
  if (!takes(link.request())) return Verdict::next;
  const auto encoding = choose(link.request().headers);
  if (!encoding) return Verdict::next;
  state.encoding = *encoding;
  state.mode = Mode::undecided;
  return Verdict::next;
}

Verdict Compress::on_response_headers(Link link) const noexcept {
  auto& state = link.state<CompressState>();
  if (state.mode == Mode::off || link.exchange().is_tunnel()) return Verdict::next;
  put_back(state);  // an answer that began before this one was not delivered
  Response& response = link.response();
  response.headers.append(FieldId::vary, "Accept-Encoding");
  if (!takes(response)) return Verdict::next;
  state.has_length = response.framing == Framing::length;
  if (!state.has_length) {
    state.mode = Mode::waiting;
    state.early_size = 0;
    return Verdict::wait;
  }
  if (response.content_length >= rules_.least) start(link, state);
  return Verdict::next;
}

void Compress::start(Link link, CompressState& state) const noexcept {
  Response& response = link.response();
  state.encoder = stock_.take(state.encoding);
  state.encoder->begin(state.has_length ? std::optional(response.content_length) : std::nullopt);
  if (!state.encoder->ok()) return put_back(state);
  state.mode = Mode::encoding;
  state.flushed_ms = link.tools().loop->now_ms();
  response.framing = Framing::chunked;
  response.headers.drop(FieldId::content_length);
  response.headers.drop(FieldId::accept_ranges);
  response.headers.set(FieldId::content_encoding, compress::name_of(state.encoding));
}

void Compress::put_back(CompressState& state) const noexcept {
  if (state.encoder != nullptr) stock_.give(state.encoding, state.encoder);
  state.encoder = nullptr;
  if (state.mode != Mode::off) state.mode = Mode::undecided;
}

Verdict Compress::on_response_body(Link link, BodyPart& part) const noexcept {
  auto& state = link.state<CompressState>();
  switch (state.mode) {
    case Mode::off:
    case Mode::undecided: return Verdict::next;
    case Mode::waiting: return decide(link, state, part);
    case Mode::encoding: encode(link, state, part); return Verdict::next;
  }
  return Verdict::next;
}

// Of an unknown length: once enough is there, or what is there has to leave. The end of a short one decides, too.
Verdict Compress::decide(Link link, CompressState& state, BodyPart& part) const noexcept {
  if (part.is_empty() && !part.last && state.early_size == 0) return Verdict::wait;
  const std::size_t all = state.early_size + part.size;
  const bool is_enough = all >= rules_.least;
  if (!is_enough && !part.flush && !part.last) {
    if (state.early == nullptr)
      state.early = static_cast<char*>(link.arena().allocate(rules_.least, 1));
    for (const std::string_view slice : part.slices)
      state.early_size += slice.copy(state.early + state.early_size, slice.size());
    part.swallow();
    return Verdict::wait;
  }
  if (is_enough || !part.last) start(link, state);
  if (state.early_size > 0) {
    auto* const joined = link.arena().array<std::string_view>(part.slices.size() + 1);
    joined[0] = {state.early, state.early_size};
    std::copy(part.slices.begin(), part.slices.end(), joined + 1);
    part.slices = {joined, part.slices.size() + 1};
    part.size = all;
    state.early_size = 0;
  }
  if (state.mode == Mode::encoding) {
    encode(link, state, part);
  } else {
    state.mode = Mode::undecided;
  }
  return Verdict::next;
}

void Compress::encode(Link link, CompressState& state, BodyPart& part) const noexcept {
  const std::uint64_t now = link.tools().loop->now_ms();
  state.is_dirty = state.is_dirty || !part.is_empty();
  const bool is_due = !state.has_length || now >= state.flushed_ms + flush_interval_ms;
  const bool flushes = part.flush && state.is_dirty && is_due;
  const Encoder::Push push = part.last ? Encoder::Push::finish
                             : flushes ? Encoder::Push::flush
                                       : Encoder::Push::none;
  if (part.is_empty() && push == Encoder::Push::none) return;
  part.replace(state.encoder->encode(part.slices, push));
  if (push == Encoder::Push::none) return;
  state.is_dirty = false;
  state.flushed_ms = now;
}

// ---- building -----------------------------------------------------------------------------------------------------------

bool read_types(const config::MarkedTexts& texts, std::string_view option, Build& build,
                MediaTypes& out) {
  bool is_good = true;
  for (const config::At<std::string>& text : texts) {
    if (auto type = MediaType::parse(text.value)) {
      out.add(std::move(*type));
      continue;
    }
    build.broken(text.mark,
                 fmt::format(".{}: {} is no media type", option, text::quoted(text.value)),
                 "write text/html");
    is_good = false;
  }
  return is_good;
}

bool read_offer(const CompressOptions& given, Build& build, compress::Offer& offer) {
  bool is_good = true;
  for (const config::At<std::string>& name : given.encodings) {
    if (const auto encoding = compress::encoding_named(name.value)) {
      offer.encodings.push_back(*encoding);
      continue;
    }
    build.broken(name.mark, fmt::format(".encodings: {} is not known", text::quoted(name.value)),
                 "write gzip, br or zstd");
    is_good = false;
  }
  if (given.encodings.empty()) {
    build.broken({}, ".encodings is empty", "write gzip, br or zstd, or take it out");
    is_good = false;
  }
  if (given.fallback.value.empty()) return is_good;
  offer.fallback = compress::encoding_named(given.fallback.value);
  const auto& all = offer.encodings;
  const bool is_offered =
      offer.fallback && std::find(all.begin(), all.end(), *offer.fallback) != all.end();
  if (!is_offered) {
    build.broken(given.fallback.mark,
                 fmt::format(".defaultEncoding: {} is not one of encodings",
                             text::quoted(given.fallback.value)),
                 "add it there, or write another");
  }
  return is_good && is_offered;
}

MiddlewarePtr build(const CompressOptions& given, Build& build) {
  CompressRules rules;
  bool is_good = read_offer(given, build, rules.offer);
  is_good &= read_types(given.excluded, "excludedContentTypes", build, rules.excluded);
  is_good &= read_types(given.included, "includedContentTypes", build, rules.included);
  if (!given.excluded.empty() && !given.included.empty()) {
    build.broken(given.included[0].mark, "has excludedContentTypes and includedContentTypes",
                 "keep one of them");
    is_good = false;
  }
  if (given.least > 0) rules.least = static_cast<std::uint64_t>(given.least);
  return is_good ? MiddlewarePtr(new Compress(std::move(rules))) : nullptr;
}

}  // namespace

const MiddlewareModule compress_middleware{
    .type = {.key = "compress",
             .help = "answers in fewer bytes, where the client can read them so",
             .options = &keys,
             .may_be_empty = true},
    .build = build_of<CompressOptions, build>};

}  // namespace pm
