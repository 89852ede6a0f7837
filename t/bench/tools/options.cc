// SPDX-License-Identifier: MIT
#include "t/bench/tools/options.h"

#include "t/bench/tools/message.h"

#include <fmt/format.h>

#include <cstdlib>
#include <functional>
#include <map>

namespace pm::bench {
namespace {

using Setter = std::function<void(Options&, const std::string&)>;

template <class T>
Setter integer(T Options::*member) {
  return [member](Options& o, const std::string& v) {
    o.*member = static_cast<T>(number(v));
  };
}

Setter real(double Options::*member) {
  return [member](Options& o, const std::string& v) {
    o.*member = std::atof(v.c_str());
  };
}

Setter text(std::string Options::*member) {
  return [member](Options& o, const std::string& v) {
    o.*member = v;
  };
}

void set_mode(Options& options, const std::string& value) {
  if (value == "ws") options.mode = Options::Mode::websocket;
  if (value == "idle") options.mode = Options::Mode::idle;
}

const std::map<std::string, Setter> setters = {
    {"--mode", set_mode},
    {"--port", integer(&Options::port)},
    {"--conns", integer(&Options::connections)},
    {"--time", real(&Options::seconds)},
    {"--warm", real(&Options::warm)},
    {"--count", integer(&Options::count)},
    {"--rate", real(&Options::rate)},
    {"--host", text(&Options::host)},
    {"--path", text(&Options::path)},
    {"--routes", integer(&Options::routes)},
    {"--browser", integer(&Options::browser)},
    {"--ae", text(&Options::accept_encoding)},
    {"--post", integer(&Options::post)},
    {"--msg", integer(&Options::message)},
    {"--tls", integer(&Options::tls)},
    {"--resume", integer(&Options::resume)},
    {"--close", integer(&Options::close)},
    {"--spread", integer(&Options::spread)},
    {"--hold", integer(&Options::hold)},
};

}  // namespace

Options options_of(int count, char** words) {
  Options options;
  for (int i = 1; i < count; i += 2) {
    const auto found = setters.find(words[i]);
    if (found == setters.end() || i + 1 == count) {
      fmt::print(stderr, "load: \"{}\" is no option with a value\n", words[i]);
      std::exit(2);
    }
    found->second(options, words[i + 1]);
  }
  return options;
}

}  // namespace pm::bench
