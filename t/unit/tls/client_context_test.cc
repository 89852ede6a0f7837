// SPDX-License-Identifier: MIT
#include "tls/client_context.h"

#include "t/lib/tls_trial.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using test::TlsLink;
using test::TlsTrial;

TEST_GROUP(tls_client_context) {
  TlsTrial trial;
  std::unique_ptr<tls::ServerContext> server = trial.serving();

  // "" when the client is content.
  std::string verdict(tls::ClientOptions options, const std::string& host = "h.test") {
    const auto client = trial.asking(std::move(options));
    TlsLink link = trial.connect(*server, *client, host);
    return link.client->is_up() ? "" : link.client->ended;
  }
};

TEST(tls_client_context, a_server_is_verified_by_default) {
  CHECK_EQUAL(std::string(""), verdict(TlsTrial::believing()));
  STRCMP_CONTAINS("certificate verify failed", verdict({}).c_str());

  tls::ClientOptions options;
  options.verify = false;
  CHECK_EQUAL(std::string(""), verdict(options));
}

TEST(tls_client_context, names_and_addresses_are_verified) {
  CHECK_EQUAL(std::string(""), verdict(TlsTrial::believing(), "a.w.test"));
  CHECK_EQUAL(std::string(""), verdict(TlsTrial::believing(), "127.0.0.1"));
  STRCMP_CONTAINS("hostname mismatch", verdict(TlsTrial::believing(), "other.test").c_str());
  STRCMP_CONTAINS("hostname mismatch", verdict(TlsTrial::believing(), "a.b.w.test").c_str());
  STRCMP_CONTAINS("IP address mismatch", verdict(TlsTrial::believing(), "127.0.0.2").c_str());
}

TEST(tls_client_context, another_name_may_be_asked_for) {
  tls::ClientOptions options = TlsTrial::believing();
  options.server_name = "h.test";
  CHECK_EQUAL(std::string(""), verdict(options, "10.0.0.1"));
}

TEST(tls_client_context, one_of_the_peer_names_must_be_there) {
  tls::ClientOptions options = TlsTrial::believing();
  options.verify = false;  // which does not switch this off
  options.peer_names = {{tls::PeerName::Kind::uri, "spiffe://x"},
                        {tls::PeerName::Kind::dns, "h.test"}};
  CHECK_EQUAL(std::string(""), verdict(options, "other.test"));
  options.peer_names.pop_back();
  STRCMP_CONTAINS("certificate verify failed", verdict(options).c_str());
  options.peer_names = {{tls::PeerName::Kind::dns, "h.test"}};
  options.authorities.clear();
  STRCMP_CONTAINS("certificate verify failed", verdict(options).c_str());
}

TEST(tls_client_context, what_cannot_be_used_is_an_error) {
  tls::ClientOptions options;
  options.authorities = {"no PEM"};
  CHECK_FALSE(tls::ClientContext::create(options, nullptr).has_value());
  options = {};
  options.certificates = {{"no PEM", "none"}};
  CHECK_FALSE(tls::ClientContext::create(options, nullptr).has_value());
  options = {};
  options.suites = {"NO-SUCH-SUITE"};
  CHECK_FALSE(tls::ClientContext::create(options, nullptr).has_value());
}

TEST(tls_client_context, what_is_spoken_is_agreed_on_in_the_handshake) {
  tls::ServerOptions both;
  both.protocols = {"h2", "http/1.1"};
  const auto modern = trial.serving(std::move(both));
  tls::ServerOptions one;
  one.protocols = {"http/1.1"};
  const auto old = trial.serving(std::move(one));
  tls::ClientOptions options = TlsTrial::believing();
  options.protocols = {"h2", "http/1.1"};
  const auto client = trial.asking(std::move(options));
  const auto agreed = [&](tls::ServerContext& with, tls::Offer offer) {
    TlsLink link = trial.join(with, *client, "h.test", offer);
    trial.settle(link);
    return std::string(link.client->session->alpn());
  };

  CHECK_EQUAL(std::string("h2"), agreed(*modern, tls::Offer::all));
  CHECK_EQUAL(std::string("http/1.1"), agreed(*modern, tls::Offer::http1));
  CHECK_EQUAL(std::string("http/1.1"), agreed(*old, tls::Offer::all));
}
