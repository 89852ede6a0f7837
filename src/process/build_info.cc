// SPDX-License-Identifier: MIT
// What -V knows of the build: the only place that asks libraries for their versions.
#include "agent/dns_client.h"
#include "config/yaml.h"
#include "h1/fields.h"
#include "h2/library.h"
#include "net/uv_loop.h"
#include "observe/request_labels.h"
#include "process/build_paths.h"
#include "process/commands.h"
#include "process/usage.h"
#include "tls/version.h"

#include <fmt/format.h>

#include <cstdio>

namespace pm::process {
namespace {

std::string fmt_version() {
  return fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100);
}

}  // namespace

int print_build_info(const runtime::Modules& modules) {
  BuildInfo info;
  info.version = build_version;
  info.compiler = PM_COMPILER;
  info.configure_arguments = PM_CONFIGURE_ARGUMENTS;
  info.libraries = {{"libuv", std::string(net::uv_version())},
                    {"openssl", std::string(tls::openssl_version())},
                    {"llhttp", std::string(h1::parser_version())},
                    {"nghttp2", std::string(h2::library_version())},
                    {"libyaml", std::string(config::yaml_version())},
                    {"c-ares", std::string(agent::dns_version())},
                    {"fmt", fmt_version()}};
  const std::string text = build_text(info, modules);
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? exit_success
                                                                         : exit_failed;
}

std::string build_labels() {
  std::string labels;
  observe::append_label(labels, "libuv", net::uv_version());
  observe::append_label(labels, "openssl", tls::openssl_version());
  observe::append_label(labels, "version", build_version);
  return labels;
}

}  // namespace pm::process
