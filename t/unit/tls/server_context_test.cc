// SPDX-License-Identifier: MIT
#include "tls/server_context.h"

#include "t/lib/tls_trial.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using test::TlsLink;
using test::TlsTrial;

TEST_GROUP(tls_server_context) {
  TlsTrial trial;
  std::unique_ptr<tls::ClientContext> client = trial.asking(TlsTrial::believing());

  bool resumes(tls::ServerContext & server, tls::ClientContext & asks,
               const std::string& host = "h.test") {
    TlsLink link = trial.connect(server, asks, host);
    CHECK_TRUE_TEXT(link.server->is_up(), link.server->ended.c_str());
    return link.server->session->is_resumed();
  }
  std::string failure(tls::ServerContext & server, tls::ClientContext & asks,
                      const std::string& host = "h.test") {
    TlsLink link = trial.connect(server, asks, host);
    return link.server->is_up() && link.client->is_up() ? "" : link.client->ended;
  }
};

TEST(tls_server_context, a_session_is_resumed_again_and_again) {
  const auto server = trial.serving();

  CHECK_FALSE(resumes(*server, *client));
  for (int i = 0; i < 5; ++i)
    CHECK_TRUE(resumes(*server, *client));
}

TEST(tls_server_context, another_worker_resumes_what_one_has_made) {
  const auto one = trial.serving();
  const auto other = trial.serving();

  CHECK_FALSE(resumes(*one, *client));
  CHECK_TRUE(resumes(*other, *client));
}

TEST(tls_server_context, old_secrets_open_for_two_rotations) {
  const auto server = trial.serving();
  CHECK_FALSE(resumes(*server, *client));
  trial.keys.rotate();
  trial.keys.rotate();
  CHECK_TRUE(resumes(*server, *client));  // and gets a ticket under the newest

  trial.keys.rotate();
  trial.keys.rotate();
  trial.keys.rotate();
  CHECK_FALSE(resumes(*server, *client));
}

TEST(tls_server_context, a_ticket_is_bound_to_its_options) {
  const auto standard = trial.serving();
  tls::ServerOptions strict;
  strict.name = "strict@file";
  const auto other = trial.serving(strict);

  CHECK_FALSE(resumes(*standard, *client));
  CHECK_FALSE(resumes(*other, *client));
}

// The client's store is by server and port; one context that thinks it asks the same server is enough.
TEST(tls_server_context, a_ticket_is_bound_to_its_server_name) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto server = trial.serving();
    tls::ClientOptions options = TlsTrial::believing();
    options.min_version = options.max_version = version;
    const auto asks = trial.asking(options);
    CHECK_FALSE(resumes(*server, *asks));
    CHECK_TRUE(resumes(*server, *asks));
    TlsLink link = trial.join(*server, *asks);
    link.server->session->set_server_name("a.w.test");
    trial.settle(link);

    CHECK_TRUE(link.server->is_up());
    CHECK_FALSE(link.server->session->is_resumed());
  }
}

TEST(tls_server_context, without_tickets_nothing_is_resumed) {
  tls::ServerOptions options;
  options.tickets = false;
  const auto server = trial.serving(options);

  CHECK_FALSE(resumes(*server, *client));
  CHECK_FALSE(resumes(*server, *client));
}

TEST(tls_server_context, a_strict_one_refuses_names_without_a_certificate) {
  tls::ServerOptions options;
  options.sni_strict = true;
  const auto server = trial.serving(options);
  tls::ClientOptions unverified;
  unverified.verify = false;
  const auto asks = trial.asking(unverified);

  STRCMP_CONTAINS("unrecognized name", failure(*server, *asks, "no.test").c_str());
  CHECK_EQUAL(std::string(""), failure(*server, *asks, "h.test"));
  CHECK_EQUAL(std::string("h.test"), trial.source.asked);
}

TEST(tls_server_context, versions_have_bounds) {
  tls::ServerOptions options;
  options.min_version = TLS1_3_VERSION;
  const auto server = trial.serving(options);
  tls::ClientOptions old = TlsTrial::believing();
  old.max_version = TLS1_2_VERSION;
  const auto asks = trial.asking(old);

  STRCMP_CONTAINS("protocol version", failure(*server, *asks).c_str());
}

TEST(tls_server_context, no_common_protocol_is_an_alert) {
  const auto server = trial.serving();
  tls::ClientOptions options = TlsTrial::believing();
  options.protocols = {"h3"};
  const auto asks = trial.asking(options);

  STRCMP_CONTAINS("no application protocol", failure(*server, *asks).c_str());
}

TEST(tls_server_context, clients_certificates_of_every_policy) {
  const auto authority = std::move(tls::generate_authority("ca")).value();
  const auto good = std::move(tls::generate_pair("good", {"good"}, &authority)).value();
  const auto bad = std::move(tls::generate_pair("bad", {"bad"})).value();
  const auto asks = [&](const tls::Pair* pair) {
    tls::ClientOptions options = TlsTrial::believing();
    if (pair != nullptr)
      options.certificates = {{tls::pem_of(pair->certificate.get()), tls::pem_of(pair->key.get())}};
    return trial.asking(options);
  };
  struct Case {
    tls::ClientAuth auth;
    bool none, unknown, known;  // who gets in
  };
  using tls::ClientAuth;
  constexpr Case cases[] = {{ClientAuth::none, true, true, true},
                            {ClientAuth::request, true, true, true},
                            {ClientAuth::require_any, false, true, true},
                            {ClientAuth::verify_if_given, true, false, true},
                            {ClientAuth::require, false, false, true}};
  for (const Case& one : cases) {
    tls::ServerOptions options;
    options.client_auth = one.auth;
    options.authorities = {tls::pem_of(authority.certificate.get())};
    const auto server = trial.serving(options);
    const auto gets_in = [&](const tls::Pair* pair) {
      const auto context = asks(pair);
      TlsLink link = trial.connect(*server, *context);
      return link.server->is_up();
    };
    CHECK_EQUAL(one.none, gets_in(nullptr));
    CHECK_EQUAL(one.unknown, gets_in(&bad));
    CHECK_EQUAL(one.known, gets_in(&good));
  }
}

TEST(tls_server_context, a_client_with_a_certificate_shows_it_each_time) {
  const auto authority = std::move(tls::generate_authority("ca")).value();
  const auto good = std::move(tls::generate_pair("good", {"good"}, &authority)).value();
  tls::ServerOptions options;
  options.client_auth = tls::ClientAuth::require;
  options.authorities = {tls::pem_of(authority.certificate.get())};
  const auto server = trial.serving(options);
  tls::ClientOptions wish = TlsTrial::believing();
  wish.certificates = {{tls::pem_of(good.certificate.get()), tls::pem_of(good.key.get())}};
  const auto asks = trial.asking(wish);

  for (int i = 0; i < 2; ++i) {
    TlsLink link = trial.connect(*server, *asks);
    CHECK_TRUE(link.server->is_up());
    CHECK_FALSE(link.server->session->is_resumed());
    CHECK_EQUAL(std::string("CN=good"), link.server->session->peer_subject());
  }
}

TEST(tls_server_context, a_list_that_the_library_refuses_is_an_error) {
  tls::ServerOptions options;
  options.suites = {"NO-SUCH-SUITE"};
  CHECK_FALSE(tls::ServerContext::create(options, trial.source, nullptr).has_value());
  options = {};
  options.groups = {"no-such-group"};
  CHECK_FALSE(tls::ServerContext::create(options, trial.source, nullptr).has_value());
}
