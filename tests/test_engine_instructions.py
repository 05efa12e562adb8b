"""The step loop takes no more instructions than it did: a figure that no busy machine disturbs.

Instructions of the loop alone are counted (valgrind), with kernels compiled for one fixed
architecture. They depend on the compiler and on the C library, so each pair has its own figures in
tests/golden/instructions.json; ``--update-golden`` writes those of this machine.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import GOLDEN
from instruction_counter import CASES

from benchmarks.networks import Conductance, named
from snnlab.engine.toolchain import find_toolchain

pytestmark = pytest.mark.instructions

ROOT = Path(__file__).parents[1]
FIGURES = GOLDEN / "instructions.json"
# What valgrind knows: it has no AVX-512.
ARCHITECTURES = {"x86_64": "x86-64-v3", "aarch64": "armv8-a"}
MORE, LESS = 0.02, 0.10  # an improvement is stored when it is large, so that it cannot be lost
UNKNOWN = 3  # times, between compilers, libraries and architectures
MEASURE = """
#include <valgrind/callgrind.h>
void begin(void) { CALLGRIND_START_INSTRUMENTATION; CALLGRIND_ZERO_STATS; }
void end(const char *name) { CALLGRIND_DUMP_STATS_AT(name); CALLGRIND_STOP_INSTRUMENTATION; }
"""


def surroundings() -> str:
    """What the figures depend on."""
    version = find_toolchain().version
    compiler = "clang" if "clang" in version.lower() else "gcc"
    numbers = re.findall(r"\d+\.\d+(?:\.\d+)?", version)
    return f"{compiler} {numbers[-1]}, {' '.join(platform.libc_ver())}, {platform.machine()}"


@pytest.fixture(scope="module")
def counts(tmp_path_factory):
    """Instructions of each case."""
    folder = tmp_path_factory.mktemp("counts")
    if (valgrind := shutil.which("valgrind")) is None:
        raise RuntimeError(
            "valgrind: not found on the PATH; install it, or leave these tests out with "
            "-m 'not instructions'."
        )
    source, library = folder / "measure.c", folder / "measure.so"
    source.write_text(MEASURE)
    compiler = find_toolchain().command
    subprocess.run([*compiler, "-shared", "-fPIC", source, "-o", library], check=True)
    command = [
        valgrind,
        "--tool=callgrind",
        "--instr-atstart=no",
        "--toggle-collect=snn_run",
        f"--callgrind-out-file={folder}/counts",
        sys.executable,
        Path(__file__).with_name("instruction_counter.py"),
        library,
    ]
    path = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    own = {
        "PYTHONPATH": path,
        "SNNLAB_CACHE": str(folder / "cache"),
        "SNNLAB_ARCHITECTURE": ARCHITECTURES[platform.machine()],
    }
    done = subprocess.run(command, env={**os.environ, **own}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = {}
    for file in folder.glob("counts*"):
        text = file.read_text()
        if trigger := re.search(r"^desc: Trigger: Client Request: (\w+)$", text, re.MULTILINE):
            total = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
            assert total is not None
            found[trigger[1]] = int(total[1])
    return found


@pytest.fixture(scope="module")
def figures(counts, request):
    """Of all surroundings, from the file; those of this machine are written if asked for."""
    stored = json.loads(FIGURES.read_text())
    if request.config.getoption("--update-golden"):
        stored[surroundings()] = counts
        FIGURES.write_text(json.dumps(dict(sorted(stored.items())), indent=1) + "\n")
    return stored


@pytest.mark.timeout(240)  # valgrind makes of one second twenty
@pytest.mark.parametrize("case", CASES)
def test_step_loop_takes_the_instructions_that_it_did(counts, figures, case):
    count, known = counts[case], figures.get(surroundings())

    assert count > 1_000_000
    if known is None:  # another compiler or library: it still does the same
        near = [n / UNKNOWN < count < n * UNKNOWN for n in (f[case] for f in figures.values())]
        assert any(near), (
            f"{case}: {count} instructions, and no figures for {surroundings()}; "
            f"if this is right, write them with --update-golden"
        )
        return
    change = count / known[case] - 1
    assert change < MORE, f"{case}: the loop takes {change:+.1%} instructions ({count})"
    assert change > -LESS, (
        f"{case}: the loop takes {change:+.1%} instructions; keep this with --update-golden"
    )


def test_instructions_are_those_of_the_loop_alone(counts):
    """Ten times the steps would take ten times as many: nothing is counted that runs once."""
    network = named(CASES["conductances"][0])
    assert isinstance(network, Conductance)
    steps = CASES["conductances"][2] / network.dt

    each = counts["conductances"] / steps / network.n

    # Some ten vector operations and one exponential, four neurons at a time, and the deliveries.
    assert 10 < each < 100
