# SPDX-License-Identifier: MIT
"""configure: what it finds, what it says is missing, where it puts things."""
import os
import re
from pathlib import Path

import pytest
from house import TOP, configure, read, run


@pytest.fixture(scope="module")
def configured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("configured")
    result = configure(folder, "--prefix=/opt/x", "--user=edge", "CXXFLAGS=-DONE=1 -DTWO='x'", "--with-debug")
    assert result.returncode == 0, result.stderr
    return folder, result


def test_says_for_each_library_that_it_was_found(configured):
    _, result = configured

    for name in "libuv OpenSSL llhttp nghttp2 libyaml zlib brotli zstd c-ares RE2 nlohmann-json fmt CppUTest".split():
        assert re.search("^checking for %s … found" % name, result.stdout, re.M), name


def test_out_of_tree_a_makefile_builds_into_that_folder(configured):
    folder, _ = configured

    made = run("make", "build/obj/src/core/check.o", cwd=folder)

    assert made.returncode == 0, made.stderr
    assert os.path.exists(folder / "build/obj/src/core/check.o")


def test_the_build_follows_the_options_that_it_was_configured_with(configured):
    folder, _ = configured
    features = read(folder, "build/features.h")

    assert '#define PM_CONF_PATH "/opt/x/etc/pointsman/pointsman.yaml"' in features
    assert '#define PM_USER "edge"' in features
    assert '#define PM_GROUP "edge"' in features


def test_asked_again_it_remembers_its_options_once(configured):
    folder, _ = configured
    before = read(folder, "build/configured")

    result = configure(folder, "--again=build")

    assert result.returncode == 0, result.stderr
    assert read(folder, "build/configured") == before
    assert "--prefix=/opt/x" in before and "--with-debug" in before


def test_configuring_the_same_again_makes_nothing_stale(configured):
    folder, _ = configured
    run("make", "build/obj/src/core/check.o", cwd=folder)
    configure(folder, "--again=build")

    made = run("make", "build/obj/src/core/check.o", cwd=folder)

    assert "c++" not in made.stdout


def test_without_precompiled_headers_a_file_reads_its_own(tmp_path):
    assert configure(tmp_path, "--with-debug", "--without-precompiled").returncode == 0

    made = run("make", "build/obj/src/core/check.o", cwd=tmp_path)

    assert made.returncode == 0 and "standard.h" not in made.stdout, made.stderr


def test_the_spellings_of_packagers_macros_are_understood(tmp_path):
    options = "--build=x86_64-linux-gnu --prefix=/usr --sysconfdir=/etc --localstatedir=/var --runstatedir=/run --libdir=/usr/lib --disable-dependency-tracking"

    result = configure(tmp_path, *options.split())

    assert result.returncode == 0, result.stderr
    features = read(tmp_path, "build/features.h")
    assert '"/etc/pointsman/pointsman.yaml"' in features
    assert '"/run/pointsman.pid"' in features
    assert '"/var/log/pointsman/error.log"' in features
    assert '"/usr/sbin/pointsman"' in features


def test_help_names_the_options_of_the_specification(tmp_path):
    text = configure(tmp_path, "--help").stdout

    wanted = """--prefix --sbin-path --conf-path --pid-path --lock-path --admin-socket-path --error-log-path --http-log-path --state-path
      --temp-path --cache-path --mandir --docdir --user --group --builddir --with-cc --with-cpp --with-cc-opt --with-ld-opt --with-debug
      --with-sanitizers --with-lto --without-precompiled --with-native --with-openssl --without-brotli --without-zstd --with-coverage --enable-static --add-module
      --without-NAME --sysconfdir --localstatedir --runstatedir --bindir --sbindir --libdir"""
    assert [w for w in wanted.split() if w not in text] == []
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("option", ["--with-wings", "--without-wings", "prefix=/usr", "X=1"])
def test_an_unknown_option_ends_with_usage_status(tmp_path, option):
    result = configure(tmp_path, option)

    assert result.returncode == 2
    assert 'unknown option "%s"' % option in result.stderr


@pytest.mark.parametrize("option", ["--with-http3"])
def test_what_is_not_there_yet_is_not_ignored_in_silence(tmp_path, option):
    result = configure(tmp_path, option)

    assert result.returncode == 2
    assert option + ": not supported yet" in result.stderr


def test_all_missing_libraries_are_named_at_once_with_their_packages(tmp_path):
    result = configure(tmp_path, env={"PKG_CONFIG_LIBDIR": "/nowhere"})

    assert result.returncode == 1
    for package in "libuv1-dev libssl-dev libnghttp2-dev libyaml-dev zlib1g-dev libbrotli-dev libzstd-dev libc-ares-dev libre2-dev nlohmann-json3-dev libfmt-dev".split():
        assert "Debian: %s," % package in result.stderr, package
    assert "contrib/deps build" in result.stderr
    assert not os.path.exists(tmp_path / "Makefile")


def test_a_library_that_is_not_wanted_is_not_missed(tmp_path):
    result = configure(tmp_path, "--without-brotli", "--without-zstd", env={"PKG_CONFIG_LIBDIR": "/nowhere"})

    assert "brotli" not in result.stderr and "zstd" not in result.stderr


def test_without_pkg_config_its_package_is_named(tmp_path):
    result = configure(tmp_path, env={"PKG_CONFIG": "false"})

    assert result.returncode == 1
    assert "Debian: pkg-config," in result.stderr


def test_without_a_compiler_its_package_is_named_and_nothing_else(tmp_path):
    result = configure(tmp_path, "CXX=false")

    assert result.returncode == 1
    assert "C++20 compiler (false): install the package (Debian: g++," in result.stderr
    assert "libuv" not in result.stderr


def test_the_log_holds_the_command_that_failed(tmp_path):
    configure(tmp_path, "CXX=false")

    assert re.search(r"^\$ false -std=c\+\+20 .*\nexit 1\n\| #include", read(tmp_path, "config.log"), re.M)


def test_a_sanitizer_that_the_compiler_does_not_know_is_refused(tmp_path):
    result = configure(tmp_path, "--with-sanitizers=wings")

    assert result.returncode == 1
    assert "does not know -fsanitize=wings" in result.stderr


def test_a_folder_with_a_blank_in_its_name_is_refused(tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir()

    result = configure(folder)

    assert result.returncode == 1
    assert "blanks" in result.stderr


def test_contrib_packages_lists_every_library_that_configure_and_the_modules_need():
    probed = re.findall(r"^ *(?:\[.*\] \|\| )?needs \S+ (\S+) ", read(TOP, "configure"), re.M)
    of_modules = [name for file in Path(TOP, "modules").rglob("libs") for name in re.sub("#.*", "", file.read_text()).split()]
    listed = re.findall(r"^build +pc:(\S+)", read(TOP, "contrib/packages"), re.M)

    assert {"libuv", "openssl", "fmt"} <= set(probed)
    assert "libcrypt" in of_modules
    assert sorted({*probed, *of_modules}) == sorted(listed)
