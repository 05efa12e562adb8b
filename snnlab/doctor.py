"""What this machine has of what snnlab needs: the table of ``snnlab doctor``.

Every check stands alone, and what one part lacks never stops the others from being looked at.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TextIO

from snnlab.engine.build import cache_directory
from snnlab.engine.toolchain import find_toolchain
from snnlab.errors import ToolchainError

OLDEST_PYTHON = (3, 11)
OPENMP_PROGRAM = """\
#include <omp.h>
#include <stdio.h>
int main(void) { printf("%d", omp_get_max_threads()); return 0; }
"""


@dataclass(frozen=True)
class Finding:
    """One row of the table."""

    part: str
    found: bool
    detail: str  # what was found, or what is missing
    remedy: str = ""  # what to do where it is missing
    essential: bool = True  # without it snnlab does not work


def report(out: TextIO, checks: Iterable[Callable[[], Finding]] | None = None) -> int:
    """Write the table; returns 1 when something essential is missing, else 0."""
    findings = [check() for check in (CHECKS if checks is None else checks)]
    width = max(len(finding.part) for finding in findings)
    for finding in findings:
        mark = "found" if finding.found else "MISSING" if finding.essential else "absent"
        print(f"{finding.part:<{width}}  {mark:<7}  {finding.detail}", file=out)
        if finding.remedy:
            print(f"{'':<{width}}           -> {finding.remedy}", file=out)
    missing = [finding.part for finding in findings if finding.essential and not finding.found]
    print(file=out)
    if missing:
        print(f"snnlab cannot work yet; missing: {', '.join(missing)}.", file=out)
        return 1
    print("snnlab is ready.", file=out)
    return 0


def check_python() -> Finding:
    """Python is recent enough."""
    shown = f"{sys.version.split()[0]} at {sys.executable}"
    if sys.version_info >= OLDEST_PYTHON:
        return Finding("Python", True, shown)
    return Finding("Python", False, shown, "install Python 3.11 or newer, then snnlab in it")


def check_compiler() -> Finding:
    """A C compiler answers; models are compiled with it while a notebook runs."""
    try:
        toolchain = find_toolchain()
    except ToolchainError as error:
        what, _, remedy = str(error).partition("; ")
        return Finding("C compiler", False, what.removeprefix("C compiler: "), remedy)
    return Finding("C compiler", True, f"{' '.join(toolchain.command)}: {toolchain.version}")


def check_openmp() -> Finding:
    """A program with OpenMP compiles and runs; needed to build snnlab, not to run models."""
    remedy = "install it to build snnlab from source (Debian: libgomp1; macOS: brew install libomp)"
    try:
        command = find_toolchain().command
    except ToolchainError:
        return Finding("OpenMP", False, "no compiler to try it with", remedy, essential=False)
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "threads.c"), Path(folder, "threads")
        source.write_text(OPENMP_PROGRAM)
        compiled = run(*command, "-fopenmp", str(source), "-o", str(program))
        threads = None if compiled is None else run(str(program))
    if threads is None:
        return Finding("OpenMP", False, f"{command[0]} cannot use it", remedy, essential=False)
    return Finding("OpenMP", True, f"up to {threads} threads")


def check_engine() -> Finding:
    """The compiled engine loads."""
    try:
        from snnlab.engine import stepper
    except ImportError as error:
        return Finding("engine", False, str(error), "run `pip install .` in the folder of snnlab")
    return Finding("engine", True, str(stepper.__file__))


def check_cache() -> Finding:
    """Compiled kernels can be kept, and nobody else can put one there."""
    folder = cache_directory()
    name = "kernel cache"
    if not folder.exists():
        parent = next(parent for parent in folder.parents if parent.exists())
        if os.access(parent, os.W_OK):
            return Finding(name, True, f"{folder} (empty, made when first needed)")
        return Finding(
            name, False, f"{parent} is not writable", "set SNNLAB_CACHE to a folder of your own"
        )
    mode = stat.S_IMODE(folder.stat().st_mode)
    size = sum(entry.stat().st_size for entry in folder.iterdir() if entry.is_file())
    shown = f"{folder} ({size / 1e6:.1f} MB, permissions {mode:o})"
    if not os.access(folder, os.W_OK):
        return Finding(name, False, shown, "set SNNLAB_CACHE to a folder where you may write")
    if mode & (stat.S_IWGRP | stat.S_IWOTH) and os.name == "posix":
        return Finding(name, False, f"{shown}: others may write to it", f"run `chmod 700 {folder}`")
    return Finding(name, True, shown)


def check_labextension() -> Finding:
    """JupyterLab finds the extension that highlights model cells."""
    name = "labextension"
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError:
        return Finding(name, False, "no Jupyter in this Python", "run `pip install jupyterlab`")
    for folder in jupyter_path("labextensions"):
        if Path(folder, "snnlab", "package.json").is_file():
            return Finding(name, True, str(Path(folder, "snnlab")), essential=False)
    return Finding(
        name,
        False,
        "not installed: model cells are not highlighted",
        "run `pip install .` in the folder of snnlab",
        essential=False,
    )


def check_kernel() -> Finding:
    """The notebook kernel; with subshells sliders move also while a cell runs."""
    name = "ipykernel"
    try:
        shown = version("ipykernel")
    except PackageNotFoundError:
        return Finding(name, False, "not installed", "run `pip install ipykernel`")
    if importlib.util.find_spec("ipykernel.subshell") is None:
        return Finding(
            name, False, f"{shown}, without subshells", "run `pip install 'ipykernel>=7'`"
        )
    return Finding(name, True, f"{shown}, with subshells")


def check_gpu() -> Finding:
    """An NVIDIA GPU and its compiler; optional."""
    optional = "not needed: networks run on the processor"
    listed = run("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    if not listed:
        return Finding("GPU", False, "no NVIDIA GPU", optional, essential=False)
    device = listed.splitlines()[0]
    if shutil.which("nvcc") is None:
        return Finding(
            "GPU", False, f"{device}, without nvcc", "install the CUDA toolkit", essential=False
        )
    return Finding("GPU", True, device, essential=False)


def run(*command: str) -> str | None:
    """What a command prints, or None where it is not there or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


CHECKS = (
    check_python,
    check_compiler,
    check_openmp,
    check_engine,
    check_cache,
    check_labextension,
    check_kernel,
    check_gpu,
)
