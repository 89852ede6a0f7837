# SPDX-License-Identifier: MIT
"""Which version of HTTP a test runs over (lib.either)."""
import os
import zlib

import pytest

from lib import either

# Of the rows that run over both versions every n-th runs over HTTP/2 too. A second run of all rows, with a sanitizer, can do with
# a share: the codecs are the same for each of them.
SHARE = int(os.environ.get("POINTSMAN_TEST_SHARE", "1"))


def pytest_configure(config):
    config.addinivalue_line("markers", "over_both: runs over HTTP/1.1 and over HTTP/2")
    config.addinivalue_line("markers", "h1_only(why): under over_both, and yet not over HTTP/2")


def pytest_generate_tests(metafunc):
    if metafunc.definition.get_closest_marker("over_both"):
        metafunc.parametrize("spoken", ("h1", "h2"), indirect=True)


def pytest_collection_modifyitems(items):
    items[:] = [i for i in items if not is_second(i) or (not i.get_closest_marker("h1_only") and zlib.crc32(i.nodeid.encode()) % SHARE == 0)]


def is_second(item):
    return bool(item.get_closest_marker("over_both")) and item.callspec.params.get("spoken") == "h2"


@pytest.fixture(autouse=True)
def spoken(request):
    either.spoken = getattr(request, "param", "h1")
    yield either.spoken
    either.spoken = "h1"
