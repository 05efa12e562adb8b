"""A program of the benchmark that stays alive and answers a line with a line."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

Answer = dict[str, Any]


class ProgramError(Exception):
    """A program ended early, or did not answer in time; the message is a whole sentence."""


class Program:
    """Started with ``command``; what it writes to its error channel goes to the file ``log``."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
            )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def ask(self, line: str, limit: float) -> Answer:
        """The answer to ``line``, waiting ``limit`` seconds at most.

        Raises
        ------
        ProgramError
            If there is none.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ProgramError(self._ended()) from None
        return self.answer(limit)

    def answer(self, limit: float) -> Answer:
        """The next line of JSON that the program writes.

        Raises
        ------
        ProgramError
            If there is none within ``limit`` seconds.
        """
        while True:
            try:
                line = self._lines.get(timeout=limit)
            except queue.Empty:
                self.close()
                raise ProgramError(f"{self.name}: no answer within {limit:g} s.") from None
            if line is None:
                raise ProgramError(self._ended())
            if line.startswith('{"'):  # simulators write other things, too
                with suppress(json.JSONDecodeError):
                    return json.loads(line)

    def close(self) -> None:
        """End the program."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(2)  # unless a child of its own keeps the channel

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(None)

    def _ended(self) -> str:
        self.close()
        lines = self._log.read_text().strip().splitlines()
        return f"{self.name}: ended early: {lines[-1] if lines else 'it does not say why'}"
