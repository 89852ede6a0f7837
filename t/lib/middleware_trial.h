// SPDX-License-Identifier: MIT
// middleware_trial.h -- one middleware, built from its module, between a client and a server that the test plays.
//
//   in      the module and its options as YAML; ask() a request, give() and end() its body; answer() with a head, say() some
//           of the body (each a read of its own), finish()
//   out     served(): the request as the server sees it, and body(): what has come of its body; sent(): the answer as the
//           client gets it, text(): its body. errors(): what the builder finds wrong
#pragma once

#include "config/decode.h"
#include "config/yaml.h"
#include "http/chain.h"
#include "http/module.h"
#include "http/reply.h"
#include "http/tools.h"
#include "t/lib/fake_kernel.h"
#include "t/lib/text.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

class MiddlewareTrial final : private pm::http::Build,
                              private pm::http::ServerEnd,
                              private pm::http::ClientEnd,
                              private pm::http::Service {
 public:
  using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

  MiddlewareTrial(const pm::http::MiddlewareModule& module, std::string_view options) {
    using namespace pm::config;
    Findings findings;
    Node root;
    const pm::config::Section& keys = *module.type.options;
    const Born given = keys.born();
    const bool is_read = parse_yaml(options, findings.add_source("f"), findings, root) &&
                         decode_section(root, keys, "m", findings, const_cast<void*>(given.get()));
    if (!is_read) errors_ = "unreadable";
    if (is_read) middleware_ = module.build(given.get(), *this);
    tools_.loop = loop_.get();
  }
  ~MiddlewareTrial() { exchange_.reset(); }

  const std::string& errors() const noexcept { return errors_; }

  // A request whose body, if it has one, is sent with Transfer-Encoding.
  void ask(std::string_view method, const Fields& fields, pm::http::Framing framing) {
    exchange_ = std::make_unique<pm::http::Exchange>(blocks_, static_cast<ServerEnd&>(*this));
    chain_ = std::make_unique<pm::http::Chain>(
        std::vector<const pm::http::Middleware*>{middleware_.get()});
    exchange_->tools = &tools_;
    pm::http::Request& request = exchange_->request();
    request.method = method;
    request.framing = framing;
    for (const auto& [name, value] : fields)
      request.headers.append(name, value);
    if (framing == pm::http::Framing::none) exchange_->note_empty_request();
    body_.clear();
    text_.clear();
    parts_.clear();
    chain_->run(*exchange_, *this);
  }
  void give(std::string_view bytes) {
    exchange_->request_chunk({{&bytes, 1}, bytes.size()});
    exchange_->flush_request();
  }
  void end() {
    exchange_->request_end();
    exchange_->flush_request();
    for (int i = 0; i < 4; ++i)
      turn();
  }
  void turn() {
    loop_->tick();
    loop_->turn();
  }

  void answer(std::uint16_t status, const Fields& fields, pm::http::Framing framing) {
    pm::http::Response& response = exchange_->response();
    response.status = status;
    response.origin = pm::http::Origin::server;
    response.framing = framing;
    for (const auto& [name, value] : fields)
      response.headers.append(name, value);
    exchange_->response_head();
  }
  void say(std::string_view bytes) {
    exchange_->response_chunk({{&bytes, 1}, bytes.size()});
    exchange_->flush_response();
    parts_.push_back(std::exchange(text_, {}));
  }
  void finish(const Fields& trailers) {
    for (const auto& [name, value] : trailers)
      exchange_->response().trailers.append(name, value);
    exchange_->response_end();
    exchange_->set_client_end(nullptr);
    exchange_->flush_response();
    parts_.push_back(std::exchange(text_, {}));
  }

  bool is_served() const noexcept { return is_served_; }
  pm::http::Exchange& exchange() noexcept { return *exchange_; }
  const pm::http::Request& served() const noexcept { return exchange_->request(); }
  const std::string& body() const noexcept { return body_; }  // "]" behind it: it has ended
  const pm::http::Response& sent() const noexcept { return exchange_->response(); }
  const std::vector<std::string>& parts() const noexcept { return parts_; }
  std::string text() const {
    std::string all;
    for (const std::string& part : parts_)
      all += part;
    return all + text_;
  }
  std::string_view told(std::string_view name) const { return sent().headers.get(name); }

 private:
  // http::Build
  void broken(pm::config::Mark, std::string what, std::string advice) override {
    errors_ += what + "; " + advice + "\n";
  }
  void warn(pm::config::Mark, std::string, std::string) override {}
  std::string_view name() const override { return "m"; }
  std::string_view provider() const override { return "file"; }
  std::string_view content(std::string_view) const override { return {}; }
  std::uint64_t identity() const override { return 1; }
  std::string_view secret() const override { return "01234567890123456789012345678901"; }
  const pm::http::ServiceSlot* service(const pm::config::At<std::string>&) override {
    return nullptr;
  }
  const pm::http::ServiceSlot* server(const pm::http::ServerSpec&) override { return nullptr; }

  // http::ServerEnd
  void resume_request(pm::http::Exchange&) noexcept override {}
  void hold_request(pm::http::Exchange&) noexcept override {}
  void send_interim(pm::http::Exchange&, std::uint16_t,
                    const pm::http::Headers&) noexcept override {}
  void send_head(pm::http::Exchange&) noexcept override {}
  void send_chunk(pm::http::Exchange&, const pm::http::Chunk& chunk) noexcept override {
    for (const std::string_view slice : chunk.slices)
      text_ += slice;
  }
  void send_end(pm::http::Exchange&) noexcept override {}
  pm::Flow flush_response(pm::http::Exchange&) noexcept override { return pm::Flow::more; }
  void cut(pm::http::Exchange&) noexcept override { text_ += " cut"; }

  // http::Service, http::ClientEnd
  void serve(pm::http::Exchange& exchange) noexcept override {
    is_served_ = true;
    exchange.set_client_end(this);
    exchange.resume_request();
  }
  void request_chunk(pm::http::Exchange&, const pm::http::Chunk& chunk) noexcept override {
    for (const std::string_view slice : chunk.slices)
      body_ += slice;
  }
  void request_end(pm::http::Exchange&) noexcept override { body_ += ']'; }
  pm::Flow flush_request(pm::http::Exchange&) noexcept override { return pm::Flow::more; }
  void resume_response(pm::http::Exchange&) noexcept override {}
  void cancel(pm::http::Exchange&) noexcept override { body_ += " cancelled"; }

  pm::test::FakeKernel kernel_;
  std::unique_ptr<pm::net::Loop> loop_ = pm::net::Loop::create_for_test(kernel_);
  pm::http::WorkerTools tools_;
  pm::BlockPool blocks_{4096};
  pm::http::MiddlewarePtr middleware_;
  std::unique_ptr<pm::http::Chain> chain_;
  std::unique_ptr<pm::http::Exchange> exchange_;
  std::string errors_;
  std::string body_;
  std::string text_;
  std::vector<std::string> parts_;
  bool is_served_ = false;
};
