// SPDX-License-Identifier: MIT
// access_trial.h -- one exchange with a value for everything that the access log can say, for tests to change.
#pragma once

#include "observe/access.h"

#include <chrono>

namespace pm::trial {

struct Exchange {
  BlockPool pool{4096};
  Arena arena{pool};
  http::Request request{arena};
  http::Response response{arena};
  http::Headers origin{arena};
  observe::AccessRecord record;

  Exchange() {
    request.method = "GET";
    request.target = "/a/b?c=d";
    request.path = "/b";  // what a middleware left of it
    request.authority = "example.com:8080";
    request.client = {Address::v4(0xc0000207), 4711};  // 192.0.2.7
    response.status = 200;
    record.request = &request;
    record.response = &response;
    record.origin_headers = &origin;
    // 29 February 2024, 12:34:56.789012 UTC
    record.start =
        std::chrono::system_clock::time_point(std::chrono::microseconds(1709210096789012));
    record.duration = std::chrono::microseconds(12345);
    record.origin_duration = std::chrono::microseconds(12000);
    record.entry_point = "web";
    record.router = "app@file";
    record.service = "app-service@file";
    record.server_url = "http://10.0.0.1:80";
    record.request_bytes = 3;
    record.response_bytes = 1234;
    record.origin_bytes = 1234;
    record.status = 200;
    record.origin_status = 200;
    record.count = 42;
    record.worker = 1;
    record.connection = 99;
  }

  // As when the proxy answers by itself.
  void answer_by_proxy(std::uint16_t status) {
    record.status = status;
    record.origin_status = 0;
    record.origin_duration = {};
    record.origin_bytes = 0;
    record.origin_headers = nullptr;
    record.router = record.service = record.server_url = {};
  }
};

}  // namespace pm::trial
