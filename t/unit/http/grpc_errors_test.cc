// SPDX-License-Identifier: MIT
#include "http/grpc_errors.h"

#include "core/number.h"
#include "http/reply.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

#include <memory>
#include <string>

using namespace pm;
using namespace pm::http;
using namespace std::literals;

namespace {

class Client final : public ServerEnd {
 public:
  void resume_request(Exchange&) noexcept override {}
  void hold_request(Exchange&) noexcept override {}
  void send_interim(Exchange&, std::uint16_t, const Headers&) noexcept override {}
  void send_head(Exchange& exchange) noexcept override {
    answer = std::to_string(exchange.response().status) + " ";
  }
  void send_chunk(Exchange&, const Chunk& chunk) noexcept override {
    for (const std::string_view slice : chunk.slices)
      answer.append(slice);
  }
  void send_end(Exchange&) noexcept override { answer += " end"; }
  Flow flush_response(Exchange&) noexcept override { return Flow::more; }
  void cut(Exchange&) noexcept override {}
  std::string answer;
};

}  // namespace

TEST_GROUP(grpc_errors) {
  BlockPool blocks{4096};
  Client client;
  std::unique_ptr<Exchange> exchange;

  Response& begin(std::string_view type, Version version = Version::http2) {
    exchange = std::make_unique<Exchange>(blocks, client);
    exchange->request().version = version;
    exchange->request().headers.append(FieldId::content_type, type);
    if (is_grpc(exchange->request())) answer_as_grpc(*exchange);
    return exchange->response();
  }
  std::string_view told(std::string_view name) {
    return exchange->response().headers.get(name);
  }
};

TEST(grpc_errors, an_error_of_the_proxy_is_a_status_without_a_body) {
  const Response& response = begin("application/grpc+proto");
  reply(*exchange, 404, "404 page not found\n", BodyType::plain);

  CHECK_EQUAL("200  end"sv, std::string_view(client.answer));
  CHECK_EQUAL("application/grpc"sv, told("Content-Type"));
  CHECK_EQUAL("12"sv, told("grpc-status"));
  CHECK_EQUAL("Not Found"sv, told("grpc-message"));
  CHECK_TRUE(response.framing == Framing::none);
  CHECK_TRUE(exchange->response_started() && exchange->response_ended());
}

TEST(grpc_errors, each_status_has_its_own) {
  static constexpr Row rows[] = {
      {"400", "13"}, {"401", "16"}, {"403", "7"}, {"404", "12"}, {"405", "2"},  {"413", "8"},
      {"421", "2"},  {"429", "8"},  {"500", "2"}, {"502", "14"}, {"503", "14"}, {"504", "4"},
  };
  check_rows(rows, [this](std::string_view status) {
    begin("application/grpc");
    reply(*exchange, static_cast<std::uint16_t>(*parse_u64(status)), {}, BodyType::none);
    return told("grpc-status");
  });
}

TEST(grpc_errors, the_type_is_the_one_that_the_client_calls_it_by) {
  static constexpr Row rows[] = {
      {"application/grpc", "application/grpc"},
      {"application/grpc-web+proto", "application/grpc-web"},
      {"application/grpc-web-text; x", "application/grpc-web-text"},
      {"application/json", "text/plain; charset=utf-8"},
  };
  check_rows(rows, [this](std::string_view type) {
    begin(type);
    reply(*exchange, 502, "no", BodyType::plain);
    return told("Content-Type");
  });
}

TEST(grpc_errors, http_1_is_told_that_nothing_follows) {
  const Response& response = begin("application/grpc", Version::http11);
  reply(*exchange, 502, "Bad Gateway", BodyType::none);

  CHECK_TRUE(response.framing == Framing::length);
  LONGS_EQUAL(0, response.content_length);
}

TEST(grpc_errors, what_is_no_error_passes) {
  begin("application/grpc");
  reply(*exchange, 302, "Found", BodyType::none);

  CHECK_EQUAL("302 Found end"sv, std::string_view(client.answer));
}

TEST(grpc_errors, what_a_server_answers_passes) {
  Response& response = begin("application/grpc");
  prepare_reply(*exchange, 503, "later", BodyType::none);
  response.origin = Origin::server;
  send_reply(*exchange);

  CHECK_EQUAL("503 later end"sv, std::string_view(client.answer));
}

TEST(grpc_errors, fields_of_a_refusal_stay) {
  Response& response = begin("application/grpc");
  prepare_reply(*exchange, 429, "no", BodyType::none);
  response.headers.append("Retry-After", "3");
  send_reply(*exchange);

  CHECK_EQUAL("3"sv, told("Retry-After"));
}
