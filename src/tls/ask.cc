// SPDX-License-Identifier: MIT
#include "tls/ask.h"

#include "tls/library.h"

namespace pm::tls {

Result<std::string> ask(int fd, std::string_view request) {
  const ContextPtr context(SSL_CTX_new(TLS_client_method()));
  const SslPtr ssl(context == nullptr ? nullptr : SSL_new(context.get()));
  if (ssl == nullptr || SSL_set_fd(ssl.get(), fd) != 1 || SSL_connect(ssl.get()) != 1)
    return Error{Errc::io, "", "no TLS: " + take_error()};
  std::size_t count = 0;
  if (SSL_write_ex(ssl.get(), request.data(), request.size(), &count) != 1)
    return Error{Errc::io, "", take_error()};
  std::string answer;
  char buffer[4096];
  while (answer.find("\r\n") == std::string::npos && answer.size() < sizeof buffer) {
    if (SSL_read_ex(ssl.get(), buffer, sizeof buffer, &count) != 1)
      return Error{Errc::io, "", "no answer"};
    answer.append(buffer, count);
  }
  return answer;
}

}  // namespace pm::tls
