"""From C text to a loaded library: the compiler, the cache, and what goes wrong there."""

import re
import stat
import threading

import pytest

from snnlab.engine import build as building
from snnlab.engine import toolchain
from snnlab.engine.build import build
from snnlab.engine.library import ABI, KernelLibrary
from snnlab.errors import ToolchainError

TEXT = """\
// a kernel that does nothing
#include "snnlab_kernel.h"
const int32_t snn_abi = SNNLAB_ABI;
void m_nothing_update(void) {}
"""
VERSION_THEN_BOOM = """\
#!/bin/sh
if [ "$1" = --version ]; then echo 'boomcc 1.0'; exit 0; fi
echo 'boom: line 1: no' >&2
exit 1
"""


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """No build is known, no compiler was looked for, and the cache is empty."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("SNNLAB_CACHE", str(cache))
    monkeypatch.setattr(building, "_builds", {})
    toolchain.find_toolchain.cache_clear()
    yield cache
    for started in building._builds.values():
        started._done.wait(60)  # or it would write into the next test's cache
    toolchain.find_toolchain.cache_clear()


def script(path, text):
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def message_of(name, text=TEXT):
    with pytest.raises(ToolchainError) as error:
        build(name, text).wait(60)
    return str(error.value)


def test_program_becomes_a_library(fresh):
    started = build("nothing", TEXT)

    path = started.wait(60)

    assert (started.state, started.cached) == ("ready", False)
    assert started.seconds is not None
    assert started.seconds > 0
    assert path.parent == fresh
    assert KernelLibrary(path).address("m_nothing_update") > 0


def test_second_process_finds_the_library(fresh, monkeypatch):
    first = build("nothing", TEXT).wait(60)
    monkeypatch.setattr(building, "_builds", {})  # what another process begins with

    second = build("nothing", TEXT)

    assert second.wait(60) == first
    assert second.cached


def test_one_text_is_built_once(fresh):
    first = build("nothing", TEXT)

    assert build("nothing", TEXT) is first
    assert build("nothing", TEXT.replace("does nothing", "idles")) is first
    assert build("nothing", TEXT.replace("m_nothing", "m_other")) is not first


def test_nothing_else_is_left_in_the_cache(fresh):
    path = build("nothing", TEXT).wait(60)

    assert list(fresh.iterdir()) == [path]
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o700


def test_done_callback_is_called_once(fresh):
    calls = []
    done = threading.Event()
    started = build("nothing", TEXT)

    def finish():
        calls.append("during")
        done.set()

    started.add_done_callback(finish)
    assert done.wait(60)
    started.add_done_callback(lambda: calls.append("after"))

    assert calls == ["during", "after"]


def test_no_compiler_is_one_sentence(fresh, monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", "")

    assert message_of("LIF") == (
        "C compiler: none found (looked for cc, gcc, clang); install one, for example with "
        "'apt install gcc', 'xcode-select --install' or 'conda install c-compiler', "
        "or run without one: Network(target='numpy')."
    )


def test_missing_compiler_of_the_environment_is_named(fresh, monkeypatch):
    monkeypatch.setenv("CC", "no-such-cc -m64")

    assert message_of("LIF") == (
        "C compiler: none found (looked for 'no-such-cc' (from the environment variable CC)); "
        "install one, for example with 'apt install gcc', 'xcode-select --install' or "
        "'conda install c-compiler', or run without one: Network(target='numpy')."
    )


def test_architecture_of_the_environment_is_used(fresh, monkeypatch):
    monkeypatch.setenv("SNNLAB_ARCHITECTURE", "x86-64-v2")

    flags = toolchain.find_toolchain().flags

    assert [flag for flag in flags if flag.startswith("-march")] == ["-march=x86-64-v2"]


def test_architecture_that_is_no_name_is_quoted(fresh, monkeypatch):
    monkeypatch.setenv("SNNLAB_ARCHITECTURE", "native -o /etc/passwd")

    assert message_of("nothing") == (
        "C compiler: the environment variable SNNLAB_ARCHITECTURE = 'native -o /etc/passwd' names "
        "no architecture; give what the compiler's -march takes, for example 'x86-64-v3'."
    )


def test_unreadable_compiler_of_the_environment_is_quoted(fresh, monkeypatch):
    monkeypatch.setenv("CC", "gcc '-m64")

    assert message_of("LIF") == (
        "C compiler: the environment variable CC = 'gcc '-m64' cannot be read "
        "(no closing quotation); give a command such as 'gcc'."
    )


def test_compiler_that_cannot_start_is_named(fresh, monkeypatch, tmp_path):
    broken = script(tmp_path / "brokencc", "\x7fELF no program\n")
    monkeypatch.setenv("CC", broken)

    assert message_of("LIF") == (
        f"C compiler: '{broken}' cannot be started (Exec format error); "
        f"install gcc or clang, or set the environment variable CC."
    )


def test_refused_text_shows_the_compilers_words(fresh, monkeypatch, tmp_path):
    boom = script(tmp_path / "boomcc", VERSION_THEN_BOOM)
    monkeypatch.setenv("CC", boom)

    assert message_of("L/I F") == (
        f"C compiler: '{boom}' refused the generated code of L_I_F.c; "
        f"please report this with the model's text.\nboom: line 1: no"
    )


def test_failed_build_is_tried_again(fresh, monkeypatch):
    monkeypatch.setenv("CC", "no-such-cc")
    failed = build("nothing", TEXT)
    with pytest.raises(ToolchainError):
        failed.wait(60)
    monkeypatch.delenv("CC")
    toolchain.find_toolchain.cache_clear()

    again = build("nothing", TEXT)

    assert failed.state == "failed"
    assert again.wait(60).exists()


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777], ids=oct)
def test_cache_that_others_may_write_to_is_refused(fresh, mode):
    fresh.mkdir()
    fresh.chmod(mode)

    assert message_of("LIF") == (
        f"kernel cache: {fresh} may be written by others; make it yours with "
        f"'chmod 700 {fresh}', or set the environment variable SNNLAB_CACHE."
    )


def test_cache_that_cannot_be_made_is_named(fresh, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("SNNLAB_CACHE", str(tmp_path / "file" / "cache"))

    assert message_of("LIF") == (
        f"kernel cache: {tmp_path / 'file' / 'cache'} cannot be written (Not a directory); "
        f"set the environment variable SNNLAB_CACHE to a folder of yours."
    )


def test_damaged_library_is_named(fresh):
    path = build("nothing", TEXT).wait(60)
    damaged = path.with_name("damaged.so")
    damaged.write_bytes(b"not a library")

    with pytest.raises(ToolchainError) as error:
        KernelLibrary(damaged)

    assert str(error.value) == (
        f"kernel 'damaged.so': cannot be loaded ({damaged}: file too short); "
        f"delete it and run again."
    )


def test_library_of_another_version_is_refused(fresh):
    path = build("old", TEXT.replace("= SNNLAB_ABI", "= 99")).wait(60)

    with pytest.raises(ToolchainError) as error:
        KernelLibrary(path)

    assert str(error.value) == (
        f"kernel '{path.name}': made for version 99 of the engine, this is {ABI}; "
        f"delete it and run again."
    )


def test_version_of_the_header_is_that_of_the_engine():
    header = (toolchain.INCLUDE / "snnlab_kernel.h").read_text()

    assert re.findall(r"^#define SNNLAB_ABI (\d+)$", header, re.MULTILINE) == [str(ABI)]


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"SNNLAB_CACHE": "/a/kernels"}, "/a/kernels"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/snnlab"),
        ({"HOME": "/c"}, "/c/.cache/snnlab"),
    ],
    ids=["named", "XDG", "home"],
)
def test_cache_directory_follows_the_environment(monkeypatch, variables, folder):
    for name in ("SNNLAB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", "linux")

    assert str(building.cache_directory()) == folder


def test_flags_keep_nan_and_order_exact():
    flags = toolchain.find_toolchain().flags

    assert "-ffp-contract=off" in flags
    assert not {"-ffast-math", "-Ofast", "-ffinite-math-only"} & set(flags)
