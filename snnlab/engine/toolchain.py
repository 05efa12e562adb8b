"""Find the C compiler and say how it is called.

Knows compilers and flags; nothing of kernels or caches.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from snnlab.errors import ToolchainError

INCLUDE = Path(__file__).parent / "include"
CANDIDATES = ("cc", "gcc", "clang")
# No -ffast-math: NaN tests and comparisons keep their meaning. The flags below let loops be
# vectorised all the same (docs/decisions/0003-generated-c.md).
FLAGS = (
    "-std=gnu99",
    "-O3",
    "-fPIC",
    "-shared",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=off",
)


@dataclass(frozen=True)
class Toolchain:
    """A C compiler, with everything that decides what code it makes."""

    command: tuple[str, ...]
    version: str  # first line of --version
    flags: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        return "\n".join((*self.command, self.version, *self.flags, _cpu_features()))

    def compile(self, source: Path, output: Path) -> None:
        """Compile one C file to a shared library.

        Raises
        ------
        ToolchainError
            If the compiler cannot be started or refuses the text; its output follows our sentence.
        """
        command = [
            *self.command,
            *self.flags,
            f"-I{INCLUDE}",
            str(source),
            "-o",
            str(output),
            "-lm",
        ]
        done = _run(command)
        if done.returncode != 0:
            raise ToolchainError(
                f"C compiler: '{self.command[0]}' refused the generated code of {source.name}; "
                f"please report this with the model's text.\n{done.stderr.strip()}"
            )


@cache
def find_toolchain() -> Toolchain:
    """The compiler named by the environment variable CC, or the first of cc, gcc, clang.

    Raises
    ------
    ToolchainError
        If there is none.
    """
    named = os.environ.get("CC", "").strip()
    try:
        candidates = [tuple(shlex.split(named))] if named else [(name,) for name in CANDIDATES]
    except ValueError as error:
        raise ToolchainError(
            f"C compiler: the environment variable CC = '{named}' cannot be read "
            f"({str(error).lower()}); give a command such as 'gcc'."
        ) from error
    for command in candidates:
        if shutil.which(command[0]):
            return _describe(command)
    missing = (
        f"'{candidates[0][0]}' (from the environment variable CC)" if named else "cc, gcc, clang"
    )
    raise ToolchainError(
        f"C compiler: none found (looked for {missing}); install one, for example with "
        f"'apt install gcc', 'xcode-select --install' or 'conda install c-compiler', "
        f"or run without one: Network(target='numpy')."
    )


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", check=False
        )
    except OSError as error:
        raise ToolchainError(
            f"C compiler: '{command[0]}' cannot be started ({error.strerror}); "
            f"install gcc or clang, or set the environment variable CC."
        ) from error


def _describe(command: tuple[str, ...]) -> Toolchain:
    answer = _run([*command, "--version"])
    version = (answer.stdout or answer.stderr).partition("\n")[0].strip()
    flags = FLAGS
    is_gcc = "clang" not in version.lower()
    if is_gcc:  # which else makes branches of conditions that share a part; they stop vectorising
        flags += ("-fno-thread-jumps",)
    architecture = _architecture()
    if platform.machine() in ("x86_64", "AMD64"):
        # Where there are vectors of 512 bits gcc and clang choose those of 256 for short loops.
        flags += (f"-march={architecture}", "-mprefer-vector-width=512")
        libc, libc_version = platform.libc_ver()
        if is_gcc and libc == "glibc":
            flags += (f"-DSNNLAB_LIBMVEC={libc_version.split('.')[1]}",)
    elif platform.machine() in ("arm64", "aarch64"):
        flags += (f"-m{'cpu' if architecture == 'native' else 'arch'}={architecture}",)
    return Toolchain(command, version, flags)


def _architecture() -> str:
    """For which CPU kernels are made: this one, or what the environment says.

    Raises
    ------
    ToolchainError
        If the environment variable SNNLAB_ARCHITECTURE is no name.
    """
    named = os.environ.get("SNNLAB_ARCHITECTURE", "").strip() or "native"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.+-]*", named):
        raise ToolchainError(
            f"C compiler: the environment variable SNNLAB_ARCHITECTURE = '{named}' names no "
            f"architecture; give what the compiler's -march takes, for example 'x86-64-v3'."
        )
    return named


@cache
def _cpu_features() -> str:
    """What -march=native depends on, so that a cache on a shared disk serves one kind of CPU."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("flags", "Features")):
                return line
    except OSError:
        pass
    return platform.processor() or platform.machine()
