# SPDX-License-Identifier: MIT
"""The harness of the black-box tests: a daemon, byte-exact clients, instrumented servers, a strict reader."""
