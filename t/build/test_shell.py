# SPDX-License-Identifier: MIT
"""shellcheck over the scripts that administrators run."""
import os
import shutil

import pytest
from house import TOP, run


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
@pytest.mark.parametrize("script", ["contrib/init.d/pointsman", "contrib/run", "contrib/check", "contrib/deps"])
def test_shellcheck_has_nothing_to_say(script):
    result = run("shellcheck", "--exclude=SC1090", os.path.join(TOP, script))  # a file whose name is known later

    assert result.stdout == ""
