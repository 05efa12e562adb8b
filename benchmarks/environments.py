"""Virtual environments of the peers, one each, apart from that of snnlab."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.places import BUILD, UnavailableError

REQUIREMENTS = {
    # Brian2 2.9, the last for Python 3.11, needs NumPy's ndarray.ptp.
    "brian2": ("brian2>=2.9,<3", "cython>=3.1", "setuptools>=77", "numpy<2.4"),
    "annarchy": ("annarchy>=5,<6", "setuptools>=77"),
    "nest": ("nest-simulator>=3.9,<4",),
}
LIMIT = 1500  # s, for one installation


def python_of(peer: str) -> Path:
    """The Python that has ``peer``; installed now if it is not yet.

    Raises
    ------
    UnavailableError
        If it cannot be installed.
    """
    folder = BUILD / "environments" / peer
    python = folder / "bin" / "python"
    made = folder / "requirements.txt"
    wanted = "\n".join(REQUIREMENTS[peer]) + "\n"
    if made.exists() and made.read_text() == wanted:
        return python
    print(f"{peer}: installing it into {folder}", file=sys.stderr, flush=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for step in ([sys.executable, "-m", "venv", str(folder)], [*pip, *REQUIREMENTS[peer]]):
        _carry_out(peer, step)
    made.write_text(wanted)
    return python


def _carry_out(peer: str, step: list[str]) -> None:
    log = BUILD / "log" / f"install-{peer}.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        try:
            done = subprocess.run(step, stdout=output, stderr=output, timeout=LIMIT, check=False)
        except subprocess.TimeoutExpired:
            raise UnavailableError(f"{peer}: not installed within {LIMIT} s; see {log}.") from None
    if done.returncode != 0:
        said = log.read_text().strip().splitlines()
        last = said[-1] if said else "it does not say why"
        raise UnavailableError(f"{peer}: cannot be installed: {last}")
