"""Compile programs in the background, once.

A compiled program is kept in a private cache directory under the hash of everything that decides
its code: text, compiler, flags, processor, header. Two processes may build the same program
at once: each writes a file of its own and renames it.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Literal, cast

from snnlab.engine.toolchain import INCLUDE, Toolchain, find_toolchain
from snnlab.errors import ToolchainError

State = Literal["waiting", "compiling", "ready", "failed"]


class Build:
    """One program on its way to a shared library."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.state: State = "waiting"
        self.seconds: float | None = None  # from request to library
        self.cached = False
        self.error: ToolchainError | None = None
        self.path: Path | None = None
        self._done = threading.Event()
        self._callbacks: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def wait(self, timeout: float | None = None) -> Path:
        """The compiled library.

        Raises
        ------
        ToolchainError
            If there is no compiler or it refused the program.
        TimeoutError
            If it is not there after ``timeout`` seconds.
        """
        if not self._done.wait(timeout):
            raise TimeoutError(
                f"kernel '{self.name}': not compiled after {timeout} s; wait longer."
            )
        if self.error is not None:
            raise self.error
        return cast(Path, self.path)

    @property
    def ended(self) -> bool:
        """Whether there is a library, or an error."""
        return self._done.is_set()

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` when the build has ended, from any thread; at once if it has."""
        with self._lock:
            if not self._done.is_set():
                self._callbacks.append(callback)
                return
        callback()

    def _run(self) -> None:
        start = time.perf_counter()
        self.state = "compiling"
        try:
            self.path, self.cached = _library_for(self.name, self.text)
            self.state = "ready"
        except ToolchainError as error:
            self.error = error
            self.state = "failed"
        except OSError as error:
            self.error = ToolchainError(
                f"kernel cache: {error.filename} cannot be written ({error.strerror}); set the "
                f"environment variable SNNLAB_CACHE to a folder of yours."
            )
            self.state = "failed"
        except Exception as error:
            self.error = ToolchainError(
                f"kernel '{self.name}': not compiled, {type(error).__name__}: {error}; "
                f"please report this with the model's text."
            )
            self.state = "failed"
            raise
        finally:
            self.seconds = time.perf_counter() - start
            with self._lock:
                self._done.set()
                callbacks, self._callbacks = self._callbacks, []
            for callback in callbacks:
                callback()


_builds: dict[str, Build] = {}
_builds_lock = threading.Lock()


def build(name: str, text: str) -> Build:
    """Start to compile ``text`` in the background, or return the build that does it already."""
    code = _without_comments(text)
    with _builds_lock:
        known = _builds.get(code)
        if known is not None and known.state != "failed":
            return known
        new = _builds[code] = Build(name, text)
    _workers().submit(new._run)
    return new


@cache
def _workers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(2, (os.cpu_count() or 2) - 1), thread_name_prefix="snnlab-build")


def _begin_anew() -> None:
    """After a fork: threads are not inherited, so nobody carries on with what they had begun."""
    global _builds_lock
    _builds_lock = threading.Lock()
    _workers.cache_clear()
    for code in [code for code, known in _builds.items() if not known.ended]:
        del _builds[code]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


def cache_directory() -> Path:
    """Where compiled kernels are kept: $SNNLAB_CACHE, or the user's cache folder."""
    named = os.environ.get("SNNLAB_CACHE")
    if named:
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "snnlab"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "snnlab"


def _private_directory() -> Path:
    """The cache directory, refused when another user could have put a library into it.

    Raises
    ------
    ToolchainError
        If the directory belongs to somebody else or others may write to it.
    """
    directory = cache_directory()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.stat()
    foreign = hasattr(os, "getuid") and status.st_uid != os.getuid()
    if foreign or (os.name == "posix" and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        raise ToolchainError(
            f"kernel cache: {directory} may be written by others; make it yours with "
            f"'chmod 700 {directory}', or set the environment variable SNNLAB_CACHE."
        )
    return directory


def _library_for(name: str, text: str) -> tuple[Path, bool]:
    toolchain = find_toolchain()
    directory = _private_directory()
    library = directory / f"{_key(text, toolchain)}.so"
    if library.exists():
        return library, True
    with tempfile.TemporaryDirectory(dir=directory, prefix="building-") as scratch:
        source = Path(scratch) / f"{''.join(c if c.isalnum() else '_' for c in name)[:40]}.c"
        source.write_text(text)
        output = Path(scratch) / "kernel.so"
        toolchain.compile(source, output)
        output.replace(library)
    return library, False


def _key(text: str, toolchain: Toolchain) -> str:
    digest = hashlib.sha256()
    for part in (_without_comments(text), toolchain.fingerprint, _header()):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:32]


def _without_comments(text: str) -> str:
    """The text without its head of comment lines: another help text is no other code."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("//"))


@cache
def _header() -> str:
    return "".join((INCLUDE / f"snnlab_{part}.h").read_text() for part in ("kernel", "math"))
