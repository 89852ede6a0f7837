// SPDX-License-Identifier: MIT
#include "http/request.h"

namespace pm::http {

void copy_head(const Request& from, Request& to) {
  to.head = from.head;
  to.method = from.method;
  to.target = from.target;
  to.path = from.path;
  to.query = from.query;
  to.routing_path = from.routing_path;
  to.authority = from.authority;
  to.host = from.host;
  to.version = from.version;
  to.framing = from.framing;
  to.has_query = from.has_query;
  to.keep_alive = from.keep_alive;
  to.expects_continue = from.expects_continue;
  to.wants_upgrade = from.wants_upgrade;
  to.has_named_peer = from.has_named_peer;
  to.forwarded_for = from.forwarded_for;
  to.names_peer = from.names_peer;
  to.content_length = from.content_length;
  to.secure = from.secure;
  to.client = from.client;
  to.client_text = from.client_text;
  to.headers.assign(from.headers);
}

}  // namespace pm::http
