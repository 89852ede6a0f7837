// SPDX-License-Identifier: MIT
#include "http/hop.h"

#include "core/text.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>
#include <utility>
#include <vector>

using pm::http::FieldId;
using pm::http::Framing;

namespace {

// "Name: value|Name: value", what a message says in order; dropped fields are not there.
std::string text_of(const pm::http::Headers& headers) {
  std::string text;
  for (const pm::http::Field& field : headers) {
    if (field.dropped) continue;
    text += std::string(text.empty() ? "" : "|") + std::string(field.name) + ": " +
            std::string(field.value);
  }
  return text;
}

void fill(pm::http::Headers& headers, std::string_view text) {
  pm::text::for_each_part(text, '|', [&](std::string_view line) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) return;
    headers.append(line.substr(0, colon), line.substr(colon + 2));
  });
}

}  // namespace

const pm::http::SecureFacts over_tls;

TEST_GROUP(hop) {
  pm::BlockPool pool{4096};
  pm::Arena arena{pool};
  pm::http::Request request{arena};
  pm::http::Response response{arena};
  pm::http::ForwardedRules rules;

  void setup() override {
    request.client = {*pm::Address::parse("192.0.2.7"), 5555};
    request.authority = "shop.test:8443";
    rules.server_name = "box1";
  }
  void trust() {
    rules.trusted = pm::CidrSet({*pm::Cidr::parse("192.0.2.0/24")});
  }
  std::string_view forwarded(std::string_view given, const char* name) {
    fill(request.headers, given);
    pm::http::apply_forwarded(request, rules);
    return request.headers.get(std::string_view(name));
  }
  std::string to_server(std::string_view given) {
    fill(request.headers, given);
    rules.append_for = false;
    pm::http::prepare_for_server(request, rules);
    return text_of(request.headers);
  }
  std::string to_client(std::string_view given) {
    fill(response.headers, given);
    pm::http::prepare_for_client(response);
    return text_of(response.headers);
  }
};

// ---- static-config.md section 4.2, row by row -------------------------------------------------------------------------

TEST(hop, an_untrusted_peer_says_nothing_of_the_managed_set) {
  for (const char* name :
       {"X-Forwarded-Proto", "X-Forwarded-Scheme", "X-Forwarded-For", "X-Forwarded-Host",
        "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Uri", "X-Forwarded-Method",
        "X-Forwarded-Prefix", "X-Forwarded-Tls-Client-Cert", "X-Forwarded-Tls-Client-Cert-Info",
        "X-Scheme", "X-Real-Ip"}) {
    CHECK(forwarded(std::string(name) + ": claimed", name) != "claimed");
  }
}

TEST(hop, other_spellings_of_the_managed_set_are_deleted_whoever_sends_them) {
  trust();

  forwarded("X_Forwarded_For: liar1|x-forwarded.proto: liar2|X_Real-Ip: liar3|X_Request_Id: d",
            "X-Real-Ip");

  const std::string left = text_of(request.headers);
  CHECK_FALSE(left.find("liar") != std::string::npos);
  CHECK_TRUE(left.find("X_Request_Id: d") != std::string::npos);
}

TEST(hop, other_spellings_of_what_ends_a_message_are_deleted_whoever_sends_them) {
  trust();

  forwarded(
      "Content_Length: liar1|content.length: liar2|Transfer_Encoding: liar3|"
      "Cache_Control: 4|Tea_Time: 5",
      "X-Real-Ip");

  const std::string left = text_of(request.headers);
  CHECK_FALSE(left.find("liar") != std::string::npos);
  STRCMP_CONTAINS("Cache_Control: 4|Tea_Time: 5", left.c_str());
}

TEST(hop, a_trusted_peer_keeps_what_it_says) {
  trust();

  CHECK_EQUAL(std::string_view("https"),
              forwarded("X-Forwarded-Proto: https", "X-Forwarded-Proto"));
  request.headers.clear();
  CHECK_EQUAL(std::string_view("198.51.100.9"), forwarded("X-Real-Ip: 198.51.100.9", "X-Real-Ip"));
}

TEST(hop, insecure_trusts_everybody) {
  rules.trust_all = true;

  CHECK_EQUAL(std::string_view("a.test"),
              forwarded("X-Forwarded-Host: a.test", "X-Forwarded-Host"));
}

TEST(hop, x_real_ip_is_the_peer_without_its_zone) {
  request.client.address = *pm::Address::parse("fe80::1%3");

  CHECK_EQUAL(std::string_view("fe80::1"), forwarded("", "X-Real-Ip"));
}

TEST(hop, an_empty_value_of_a_trusted_peer_is_set_all_the_same) {
  trust();

  CHECK_EQUAL(std::string_view("192.0.2.7"), forwarded("X-Real-Ip: ", "X-Real-Ip"));
}

TEST(hop, x_forwarded_proto_is_http_or_https) {
  CHECK_EQUAL(std::string_view("http"), forwarded("", "X-Forwarded-Proto"));

  request.secure = &over_tls;
  request.headers.clear();
  CHECK_EQUAL(std::string_view("https"), forwarded("", "X-Forwarded-Proto"));
}

TEST(hop, x_forwarded_proto_is_ws_or_wss_for_a_websocket) {
  request.wants_upgrade = true;

  CHECK_EQUAL(std::string_view("ws"), forwarded("Upgrade: WebSocket", "X-Forwarded-Proto"));

  request.secure = &over_tls;
  request.headers.clear();
  CHECK_EQUAL(std::string_view("wss"), forwarded("Upgrade: websocket", "X-Forwarded-Proto"));
}

TEST(hop, x_forwarded_port_is_that_of_host) {
  CHECK_EQUAL(std::string_view("8443"), forwarded("", "X-Forwarded-Port"));
}

TEST(hop, x_forwarded_port_is_that_of_a_bracketed_host) {
  request.authority = "[2001:db8::1]:8080";

  CHECK_EQUAL(std::string_view("8080"), forwarded("", "X-Forwarded-Port"));
}

TEST(hop, x_forwarded_port_without_a_port_follows_the_protocol) {
  trust();
  request.authority = "[2001:db8::1]";
  CHECK_EQUAL(std::string_view("80"), forwarded("", "X-Forwarded-Port"));

  request.headers.clear();
  CHECK_EQUAL(std::string_view("443"), forwarded("X-Forwarded-Proto: wss", "X-Forwarded-Port"));

  request.headers.clear();
  request.secure = &over_tls;
  CHECK_EQUAL(std::string_view("443"), forwarded("", "X-Forwarded-Port"));
}

TEST(hop, x_forwarded_host_is_host_as_sent_and_absent_without_one) {
  CHECK_EQUAL(std::string_view("shop.test:8443"), forwarded("", "X-Forwarded-Host"));

  request.headers.clear();
  request.authority = "";
  forwarded("", "X-Forwarded-Host");
  POINTERS_EQUAL(nullptr, request.headers.find(FieldId::x_forwarded_host));
}

TEST(hop, several_x_forwarded_for_become_one_and_the_peer_comes_last_when_proxying) {
  trust();
  CHECK_EQUAL(std::string_view("10.0.0.1, 10.0.0.2"),
              forwarded("X-Forwarded-For: 10.0.0.1|X-Forwarded-For: 10.0.0.2", "X-Forwarded-For"));

  pm::http::prepare_for_server(request, rules);

  CHECK_EQUAL(std::string_view("10.0.0.1, 10.0.0.2, 192.0.2.7"),
              request.headers.get(FieldId::x_forwarded_for));
}

TEST(hop, x_forwarded_for_begins_with_the_peer) {
  forwarded("X-Forwarded-For: 10.0.0.1", "X-Forwarded-For");

  pm::http::prepare_for_server(request, rules);

  CHECK_EQUAL(std::string_view("192.0.2.7"), request.headers.get(FieldId::x_forwarded_for));
}

TEST(hop, the_peer_is_not_appended_where_the_entry_point_says_so) {
  rules.append_for = false;
  forwarded("", "X-Forwarded-For");

  pm::http::prepare_for_server(request, rules);

  POINTERS_EQUAL(nullptr, request.headers.find(FieldId::x_forwarded_for));
}

TEST(hop, x_forwarded_server_is_always_this_machine) {
  trust();

  CHECK_EQUAL(std::string_view("box1"),
              forwarded("X-Forwarded-Server: other", "X-Forwarded-Server"));
}

TEST(hop, what_else_an_untrusted_peer_says_of_hops_goes) {
  fill(
      request.headers,
      "Forwarded: for=10.0.0.1|X-Forwarded-User: root|x_forwarded.ssl: on|X-Forwarded: a|X-For: b");

  pm::http::apply_forwarded(request, rules);

  CHECK(text_of(request.headers).starts_with("X-Forwarded: a|X-For: b|X-Real-Ip: "));
}

TEST(hop, a_trusted_peer_says_of_hops_what_it_likes) {
  trust();
  CHECK_EQUAL(std::string_view("for=10.0.0.1"), forwarded("Forwarded: for=10.0.0.1", "Forwarded"));
  CHECK_EQUAL(std::string_view("root"), forwarded("X-Forwarded-User: root", "X-Forwarded-User"));
}

TEST(hop, trace_carries_no_secret) {
  request.method = "TRACE";
  rules.append_for = false;
  fill(request.headers, "Cookie: a=1|Authorization: Basic x|X-A: 1");

  pm::http::prepare_for_server(request, rules);

  CHECK_EQUAL(std::string("X-A: 1"), text_of(request.headers));
}

TEST(hop, scheme_headers_are_set_where_they_are_wanted) {
  CHECK_EQUAL(std::string_view(""), forwarded("", "X-Scheme"));

  rules.add_scheme_headers = true;
  request.headers.clear();
  CHECK_EQUAL(std::string_view("http"), forwarded("", "X-Scheme"));
  CHECK_EQUAL(std::string_view("http"), request.headers.get(FieldId::x_forwarded_scheme));
}

TEST(hop, what_connection_names_goes_but_for_what_the_proxy_answers_for) {
  rules.connection_keep = {"x-kept"};

  forwarded(
      "Connection: X-Gone, x-kept , X-Real-Ip, Upgrade, Host, close|X-Gone: 1|X-Kept: 2|"
      "Upgrade: a|Host: h|Close: 3",
      "X-Real-Ip");

  const std::string left = text_of(request.headers);
  CHECK_FALSE(left.find("X-Gone: 1") != std::string::npos);
  for (const char* kept :
       {"X-Kept: 2", "Upgrade: a", "Host: h", "Close: 3", "X-Real-Ip: 192.0.2.7"})
    STRCMP_CONTAINS(kept, left.c_str());
}

TEST(hop, every_connection_field_is_obeyed_and_what_names_nothing_is_no_harm) {
  forwarded("Connection: , keep-alive|X-A: 1|Connection: x-a,,x-b|X-B: 2|Keep-Alive: 3|X-C: 4",
            "X-Real-Ip");

  const std::string left = text_of(request.headers);
  for (const char* gone : {"X-A: 1", "X-B: 2"})
    CHECK_FALSE(left.find(gone) != std::string::npos);
  for (const char* kept : {"Keep-Alive: 3", "X-C: 4"})
    STRCMP_CONTAINS(kept, left.c_str());
}

TEST(hop, a_connection_field_that_is_gone_names_nothing) {
  fill(request.headers, "Connection: x-a|X-A: 1");
  request.headers.drop("connection");

  STRCMP_CONTAINS("1", std::string(forwarded("", "X-A")).c_str());
}

TEST(hop, a_port_that_is_left_out_behind_its_colon_follows_the_protocol) {
  request.authority = "shop.test:";

  CHECK_EQUAL(std::string_view("80"), forwarded("", "X-Forwarded-Port"));
}

TEST(hop, the_port_follows_the_protocol_that_a_trusted_peer_names) {
  trust();
  request.authority = "shop.test";

  CHECK_EQUAL(std::string_view("443"), forwarded("X-Forwarded-Proto: wss", "X-Forwarded-Port"));
}

// ---- http-services.md section 7: hop by hop, both ways ----------------------------------------------------------------

TEST(hop, hop_by_hop_fields_of_a_request_stay_here) {
  const std::string left = to_server(
      "Connection: close|Proxy-Connection: a|Keep-Alive: b|Proxy-Authenticate: c|"
      "Proxy-Authorization: d|Te: gzip|Trailer: X|Transfer-Encoding: chunked|Upgrade: h2c|"
      "Http2-Settings: e|Content-Length: 3|X-Own: stays");

  CHECK_EQUAL(std::string_view("X-Own: stays"), std::string_view(left));
}

TEST(hop, a_server_is_told_that_the_client_takes_trailers) {
  CHECK_EQUAL(std::string_view("Te: trailers"), std::string_view(to_server("Te: gzip, trailers")));
}

TEST(hop, the_token_of_an_upgrade_stays_for_the_writer) {
  request.wants_upgrade = true;

  CHECK_EQUAL(std::string_view("Upgrade: websocket"),
              std::string_view(to_server("Connection: Upgrade|Upgrade: websocket")));
}

TEST(hop, hop_by_hop_fields_of_an_answer_stay_here) {
  response.framing = Framing::length;

  CHECK_EQUAL(std::string_view("X-Own: stays|Server: s|Alt-Svc: a"),
              std::string_view(to_client(
                  "Connection: X-Gone|X-Gone: 1|Keep-Alive: 2|Proxy-Authenticate: 3|Upgrade: 4|"
                  "Trailer: 5|Transfer-Encoding: 6|Content-Length: 7|X-Own: stays|Server: s|"
                  "Alt-Svc: a")));
}

TEST(hop, an_answer_in_chunks_announces_its_trailers) {
  response.framing = Framing::chunked;

  CHECK_EQUAL(std::string_view("Trailer: X-Check"),
              std::string_view(to_client("Trailer: X-Check")));
}

// ---- underscoreHeadersStrategy ----------------------------------------------------------------------------------------

TEST(hop, names_with_an_underscore_are_kept_removed_or_refused) {
  using pm::http::apply_underscores;
  using pm::http::Underscores;
  fill(request.headers, "X_Odd: 1|X-Even: 2");

  CHECK_TRUE(apply_underscores(request, Underscores::keep));
  CHECK_EQUAL(std::string_view("X_Odd: 1|X-Even: 2"), std::string_view(text_of(request.headers)));
  CHECK_FALSE(apply_underscores(request, Underscores::reject));
  CHECK_TRUE(apply_underscores(request, Underscores::remove));
  CHECK_EQUAL(std::string_view("X-Even: 2"), std::string_view(text_of(request.headers)));
}
