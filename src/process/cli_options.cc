// SPDX-License-Identifier: MIT
#include "process/cli_options.h"

namespace pm::process {
namespace {

// clang-format off
constexpr OptionRow options[] = {
    {Option::config_path, 'c', "configFile config", Takes::value, "FILE", "static configuration: a file, or a directory of *.yml and *.yaml"},
    {Option::prefix, 'p', "", Takes::value, "PREFIX", "what relative paths count from (default: the working directory)"},
    {Option::error_log, 'e', "", Takes::value, "FILE", "error log until the configuration is read; \"stderr\" is allowed"},
    {Option::directives, 'g', "", Takes::value, "YAML", "further static options as a flow mapping: -g 'daemon: false, workers: 2'"},
    {Option::test, 't', "validate validate-config", Takes::nothing, "", "test the configuration and exit"},
    {Option::dump, 'T', "", Takes::nothing, "", "test, then print every file read; -TT: the configuration in effect"},
    {Option::quiet, 'q', "", Takes::nothing, "", "print errors only while testing"},
    {Option::strict, '\0', "strict", Takes::nothing, "", "warnings count as errors"},
    {Option::format, '\0', "format", Takes::value, "text|json", "how findings are printed"},
    {Option::show_secrets, '\0', "show-secrets", Takes::nothing, "", "-TT prints secrets too"},
    {Option::signal, 's', "", Takes::value, "SIGNAL", "tell the running master: stop, quit, reopen"},
    {Option::wait, '\0', "wait", Takes::optional_value, "DURATION", "-s: wait for the outcome (60s; on a terminal it always waits)"},
    {Option::level, 'l', "", Takes::value, "LEVEL", "log level: trace, debug, info, notice, warn, error, fatal, panic"},
    {Option::debug, 'd', "debug", Takes::nothing, "", "log level debug, in the foreground, one worker"},
    {Option::daemon, 'D', "", Takes::nothing, "", "go to the background once everything is bound"},
    {Option::foreground, 'f', "foreground", Takes::nothing, "", "stay in the foreground (the default)"},
    {Option::workers, 'w', "", Takes::value, "N|auto", "number of worker processes"},
    {Option::header, 'H', "", Takes::value, "'NAME: VALUE'", "explain: a header of the request; may be repeated"},
    {Option::version, 'v', "version", Takes::nothing, "", "print the version"},
    {Option::build_info, 'V', "", Takes::nothing, "", "print version, compiler, libraries, modules, configure arguments"},
    {Option::help, 'h', "help", Takes::nothing, "", "print this help (also -?)"},
    {Option::generate_certs, '\0', "generate-certs", Takes::optional_value, "DIR", "make an authority, a certificate and its key for a first run"},
    {Option::hosts, '\0', "hosts", Takes::value, "NAME,...", "--generate-certs: names and addresses of the certificate"},
};

constexpr VerbRow verbs[] = {
    {"healthcheck", Verb::healthcheck, "", "ask the running instance for /ping; exit 0 when it answers 200"},
    {"explain", Verb::explain, "METHOD URL [-H 'K: V']", "say which router takes a request, and why"},
    {"check-config", Verb::check_config, "", "the same as -t"},
    {"schema", Verb::schema, "", "print the JSON Schema of all keys, for editors"},
    {"manual", Verb::manual, "", "print the option lists of pointsman.yaml(5), as mdoc"},
    {"version", Verb::version, "", "the same as -v"},
    {"status", Verb::later, "", ""},
    {"fmt", Verb::later, "", ""},
    {"convert", Verb::later, "", ""},
    {"proxy", Verb::later, "", ""},
    {"serve-demo", Verb::later, "", ""},
    {"completion", Verb::later, "", ""},
    {"drain", Verb::later, "", ""},
    {"undrain", Verb::later, "", ""},
    {"init", Verb::later, "", ""},
};
// clang-format on

}  // namespace

std::span<const OptionRow> all_options() noexcept {
  return options;
}
std::span<const VerbRow> all_verbs() noexcept {
  return verbs;
}

}  // namespace pm::process
