// SPDX-License-Identifier: MIT
#include "modules/middleware/grpc_web/grpc_web.h"

#include "core/base64.h"
#include "observe/request_labels.h"
#include "t/lib/middleware_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using namespace std::literals;
using http::Framing;

namespace {

constexpr std::string_view message = "\0\0\0\0\3abc"sv;
constexpr std::string_view ok_frame = "\x80\0\0\0\x10grpc-status: 0\r\n"sv;
constexpr std::string_view app = "https://app.example.com";

// Of texts in a row, each padded for itself; "malformed" else.
std::string decoded(std::string_view text) {
  Base64Reader reader;
  std::string room(Base64Reader::room_for(text.size()), '\0');
  const auto size = reader.read(text, room.data());
  return size && reader.is_whole() ? room.substr(0, *size) : "malformed";
}

std::string all_of(const http::Headers& headers, std::string_view name) {
  std::string all;
  for (const http::Field& field : headers) {
    if (!field.dropped && field.name == name) all += std::string(field.value) + "|";
  }
  return all;
}

}  // namespace

TEST_GROUP(grpc_web) {
  MiddlewareTrial trial{grpc_web_middleware, "allowOrigins: ['https://app.example.com']"};

  void call(std::string_view type, std::string_view origin = app) {
    trial.ask("POST", {{"Content-Type", type}, {"Origin", origin}}, Framing::chunked);
  }
  void preflight(MiddlewareTrial & asked, std::string_view origin, std::string_view method = "POST",
                 std::string_view names = "content-type,X-Grpc-Web , x-user-agent") {
    asked.ask("OPTIONS",
              {{"Origin", origin},
               {"Access-Control-Request-Method", method},
               {"Access-Control-Request-Headers", names}},
              Framing::none);
  }
  void answer_call() {
    trial.answer(200, {{"Content-Type", "application/grpc+proto"}, {"X-Own", "1"}},
                 Framing::chunked);
    trial.say(message);
    trial.finish({{"Grpc-Status", "0"}});
  }
};

TEST(grpc_web, GW_1_a_preflight_of_an_allowed_origin) {
  preflight(trial, app);

  CHECK_FALSE(trial.is_served());
  LONGS_EQUAL(200, trial.sent().status);
  CHECK_EQUAL("Origin|Access-Control-Request-Method|Access-Control-Request-Headers|"sv,
              std::string_view(all_of(trial.sent().headers, "Vary")));
  CHECK_EQUAL(app, trial.told("Access-Control-Allow-Origin"));
  CHECK_EQUAL("POST"sv, trial.told("Access-Control-Allow-Methods"));
  CHECK_EQUAL("Content-Type, X-Grpc-Web, X-User-Agent"sv,
              trial.told("Access-Control-Allow-Headers"));
  CHECK_EQUAL("true"sv, trial.told("Access-Control-Allow-Credentials"));
  CHECK_EQUAL("600"sv, trial.told("Access-Control-Max-Age"));
}

TEST(grpc_web, GW_2_a_preflight_of_another_origin_is_told_nothing) {
  preflight(trial, "https://evil.test");

  LONGS_EQUAL(200, trial.sent().status);
  LONGS_EQUAL(3, trial.sent().headers.slots());
}

TEST(grpc_web, a_preflight_for_another_method_is_told_nothing) {
  preflight(trial, app, "DELETE");

  LONGS_EQUAL(3, trial.sent().headers.slots());
}

TEST(grpc_web, other_preflights_pass) {
  preflight(trial, app, "POST", "content-type, x-grpc-web-not");

  CHECK_TRUE(trial.is_served());
}

TEST(grpc_web, GW_3_the_trailers_of_a_call_are_a_frame_behind_its_message) {
  call("application/grpc-web");
  answer_call();

  CHECK_TRUE(trial.text() == std::string(message) + std::string(ok_frame));
  CHECK_TRUE(trial.sent().framing == Framing::chunked);
  LONGS_EQUAL(0, trial.sent().trailers.slots());
  CHECK_EQUAL("0"sv, trial.exchange().trace().grpc_status);
}

TEST(grpc_web, a_call_is_counted_by_the_status_that_left_in_its_body) {
  call("application/grpc-web");
  answer_call();

  const observe::RequestLabels labels = observe::labels_of(trial.exchange(), 200);
  CHECK_TRUE(labels.protocol == observe::Protocol::grpc_web);
  LONGS_EQUAL(0, labels.code);
}

TEST(grpc_web, GW_4_a_text_call_decodes_to_the_same) {
  call("application/grpc-web-text");
  answer_call();

  CHECK_EQUAL("application/grpc-web-text+proto"sv, trial.told("Content-Type"));
  CHECK_TRUE(decoded(trial.text()) == std::string(message) + std::string(ok_frame));
}

TEST(grpc_web, each_read_of_the_server_can_be_decoded_by_itself) {
  call("application/grpc-web-text");
  trial.answer(200, {{"Content-Type", "application/grpc"}}, Framing::chunked);
  trial.say("a");
  trial.say("bc");
  trial.say("defg");
  trial.finish({});

  CHECK_EQUAL("a"sv, std::string_view(decoded(trial.parts()[0])));
  CHECK_EQUAL("bc"sv, std::string_view(decoded(trial.parts()[1])));
  CHECK_EQUAL("defg"sv, std::string_view(decoded(trial.parts()[2])));
  CHECK_EQUAL("\x80\0\0\0\0"sv, std::string_view(decoded(trial.parts()[3])));
}

TEST(grpc_web, GW_5_what_stands_behind_the_type_stays) {
  call("application/grpc-web+proto");
  CHECK_EQUAL("application/grpc+proto"sv, trial.served().headers.get("Content-Type"));
  CHECK_EQUAL("trailers"sv, trial.served().headers.get("TE"));
  answer_call();

  CHECK_EQUAL("application/grpc-web+proto"sv, trial.told("Content-Type"));
}

TEST(grpc_web, GW_6_what_is_no_call_passes_untouched) {
  for (const std::string_view type : {"application/grpc"sv, "application/grpc-webby"sv, ""sv}) {
    call(type);
    answer_call();

    CHECK_EQUAL(type, trial.served().headers.get("Content-Type"));
    CHECK_EQUAL("application/grpc+proto"sv, trial.told("Content-Type"));
    CHECK_TRUE(trial.text() == message);
    CHECK_EQUAL(""sv, trial.told("Vary"));
  }
}

TEST(grpc_web, GW_7_a_status_that_is_in_the_head_is_exposed) {
  call("application/grpc-web+proto");
  trial.answer(200, {{"Content-Type", "application/grpc"}, {"grpc-status", "5"}}, Framing::none);
  trial.finish({});

  CHECK_EQUAL("5"sv, trial.told("Grpc-Status"));
  STRCMP_CONTAINS("Grpc-Status", std::string(trial.told("Access-Control-Expose-Headers")).c_str());
  CHECK_TRUE(trial.text() == "\x80\0\0\0\0"sv);
}

TEST(grpc_web, GW_8_origins) {
  MiddlewareTrial wild{grpc_web_middleware, "allowOrigins: ['https://*.example.com']"};
  static constexpr Row rows[] = {
      {"https://app.example.com", "https://app.example.com"},
      {"https://a.b.example.com", "https://a.b.example.com"},
      {"HTTPS://APP.EXAMPLE.COM", "HTTPS://APP.EXAMPLE.COM"},
      {"https://example.com", ""},
      {"https://.example.com", ""},
      {"https://a..example.com", ""},
      {"http://app.example.com", ""},
      {"https://app.example.com:8443", ""},
      {"https://evil.test/.example.com", ""},
      {"https://evil.test:1#.example.com", ""},
      {"https://user@app.example.com", ""},
      {"https://appexample.com", ""},
      {"null", ""},
      {"", ""},
  };
  check_rows(rows, [&](std::string_view origin) {
    preflight(wild, origin);
    return wild.told("Access-Control-Allow-Origin");
  });
}

TEST(grpc_web, a_star_allows_any_origin_and_none_without_one) {
  MiddlewareTrial any{grpc_web_middleware, "allowOrigins: ['*']"};
  static constexpr Row rows[] = {{"https://x.test", "https://x.test"}, {"null", "null"}, {"", ""}};
  check_rows(rows, [&](std::string_view origin) {
    preflight(any, origin);
    return any.told("Access-Control-Allow-Origin");
  });
}

TEST(grpc_web, a_port_may_stand_behind_a_wildcard) {
  MiddlewareTrial wild{grpc_web_middleware, "allowOrigins: ['http://*.localhost:3000']"};
  preflight(wild, "http://app.localhost:3000");

  CHECK_EQUAL("http://app.localhost:3000"sv, wild.told("Access-Control-Allow-Origin"));
}

TEST(grpc_web, a_star_that_is_no_label_is_refused) {
  static constexpr Row rows[] = {
      {"https://app.example.com", ""},
      {"https://*.example.com", ""},
      {"*", ""},
      {"https://app*.example.com", "no"},
      {"https://*", "no"},
      {"https://*.", "no"},
      {"*.example.com", "no"},
      {"https://*.*.example.com", "no"},
      {"https://*example.com", "no"},
  };
  check_rows(rows, [](std::string_view origin) {
    const MiddlewareTrial built(grpc_web_middleware,
                                "allowOrigins: ['" + std::string(origin) + "']");
    return built.errors().empty() ? ""sv : "no"sv;
  });
}

TEST(grpc_web, a_call_of_another_origin_is_made_all_the_same) {
  call("application/grpc-web", "https://evil.test");
  CHECK_TRUE(trial.is_served());
  answer_call();

  CHECK_EQUAL("Origin"sv, trial.told("Vary"));
  CHECK_EQUAL(""sv, trial.told("Access-Control-Allow-Origin"));
}

TEST(grpc_web, every_field_of_an_answer_is_exposed_once) {
  call("application/grpc-web");
  trial.answer(200, {{"content-type", "application/grpc"}, {"x-own", "1"}, {"X-OWN", "2"}},
               Framing::chunked);

  CHECK_EQUAL(
      "Content-Type, X-Own, Vary, Access-Control-Allow-Origin, "
      "Access-Control-Allow-Credentials, grpc-status, grpc-message"sv,
      trial.told("Access-Control-Expose-Headers"));
}

TEST(grpc_web, an_answer_that_is_no_grpc_keeps_its_body) {
  call("application/grpc-web-text");
  trial.answer(502, {{"Content-Type", "text/plain"}}, Framing::chunked);
  trial.say("Bad Gateway");
  trial.finish({});

  CHECK_EQUAL("Bad Gateway"sv, std::string_view(trial.text()));
  CHECK_EQUAL("text/plain"sv, trial.told("Content-Type"));
  CHECK_EQUAL(app, trial.told("Access-Control-Allow-Origin"));
}

TEST(grpc_web, names_of_trailers_are_in_lower_case) {
  call("application/grpc-web");
  trial.answer(200, {{"Content-Type", "application/grpc"}}, Framing::chunked);
  trial.finish({{"Grpc-Status", "3"}, {"Grpc-Message", "no such Thing"}});

  CHECK_TRUE(trial.text() == "\x80\0\0\0\x2dgrpc-status: 3\r\ngrpc-message: no such Thing\r\n"sv);
}

TEST(grpc_web, a_length_of_the_request_is_not_passed_on) {
  trial.ask("POST", {{"Content-Type", "application/grpc-web"}, {"Content-Length", "8"}},
            Framing::length);

  CHECK_TRUE(trial.served().framing == Framing::chunked);
  CHECK_EQUAL(""sv, trial.served().headers.get("Content-Length"));
}

TEST(grpc_web, a_text_request_is_decoded_wherever_it_is_cut) {
  constexpr std::string_view text = "AAAAAAM=YWJjAAAAAAEvLw==";  // padding inside and at the end
  for (std::size_t at = 0; at <= text.size(); ++at) {
    call("application/grpc-web-text+proto");
    if (at > 0) trial.give(text.substr(0, at));
    if (at < text.size()) trial.give(text.substr(at));
    trial.end();
    CHECK_TRUE(trial.body() == "\0\0\0\0\3abc\0\0\0\0\1//]"sv);
  }
}

TEST(grpc_web, a_text_request_comes_byte_by_byte) {
  call("application/grpc-web-text");
  for (const char c : "AAAAAAM=YWJj"sv)
    trial.give({&c, 1});
  trial.end();

  CHECK_TRUE(trial.body() == "\0\0\0\0\3abc]"sv);
}

TEST(grpc_web, a_text_that_is_none_is_refused) {
  for (const std::string_view text : {"AAAA!AAA"sv, "AAAAA"sv, "A==="sv, "AA=A"sv}) {
    call("application/grpc-web-text");
    trial.give(text);
    trial.end();

    LONGS_EQUAL(400, trial.sent().status);
    CHECK_EQUAL(" cancelled"sv, std::string_view(trial.body()).substr(trial.body().size() - 10));
  }
}
