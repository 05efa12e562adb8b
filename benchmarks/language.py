"""How long an import of snnlab takes, and how long a model: two figures, the best of several.

Every figure comes from a fresh process, because the first model is the one a person waits for.
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
IMPORT = "from snnlab import Network, Neuron"
MODEL = """
import time
from snnlab import Neuron, library
from snnlab.codegen.lower import lower_neuron
text = library.text("AdExIF")
for _ in range(2):
    start = time.perf_counter()
    lower_neuron(Neuron.from_cell(text, "AdEx").model)
    print(1000 * (time.perf_counter() - start))
"""


def import_seconds() -> float:
    """What ``-X importtime`` counts for the two names and all that they need."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", IMPORT],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    total = 0
    for line in done.stderr.splitlines():
        own = line.removeprefix("import time:").split("|")[0].strip()
        total += int(own) if own.isdigit() else 0
    return total / 1e6


def model_milliseconds() -> tuple[float, float]:
    """Parsing, checking and lowering AdEx: the first model of a process, and the next."""
    done = subprocess.run(
        [sys.executable, "-c", MODEL], cwd=ROOT, capture_output=True, text=True, check=True
    )
    first, second = map(float, done.stdout.split())
    return first, second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    imports = min(import_seconds() for _ in range(repeats))
    models = [model_milliseconds() for _ in range(repeats)]
    print(f"{IMPORT}: {imports:.3f} s (best of {repeats})")
    print(f"AdEx, first model of a process: {min(m[0] for m in models):.1f} ms")
    print(f"AdEx, any later model:          {min(m[1] for m in models):.1f} ms")


if __name__ == "__main__":
    main()
