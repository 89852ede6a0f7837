// SPDX-License-Identifier: MIT
#include "h2/write.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using http::FieldId;

namespace {

std::string text_of(std::span<nghttp2_nv> fields) {
  std::string text;
  for (const nghttp2_nv& field : fields)
    text += std::string(h2::view(field.name, field.namelen)) + "=" +
            std::string(h2::view(field.value, field.valuelen)) + "\n";
  return text;
}

}  // namespace

TEST_GROUP(h2_write) {
  BlockPool blocks{4096};
  Arena arena{blocks};
  http::Request request{arena};
  http::Response response{arena};
  http::ForwardOptions options;

  void setup() override {
    request.method = "GET";
    request.path = "/p";
    request.authority = "a";
  }
  std::string written(bool is_secure = false) {
    return text_of(h2::request_fields(request, options, is_secure, arena));
  }
  static void add_hop_fields(http::Headers & headers) {
    for (const FieldId id : {FieldId::connection, FieldId::keep_alive, FieldId::proxy_connection,
                             FieldId::transfer_encoding, FieldId::upgrade, FieldId::host,
                             FieldId::http2_settings, FieldId::content_length})
      headers.append(id, "x");
  }
};

TEST(h2_write, an_answer_is_its_status_its_fields_and_what_the_codec_decided) {
  response.headers.append(FieldId::server, "s");
  const h2::ResponseFrame frame{
      .status = 200, .has_length = true, .content_length = 5, .date = "now"};

  const std::string text = text_of(h2::response_fields(response, frame, arena));

  CHECK_EQUAL(std::string_view(":status=200\nServer=s\ndate=now\ncontent-length=5\n"),
              std::string_view(text));
}

TEST(h2_write, a_date_of_the_server_stays_and_an_interim_answer_has_none) {
  const std::string interim =
      text_of(h2::response_fields(response, {.status = 103, .date = {}}, arena));
  CHECK_EQUAL(std::string_view(":status=103\n"), std::string_view(interim));

  response.headers.append(FieldId::date, "then");
  const std::string text =
      text_of(h2::response_fields(response, {.status = 200, .date = "now"}, arena));
  CHECK_EQUAL(std::string_view(":status=200\nDate=then\n"), std::string_view(text));
}

TEST(h2_write, fields_of_a_hop_and_dropped_ones_are_left_out_of_an_answer) {
  add_hop_fields(response.headers);
  response.headers.append("x-a", "1");
  response.headers.append("x-b", "2");
  response.headers.drop("x-a");

  const std::string text =
      text_of(h2::response_fields(response, {.status = 200, .date = {}}, arena));

  CHECK_EQUAL(std::string_view(":status=200\nx-b=2\n"), std::string_view(text));
}

TEST(h2_write, the_longest_numbers_fit) {
  const h2::ResponseFrame frame{
      .status = 999, .has_length = true, .content_length = UINT64_MAX, .date = {}};

  const std::string text = text_of(h2::response_fields(response, frame, arena));

  CHECK_EQUAL(std::string_view(":status=999\ncontent-length=18446744073709551615\n"),
              std::string_view(text));
}

TEST(h2_write, a_request_is_its_pseudo_fields_in_front_and_its_fields) {
  request.headers.append("X-A", "b");

  CHECK_EQUAL(std::string_view(":method=GET\n:scheme=http\n:authority=a\n:path=/p\nX-A=b\n"),
              std::string_view(written()));
}

TEST(h2_write, the_path_has_its_prefix_and_its_query) {
  options = {.host = "h:81", .path_prefix = "/base"};
  request.query = "q=1";
  request.has_query = true;

  CHECK_EQUAL(std::string_view(":method=GET\n:scheme=https\n:authority=h:81\n:path=/base/p?q=1\n"),
              std::string_view(written(true)));
}

TEST(h2_write, an_empty_path_is_the_root_and_an_empty_query_stays) {
  request.path = {};
  request.has_query = true;

  CHECK_EQUAL(std::string_view(":method=GET\n:scheme=http\n:authority=a\n:path=/?\n"),
              std::string_view(written()));
}

TEST(h2_write, a_request_loses_the_fields_of_a_hop_and_keeps_te_trailers) {
  add_hop_fields(request.headers);
  request.headers.append(FieldId::te, "trailers");
  request.framing = http::Framing::length;
  request.content_length = 7;

  CHECK_EQUAL(std::string_view(":method=GET\n:scheme=http\n:authority=a\n:path=/p\n"
                               "content-length=7\nte=trailers\n"),
              std::string_view(written()));
}
