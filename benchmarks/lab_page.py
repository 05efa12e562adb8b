"""JupyterLab in a browser that is left alone while something is measured.

A browser with a driver tells it of each message of a page's WebSocket, whole: the main process and
the driver then take 4 to 9 ms for each frame that is painted, as much as the frame itself takes
from kernel to screen. So what is measured runs in the page by itself, and the driver comes back
for what it found.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from lab_driver import CHROMIUM_OPTIONS, LabPage, LabServer, chromium, running_lab

__all__ = ["LeftAloneLab", "running_lab"]

WIDTH, HEIGHT = 1400, 1000  # px of the page
TIMEOUT = 60_000  # ms
STARTED = 30.0  # s that the browser may take
FIT = "([x, y]) => [outerWidth - innerWidth + x, outerHeight - innerHeight + y]"


class LeftAloneLab(LabPage):
    """One JupyterLab with a browser of its own, whose files are kept under ``home``."""

    def __init__(self, playwright: Playwright, server: LabServer, home: Path) -> None:
        self._playwright = playwright
        self._port_file = home / "DevToolsActivePort"
        options = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={home}"]
        self._process = subprocess.Popen(
            [chromium(), *options, *CHROMIUM_OPTIONS, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._wait_for_port()
            self._connect()
            self._fit()
            super().__init__(self.page, server)
        except BaseException:
            self._kill()
            raise

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._kill()

    def alone(self, script: str, argument: Any, seconds: float) -> Any:
        """What ``script``, a function of ``argument``, returns when nobody is connected.

        ``seconds`` is how long it takes.
        """
        self.page.evaluate(f"argument => {{ window.alone = ({script})(argument); }}", argument)
        self._browser.close()  # the connection only
        time.sleep(seconds)
        self._connect()
        return self.page.evaluate("() => window.alone")

    def renderers(self) -> list[int]:
        """Process numbers of those that draw pages."""
        session = self._browser.new_browser_cdp_session()
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
        session.detach()
        return [process["id"] for process in processes if process["type"] == "renderer"]

    def _wait_for_port(self) -> None:
        begin = time.monotonic()
        while not self._port_file.exists() or not self._port_file.read_text().strip():
            if time.monotonic() - begin > STARTED or self._process.poll() is not None:
                raise RuntimeError("chromium: does not start; try it with --headless=new by hand.")
            time.sleep(0.05)

    def _connect(self) -> None:
        port = self._port_file.read_text().split()[0]
        self._browser = self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        self.page = self._browser.contexts[0].pages[0]
        self.page.set_default_timeout(TIMEOUT)

    def _fit(self) -> None:
        """Give the window the size that leaves the page its own, also without a driver."""
        width, height = self.page.evaluate(FIT, [WIDTH, HEIGHT])
        session = self.page.context.new_cdp_session(self.page)
        window = session.send("Browser.getWindowForTarget")["windowId"]
        bounds = {"width": width, "height": height}
        session.send("Browser.setWindowBounds", {"windowId": window, "bounds": bounds})
        session.detach()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
