// SPDX-License-Identifier: MIT
// generate_certs.h -- --generate-certs: an authority and a certificate for a first run.
//
//   in      a folder (made if it is not there) and the names that the certificate is for
//   out     ca.pem, to be trusted by clients; cert.pem and key.pem, to be served with. The authority's key is thrown away,
//           so nobody can sign with it later
//   errors  one of the files exists: none is touched, exit code 1
//   source  operations.md section 1
#pragma once

#include "process/cli.h"

namespace pm::process {

int generate_certs(const Command& command);

}  // namespace pm::process
