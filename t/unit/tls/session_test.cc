// SPDX-License-Identifier: MIT
#include "t/lib/tls_trial.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using test::TlsLink;
using test::TlsTrial;

namespace {

// Bytes that tell whose they are and where they belong.
std::string pattern(char whose, std::size_t size) {
  std::string text(size, whose);
  for (std::size_t i = 0; i < size; i += 7)
    text[i] = static_cast<char>('0' + i % 10);
  return text;
}

}  // namespace

TEST_GROUP(tls_session) {
  TlsTrial trial;
  std::unique_ptr<tls::ServerContext> server = trial.serving();
  std::unique_ptr<tls::ClientContext> client = trial.asking(TlsTrial::believing());

  TlsLink up() {
    TlsLink link = trial.connect(*server, *client);
    CHECK_TRUE(link.client->is_up());
    CHECK_TRUE(link.server->is_up());
    return link;
  }
};

TEST(tls_session, a_handshake_tells_what_was_agreed) {
  const TlsLink link = up();

  CHECK_EQUAL(std::string("1.3"), std::string(link.server->session->version()));
  CHECK_EQUAL(std::string("TLS_AES_256_GCM_SHA384"), std::string(link.server->session->cipher()));
  CHECK_FALSE(link.server->session->is_resumed());
}

TEST(tls_session, a_handshake_may_come_byte_by_byte) {
  TlsLink link = trial.join(*server, *client);
  trial.settle(link, 1);

  CHECK_TRUE(link.client->is_up());
  CHECK_TRUE(link.server->is_up());
}

TEST(tls_session, bytes_arrive_as_they_were_said_in_pieces_of_every_size) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{37}, std::size_t{1400}, SIZE_MAX}) {
    for (const std::size_t size : {1u, 16383u, 16384u, 16385u, 40000u}) {
      TlsLink link = up();
      link.client->say(pattern('c', size));
      link.server->say(pattern('s', size));
      trial.settle(link, piece);
      CHECK_TRUE(link.server->heard == pattern('c', size));
      CHECK_TRUE(link.client->heard == pattern('s', size));
      if (piece == 1 && size > 1) break;
    }
  }
}

TEST(tls_session, a_reader_with_little_room_gets_everything) {
  TlsLink link = up();
  link.server->room = 10;
  link.client->say(pattern('c', 50000));
  trial.settle(link);

  CHECK_TRUE(link.server->heard == pattern('c', 50000));
}

TEST(tls_session, what_a_socket_does_not_take_is_sent_later) {
  TlsLink link = up();
  trial.kernel.set_window(link.server->fd, 1000);
  link.server->say(pattern('s', 200000));
  CHECK_TRUE(link.server->stream->queued() > 0);
  trial.settle(link, 999);

  CHECK_TRUE(link.client->heard == pattern('s', 200000));
}

// The buffers are the worker's: with every connection in the middle of a record nothing of one may reach another.
TEST(tls_session, interleaved_connections_never_hear_each_other) {
  std::vector<TlsLink> links;
  for (int i = 0; i < 5; ++i)
    links.push_back(up());
  for (std::size_t i = 0; i < links.size(); ++i) {
    links[i].client->room = 100 + i * 1000;
    links[i].server->say(pattern(static_cast<char>('a' + i), 70000));
    links[i].client->say(pattern(static_cast<char>('A' + i), 30000));
  }
  for (int idle = 0; idle < 4; ++idle) {
    for (std::size_t i = 0; i < links.size(); ++i) {
      if (trial.carry(links[i], 777 + i * 131)) idle = 0;
    }
  }
  for (std::size_t i = 0; i < links.size(); ++i) {
    CHECK_TRUE(links[i].client->heard == pattern(static_cast<char>('a' + i), 70000));
    CHECK_TRUE(links[i].server->heard == pattern(static_cast<char>('A' + i), 30000));
  }
}

// One that leaves in its handshake, with bytes received and bytes sealed, leaves nothing behind.
TEST(tls_session, a_connection_that_dies_in_its_handshake_leaves_nothing) {
  TlsLink dying = trial.join(*server, *client);
  trial.carry(dying);
  trial.kernel.deliver(dying.server->fd, pattern('x', 3000));
  trial.loop->turn();
  CHECK_TRUE(dying.server->step == tls::Step::failed);
  dying = {};
  TlsLink link = up();
  link.client->say("after");
  trial.settle(link);

  CHECK_EQUAL(std::string("after"), link.server->heard);
}

TEST(tls_session, a_goodbye_is_an_end_for_both) {
  TlsLink link = up();
  link.server->say("last words");
  link.server->stream->shutdown_write();
  trial.settle(link);
  CHECK_EQUAL(std::string("last words"), link.client->heard);
  CHECK_EQUAL(std::string("end"), link.client->ended);

  link.client->stream->shutdown_write();
  trial.settle(link);
  CHECK_EQUAL(std::string("end"), link.server->ended);
}

// Whoever cuts the connection could cut the answer.
TEST(tls_session, a_server_that_goes_without_goodbye_is_a_failure_a_client_is_an_end) {
  TlsLink link = up();
  trial.kernel.finish(link.client->fd);
  trial.kernel.finish(link.server->fd);
  trial.loop->turn();

  CHECK_EQUAL(std::string("failed"), link.client->ended);
  CHECK_EQUAL(std::string("end"), link.server->ended);
}

TEST(tls_session, a_record_that_was_changed_ends_the_connection) {
  TlsLink link = up();
  link.client->say("hello");
  std::string sealed = trial.kernel.take(link.client->fd);
  sealed.back() = static_cast<char>(sealed.back() ^ 1);
  trial.kernel.deliver(link.server->fd, sealed);
  trial.loop->turn();

  CHECK_EQUAL(std::string("failed"), link.server->ended);
  CHECK_EQUAL(std::string(""), link.server->heard);
}

TEST(tls_session, an_end_is_seen_without_reading_what_comes_before_it) {
  TlsLink link = up();
  link.server->stream->pause();
  CHECK_FALSE(link.server->stream->at_end());
  link.client->say("more");
  trial.settle(link);
  CHECK_FALSE(link.server->stream->at_end());
  link.server->stream->resume();
  trial.loop->turn();
  CHECK_EQUAL(std::string("more"), link.server->heard);

  link.server->stream->pause();
  link.client->stream->shutdown_write();
  trial.settle(link);
  CHECK_TRUE(link.server->stream->at_end());
}

TEST(tls_session, the_first_records_behind_a_silence_are_small) {
  TlsLink link = up();
  trial.kernel.pass(2000);
  trial.loop->turn();
  link.server->say(std::string(60000, 'x'));
  const std::string sealed = trial.kernel.take(link.server->fd);
  std::vector<std::size_t> sizes;
  for (std::size_t at = 0; at + 5 <= sealed.size();) {
    const auto high = static_cast<unsigned char>(sealed[at + 3]);
    const auto low = static_cast<unsigned char>(sealed[at + 4]);
    sizes.push_back(static_cast<std::size_t>(high) << 8 | low);
    at += 5 + sizes.back();
  }

  CHECK_EQUAL(4096u + 17, sizes[0]);
  CHECK_EQUAL(4096u + 17, sizes[3]);
  CHECK_EQUAL(16384u + 17, sizes[4]);
}

TEST(tls_session, small_pieces_share_a_record_and_a_send) {
  TlsLink link = up();
  net::Gather& gather = trial.loop->gather();
  const std::string body(20000, 'b');
  gather.add("head");
  gather.add(body);
  const std::uint64_t calls = trial.kernel.calls();
  link.server->stream->write(gather);

  CHECK_EQUAL(1u, trial.kernel.calls() - calls);
  trial.settle(link);
  CHECK_TRUE(link.client->heard == "head" + body);
}

TEST(tls_session, key_updates_are_answered_up_to_a_bound) {
  TlsLink link = up();
  const auto update = [&] {
    const tls::Wire::Turn turn(trial.wire, *link.client->session);
    SSL_key_update(link.client->session->ssl_for_test(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(link.client->session->ssl_for_test());
  };
  for (int i = 0; i < 32; ++i)
    update();
  trial.settle(link);
  CHECK_EQUAL(std::string(""), link.server->ended);
  link.client->say("still here");
  trial.settle(link);
  CHECK_EQUAL(std::string("still here"), link.server->heard);

  update();
  trial.settle(link);
  CHECK_EQUAL(std::string("failed"), link.server->ended);
}

TEST(tls_session, a_bound_of_noise_is_for_a_second) {
  TlsLink link = up();
  for (int second = 0; second < 3; ++second) {
    for (int i = 0; i < 30; ++i) {
      const tls::Wire::Turn turn(trial.wire, *link.client->session);
      SSL_key_update(link.client->session->ssl_for_test(), SSL_KEY_UPDATE_NOT_REQUESTED);
      SSL_do_handshake(link.client->session->ssl_for_test());
    }
    trial.settle(link);
    trial.kernel.pass(1000);
    trial.loop->turn();
  }
  CHECK_EQUAL(std::string(""), link.server->ended);
}
