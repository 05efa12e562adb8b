"""Run the engine's own tests on an engine that is built with sanitizers.

``python tests/sanitize/run.py [address] [thread]``. A copy of the package is built under
``build/sanitize``, and kernels are compiled with the same sanitizers. The first report ends the
run with a status that is not 0.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "sanitize"
TEAM = Path(__file__).with_name("team.c")
CC = shlex.split(os.environ.get("CC", "cc"))


@dataclass(frozen=True)
class Sanitizer:
    """How one kind of sanitizer is compiled in, started and given work."""

    flags: tuple[str, ...]
    libraries: tuple[str, ...]  # loaded before Python
    options: dict[str, str]
    tests: tuple[str, ...]


SANITIZERS = {
    "address": Sanitizer(
        ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"),
        ("libasan.so", "libubsan.so"),
        # Python itself leaves memory to the system at its end.
        {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"},
        (
            "test_engine_incoming.py",
            "test_engine_randomness.py",
            "test_engine_rows.py",
            "test_engine_schedule.py",
            "test_engine_team.py",
            "test_network_connectors.py",
            "test_network_delays_of_synapses.py",
            "test_network_determinism.py",
            "test_network_divergence.py",
            "test_network_drives.py",
            "test_network_inputs.py",
            "test_network_plasticity.py",
            "test_network_procedural.py",
            "test_network_projections.py",
            "test_network_rates.py",
            "test_network_recording.py",
            "test_plots_frames.py",
        ),
    ),
    "thread": Sanitizer(
        ("-fsanitize=thread",),
        ("libtsan.so",),
        {"TSAN_OPTIONS": "exitcode=66 halt_on_error=1"},
        (
            "test_engine_incoming.py",
            "test_engine_rows.py",
            "test_network_delays_of_synapses.py",
            "test_network_determinism.py",
            "test_network_drives.py",
            "test_network_inputs.py",
            "test_network_plasticity.py",
            "test_network_procedural.py",
        ),
    ),
}


def library(name: str) -> str:
    found = subprocess.run(
        [*CC, f"-print-file-name={name}"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if not Path(found).is_absolute():
        sys.exit(f"sanitize: '{CC[0]}' has no {name}; install gcc with its sanitizers.")
    return found


def build(kind: str, sanitizer: Sanitizer) -> Path:
    """A copy of the package and its tests, with an engine of its own."""
    place = BUILD / kind
    ignored = shutil.ignore_patterns("*.so", "__pycache__")
    for folder in ("snnlab", "tests", "benchmarks"):
        shutil.rmtree(place / folder, ignore_errors=True)
        shutil.copytree(ROOT / folder, place / folder, ignore=ignored)
    for name in ("hatch_build.py", "pyproject.toml"):
        shutil.copy2(ROOT / name, place)
    flags = " ".join((*sanitizer.flags, "-g", "-O1", "-fno-omit-frame-pointer"))
    environment = {**os.environ, "CFLAGS": flags, "LDFLAGS": flags}
    subprocess.run([sys.executable, "hatch_build.py"], cwd=place, env=environment, check=True)
    return place


def run(kind: str) -> int:
    """The status of the tests."""
    sanitizer = SANITIZERS[kind]
    libraries = [library(name) for name in sanitizer.libraries]
    place = build(kind, sanitizer)
    if kind == "thread":
        team = place / "team.so"
        command = [*CC, *sanitizer.flags, "-g", "-O1", "-fPIC", "-shared", str(TEAM)]
        subprocess.run([*command, "-o", str(team)], check=True)
        libraries.append(str(team))
    environment = {
        **os.environ,
        **sanitizer.options,
        "PYTHONPATH": str(place),
        "PYTHONMALLOC": "malloc",  # so that the sanitizer knows each piece of memory
        "SNNLAB_CACHE": str(place / "kernels"),
        "CC": shlex.join([*CC, *sanitizer.flags, "-g"]),
    }
    (place / "kernels").mkdir(mode=0o700, exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    command.append("--capture=sys")  # a report ends the process: pytest could not show it
    command += [f"tests/{name}" for name in sanitizer.tests]
    # Only Python: the compiler and other programs that tests start run without.
    preload = f"LD_PRELOAD={':'.join(libraries)}"
    fixed = ["setarch", "-R"] if shutil.which("setarch") else []
    return subprocess.run([*fixed, "env", preload, *command], env=environment, cwd=place).returncode


def main() -> int:
    kinds = sys.argv[1:] or list(SANITIZERS)
    for kind in kinds:
        if kind not in SANITIZERS:
            sys.exit(f"sanitize: no sanitizer '{kind}'; choose from {', '.join(SANITIZERS)}.")
        print(f"sanitize: {kind}", flush=True)
        status = run(kind)
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
