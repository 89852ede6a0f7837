// SPDX-License-Identifier: MIT
// contents.h -- the files that a configuration names for their content: certificates, keys, authorities.
//
//   in      a decoded Config; the door to the disk; who may be told what
//   out     each content beside the option that names it. What is no file's name and looks like a content is taken as one
//   errors  what cannot be read is a finding at its option and leaves the content empty. A file that a dynamic document
//           names is read only if the owner of that document may read it (decision 22); a key that others may read, or
//           that belongs to somebody else, is a warning, with strictKeyPermissions a refusal
//   cost    a file read and looked at each; the same file once a use
//   source  tls-acme.md section 1 (FoC), security.md section 6, decision 22
#pragma once

#include "config/dynamic_model.h"
#include "config/environment.h"
#include "config/findings.h"
#include "config/load.h"

#include <cstdint>
#include <string>

namespace pm::config {

struct ContentRules {
  std::string base;           // where relative paths begin
  std::uint32_t caller = 0;   // who starts the daemon
  std::uint32_t service = 0;  // whom workers run as
  MiddlewareTypes middleware_types = {};
};

void read_contents(Config& config, FileReader& reader, const ContentRules& rules,
                   Findings& findings);

// The authorities that this system trusts, where a server of https is to be verified by them: SSL_CERT_FILE, or the first
// of the files in which systems keep them.
void read_system_authorities(Config& config, FileReader& reader, const Environment& environment,
                             Findings& findings);

// Private keys are taken out and their memory is overwritten: for a process that serves nothing, and at the end of one that
// has served.
void drop_keys(Config& config);

}  // namespace pm::config
