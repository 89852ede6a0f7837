# SPDX-License-Identifier: MIT
"""The module table: what is in it, in which order, and what stops it."""
import os
import re
import shutil

import pytest
from house import TOP, configure, read, run, write

MATCHER = """#include "rules/matcher.h"
namespace pm {
namespace {
Result<rules::BuiltMatcher> build(std::span<const std::string>) { return Error{Errc::bad_value, "", "never"}; }
}  // namespace
extern const rules::MatcherModule %s_matcher;
const rules::MatcherModule %s_matcher{
    "%s", "never", build, "", nullptr};
}  // namespace pm
"""


def module(folder, name, key):
    path = os.path.join(folder, "matcher", name)
    write(os.path.join(path, name + ".cc"), MATCHER % (name, name, key))
    return path


def tree(folder):
    """What configure reads of the tree, to be changed by a test."""
    top = os.path.join(folder, "top")
    for path in ("configure", "Makefile", "contrib/install.mk", "contrib/packages", "src/runtime/modules.h"):
        os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
        shutil.copy(os.path.join(TOP, path), os.path.join(top, path))
    return top


def table(folder):
    return re.findall(r"^    &(\w+),", read(folder, "build/modules.cc"), re.M)


def test_every_folder_of_the_tree_is_in_the_table(tmp_path):
    result = configure(tmp_path)

    assert result.returncode == 0, result.stderr
    folders = [d for d in os.listdir(os.path.join(TOP, "modules/matcher")) if os.path.exists(os.path.join(TOP, "modules/matcher", d, d + ".cc"))]
    assert sorted(n for n in table(tmp_path) if n.endswith("_matcher")) == sorted(f + "_matcher" for f in folders)


def test_modules_stand_in_the_order_of_their_keys(tmp_path):
    top = tree(tmp_path)
    for name, key in (("b", "Zoo"), ("c", "Apple"), ("a", "Mango")):
        module(top + "/modules", name, key)

    assert configure(tmp_path, top=top).returncode == 0

    assert table(tmp_path) == ["c_matcher", "a_matcher", "b_matcher"]


def test_a_module_from_outside_joins_the_table_and_compiles(tmp_path):
    outside = module(str(tmp_path), "never_ever", "NeverEver")

    result = configure(tmp_path, "--add-module=" + outside)

    assert result.returncode == 0, result.stderr
    assert "never_ever_matcher" in table(tmp_path)
    made = run("make", "build/obj/added/matcher/never_ever.o", cwd=tmp_path)
    assert made.returncode == 0, made.stderr


def test_a_module_left_out_is_not_in_the_table(tmp_path):
    top = tree(tmp_path)
    module(top + "/modules", "one", "One")
    module(top + "/modules", "two_words", "TwoWords")

    assert configure(tmp_path, "--without-two-words", top=top).returncode == 0

    assert table(tmp_path) == ["one_matcher"]


def test_two_modules_with_one_key_stop_the_build(tmp_path):
    top = tree(tmp_path)
    module(top + "/modules", "one", "Same")
    outside = module(str(tmp_path), "other", "Same")

    result = configure(tmp_path, "--add-module=" + outside, top=top)

    assert result.returncode == 1
    assert 'two modules have one key: matcher "Same"' in result.stderr
    assert not os.path.exists(tmp_path / "build/modules.cc")


def test_two_modules_with_one_name_stop_the_build(tmp_path):
    top = tree(tmp_path)
    module(top + "/modules", "one", "One")
    outside = module(str(tmp_path), "one", "Other")

    result = configure(tmp_path, "--add-module=" + outside, top=top)

    assert result.returncode == 1
    assert "two modules have one name: matcher one" in result.stderr


def test_a_library_that_a_module_names_and_nobody_has_leaves_it_out_with_a_notice(tmp_path):
    top = tree(tmp_path)
    write(module(top + "/modules", "one", "One") + "/libs", "libwings  # to fly\n")

    result = configure(tmp_path, top=top)

    assert result.returncode == 0
    assert "notice: module matcher/one is left out: no library libwings" in result.stdout
    assert table(tmp_path) == []


@pytest.mark.parametrize("text", ["", "const int one_matcher = 1;\n", "const rules::MatcherModule two_matcher{\"Two\"};\n"])
def test_a_module_without_its_constant_stops_the_build(tmp_path, text):
    top = tree(tmp_path)
    write(top + "/modules/matcher/one/one.cc", text)

    result = configure(tmp_path, top=top)

    assert result.returncode == 1
    assert 'one.cc must define one_matcher{"key", ...}' in result.stderr


def test_a_kind_that_the_table_does_not_have_stops_the_build(tmp_path):
    top = tree(tmp_path)
    write(top + "/modules/wings/one/one.cc", "\n")

    result = configure(tmp_path, top=top)

    assert result.returncode == 1
    assert 'no kind "wings"; there are: matcher balancer' in result.stderr


def test_a_new_folder_is_noticed_by_make(tmp_path):
    top = tree(tmp_path)
    module(top + "/modules", "one", "One")
    assert configure(tmp_path, top=top).returncode == 0
    module(top + "/modules", "two", "Two")

    made = run("make", "build/modules.cc", cwd=tmp_path)

    assert made.returncode == 0, made.stderr
    assert table(tmp_path) == ["one_matcher", "two_matcher"]


def test_a_folder_that_is_removed_takes_its_feature_along_and_nothing_else(tmp_path):
    top = str(tmp_path / "top")
    kept = shutil.ignore_patterns(".git", "build-*", "*.pyc")
    shutil.copytree(TOP, top, ignore=kept, symlinks=True)  # times too: what is built already stays built
    shutil.rmtree(os.path.join(top, "modules/middleware/add_prefix"))

    made = run("make", "-j2", "all", cwd=top, timeout=600)

    assert made.returncode == 0, made.stdout + made.stderr
    binary = os.path.join(top, "build/pointsman")
    types = run(binary, "-V", cwd=top).stderr + run(binary, "-V", cwd=top).stdout
    assert "addPrefix" not in types and "stripPrefix" in types
    without = run(binary, "-t", "-c", "conf/examples/addPrefix.yaml", cwd=top)
    assert without.returncode == 1 and "addPrefix" in without.stderr
    assert run(binary, "-t", "-c", "conf/examples/stripPrefix.yaml", cwd=top).returncode == 0
