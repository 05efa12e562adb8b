"""Who runs a network: a simulator, a number of threads, a type of numbers; and how it starts."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks import networks
from benchmarks.environments import REQUIREMENTS, python_of
from benchmarks.networks import Network, c_constants
from benchmarks.places import BUILD, ROOT, UnavailableError, file_name

LIMIT = Path(__file__).parent / "limit"
LIMIT_FLAGS = ("-O3", "-march=native", "-ffast-math", "-fopenmp", "-std=c++17")
PEERS = ("brian2", "annarchy", "nest")  # they run with float64
SIMULATORS = ("snnlab", "limit", *PEERS)
IMPOSSIBLE: dict[tuple[str, type[Network]], str] = {
    ("nest", networks.Rates): "nest: its rate neurons exchange rates as events, not as a matrix.",
}
DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class Contender:
    """A simulator as it takes part."""

    simulator: str
    threads: int
    dtype: str = "float64"

    def __str__(self) -> str:
        return f"{self.simulator}, {self.threads} thread{'s' * (self.threads > 1)}, {self.dtype}"


def environment(threads: int, program: str = "") -> dict[str, str]:
    """Every library keeps to ``threads``; this package and what ``program`` came with are found."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    # ANNarchy looks for its own tools on the PATH.
    programs = os.pathsep.join((str(Path(program).parent), os.environ.get("PATH", "")))
    own = {"PYTHONPATH": path, "PATH": programs if program else os.environ.get("PATH", "")}
    return {**os.environ, **dict.fromkeys(names, str(threads)), **own}


def command(contender: Contender, network: Network) -> list[str]:
    """How ``contender`` is started with ``network``.

    Raises
    ------
    UnavailableError
        If it cannot run here, or does not know such a network.
    """
    arguments = [network.name, str(contender.threads), contender.dtype]
    match contender.simulator:
        case "snnlab":
            return [sys.executable, "-m", "benchmarks.sides.snnlab_side", *arguments]
        case "limit" if isinstance(network, networks.Rates):
            return [sys.executable, "-m", "benchmarks.sides.blas_side", *arguments]
        case "limit":
            return [str(limit_program(network, contender.threads, contender.dtype))]
        case peer if peer in REQUIREMENTS:
            if (peer, type(network)) in IMPOSSIBLE:
                raise UnavailableError(IMPOSSIBLE[peer, type(network)])
            return [str(python_of(peer)), "-m", f"benchmarks.sides.{peer}_side", *arguments]
        case other:
            known = ", ".join(SIMULATORS)
            raise UnavailableError(f"{other}: no such simulator; choose from {known}.")


def limit_program(network: Network, threads: int, dtype: str) -> Path:
    """The compiled limit program of ``network``; compiled again only when something changed.

    Raises
    ------
    UnavailableError
        If there is no C++ compiler, or it refuses the program.
    """
    name = {networks.Plastic: "plastic", networks.Microcircuit: "microcircuit"}.get(
        type(network), "balanced"
    )
    compiler = os.environ.get("CXX", "g++")
    if shutil.which(compiler) is None:
        raise UnavailableError(
            f"limit: no C++ compiler '{compiler}'; install g++, or set the environment variable "
            f"CXX."
        )
    real = "float" if dtype == "float32" else "double"
    constants = c_constants(network) | {"REAL": real, "THREADS": str(threads)}
    constants[network.kind.upper()] = "1"
    flags = [*LIMIT_FLAGS, *(f"-D{key}={value}" for key, value in sorted(constants.items()))]
    sources = [LIMIT / f"{name}.cpp", LIMIT / "common.hpp"]
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True)
    text = "\n".join((*flags, version.stdout, *(s.read_text() for s in sources)))
    made = BUILD / "limit" / file_name(network.name, hashlib.sha256(text.encode()).hexdigest()[:16])
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [compiler, *flags, str(sources[0]), "-o", str(made)], capture_output=True, text=True
        )
        if done.returncode != 0:
            raise UnavailableError(
                f"limit: '{compiler}' refused {name}.cpp.\n{done.stderr.strip()}"
            )
    return made
