"""The engine's two threads touch nothing at once: ThreadSanitizer looks on.

``make sanitize`` runs the engine's own tests so; this is a small network without Python.
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "sanitize"
ENGINE = Path(__file__).parents[1] / "snnlab" / "engine"
SANITIZER = ["-fsanitize=thread", "-g", "-O1", "-ffp-contract=off"]


def run(program, *arguments):
    """The sanitizer needs addresses that are not chosen at random."""
    fixed = ["setarch", "-R"] if shutil.which("setarch") else []
    command = [*fixed, str(program), *arguments]
    environment = {**os.environ, "TSAN_OPTIONS": "exitcode=66 halt_on_error=1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sanitize")
    compiler = shlex.split(os.environ.get("CC", "cc"))
    empty, program = folder / "empty.c", folder / "network"
    empty.write_text("int main(void) { return 0; }")
    command = [*compiler, *SANITIZER, str(empty), "-o", str(program)]
    known = subprocess.run(command, capture_output=True, text=True, check=False)
    if known.returncode or run(program).returncode:
        pytest.skip(f"'{compiler[0]}' makes no programs with ThreadSanitizer: {known.stderr}")
    names = ("core.c", "workers.c", "inputs.c", "procedural.c", "connectivity.c")
    sources = [FOLDER / "network.c", *(ENGINE / name for name in names)]
    places = [f"-I{ENGINE / 'include'}", f"-I{ENGINE}"]
    command = [*compiler, *SANITIZER, *places, *map(str, sources), "-o", str(program)]
    subprocess.run([*command, "-pthread", "-lm"], check=True)
    return program


def test_two_threads_touch_nothing_at_once(network):
    ended = run(network)

    assert ended.stderr == ""
    assert ended.returncode == 0
    assert int(ended.stdout.split()[0]) > 1000


def test_a_neuron_of_two_threads_is_found(network):
    ended = run(network, "overlap")

    assert "ThreadSanitizer: data race" in ended.stderr
    assert ended.returncode == 66
