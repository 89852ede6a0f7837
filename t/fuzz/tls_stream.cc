// SPDX-License-Identifier: MIT
// A server's end of TLS beside another one on the same Wire: the first hears the input, before or behind a true handshake, in
// pieces that the input chooses; the second goes on undisturbed and hears its own client only.
#include "t/lib/tls_trial.h"

#include <algorithm>
#include <cstdlib>

using namespace pm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  test::TlsTrial trial;
  const auto server = trial.serving();
  const auto client = trial.asking(test::TlsTrial::believing());
  test::TlsLink disturbed = trial.join(*server, *client);
  if (data[0] % 2 == 1) trial.settle(disturbed);
  test::TlsLink other = trial.connect(*server, *client);
  other.client->say("mine");
  const std::size_t piece = data[1] == 0 ? size : data[1];
  for (std::size_t at = 2; at < size; at += piece) {
    const std::size_t count = std::min(piece, size - at);
    trial.kernel.deliver(disturbed.server->fd, {reinterpret_cast<const char*>(data) + at, count});
    trial.carry(other, 11);
  }
  trial.settle(other);
  if (other.server->heard != "mine" || !other.server->ended.empty()) std::abort();
  if (!disturbed.server->heard.empty()) std::abort();  // no input is a sealed record by chance
  return 0;
}
