"""Drive JupyterLab: a server that never outlives the tests, and its pages in Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

ROOT = Path(__file__).parents[1]
ARTIFACTS = ROOT / "build" / "artifacts"
PATIENCE = 60  # s, for an answer of a page
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_OPTIONS = [
    "--no-sandbox",  # root in a container has no user namespaces
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# The server ends when its standard input closes, so also when pytest is killed.
KEEPER = """
import os, signal, subprocess, sys
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
sys.stdin.read()
for number in (signal.SIGTERM, signal.SIGKILL):
    try:
        os.killpg(server.pid, number)
        server.wait(timeout=10)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        pass
"""


@dataclass(frozen=True)
class LabServer:
    """A running JupyterLab."""

    url: str  # without a trailing slash
    folder: Path  # what it shows


@contextmanager
def running_lab(home: Path) -> Iterator[LabServer]:
    """JupyterLab with its notebooks, settings and caches all under ``home``."""
    folder = home / "notebooks"
    folder.mkdir()
    port = free_port()
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"),
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder}",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.extension_manager=readonly",
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]
    log = home / "server.log"
    url = f"http://127.0.0.1:{port}"
    with (
        log.open("w", encoding="utf-8") as written,
        subprocess.Popen(
            [sys.executable, "-c", KEEPER, *command],
            stdin=subprocess.PIPE,
            stdout=written,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(home),
            start_new_session=True,  # a signal for pytest's group must not end the keeper first
        ) as keeper,
    ):
        assert keeper.stderr is not None
        assert keeper.stdin is not None
        try:
            for line in keeper.stderr:
                written.write(line)
                if f"{url}/lab" in line:
                    break
            else:
                raise RuntimeError(f"JupyterLab did not start; its output:\n{log.read_text()}")
            drain = subprocess.Popen(["cat"], stdin=keeper.stderr, stdout=written)
            yield LabServer(url, folder)
            keeper.stdin.close()
            drain.wait(timeout=30)
        finally:
            keeper.stdin.close()


def environment(home: Path) -> dict[str, str]:
    """The environment of the server: nothing of the user's own Jupyter."""
    config = home / "config"
    config.mkdir()
    # What the wheel installs for all Jupyter servers.
    shutil.copy(ROOT / "labextension" / "server.json", config / "jupyter_server_config.json")
    extensions = home / "path" / "labextensions"
    extensions.mkdir(parents=True)
    (extensions / "snnlab").symlink_to(ROOT / "labextension" / "dist")
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        '{"fetchNews": "false", "checkForUpdates": false}'
    )
    return {
        **os.environ,
        "JUPYTER_PATH": str(home / "path"),  # the page's extension is the one under test, too
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONPATH": str(ROOT),  # the kernel's snnlab is the one under test
        "PYTHONWARNINGS": "default",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def chromium() -> str:
    """The browser to test with; `make test` installs one where there is none."""
    for name in CHROMIUM_NAMES:
        if path := shutil.which(name):
            return path
    raise RuntimeError("chromium: not found on the PATH; install it, or run `make test` as root.")


class LabPage:
    """One notebook at a time in JupyterLab, through `window.jupyterapp`."""

    def __init__(self, page: Page, server: LabServer) -> None:
        self.page = page
        self.server = server
        self.page.goto(f"{server.url}/lab?reset")
        self.page.wait_for_function("window.jupyterapp !== undefined")
        self.ask("async () => { await window.jupyterapp.restored; }")
        self.command("apputils:change-theme", theme="JupyterLab Light")  # kept by the server
        self.page.wait_for_function("document.body.dataset.jpThemeLight === 'true'")

    def ask(self, script: str, argument: Any = None) -> Any:
        """What a script of the page returns in the end; a test that waits for ever names none."""
        return self.page.evaluate(
            f"""argument => Promise.race([({script})(argument), new Promise((_, fail) => setTimeout(
                () => fail(new Error('no answer within {PATIENCE} s')), {1000 * PATIENCE}
            ))])""",
            argument,
        )

    def close(self) -> None:
        """End the kernels, so that none of them computes beside the next test."""
        self.ask("async () => { await window.jupyterapp.serviceManager.sessions.shutdownAll(); }")
        self.page.close()

    def command(self, name: str, **arguments: Any) -> None:
        """Run a command of JupyterLab and wait for its end."""
        self.ask(
            "async ([name, args]) => { await window.jupyterapp.commands.execute(name, args); }",
            [name, arguments],
        )

    def open(self, notebook: str) -> None:
        """Open a notebook of the served folder and wait for its kernel."""
        self.ask(
            """async path => {
                const { commands } = window.jupyterapp;
                const options = { path, factory: 'Notebook' };
                const panel = await commands.execute('docmanager:open', options);
                await panel.revealed;
                await panel.sessionContext.ready;
                await panel.sessionContext.session.kernel.info;
            }""",
            notebook,
        )

    def run_all(self) -> None:
        """Run every cell and wait for the last one."""
        self.command("notebook:run-all-cells")

    @property
    def cells(self) -> Locator:
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell")

    def errors(self) -> list[str]:
        """Texts of the tracebacks that the page shows."""
        shown = self.page.locator('.jp-OutputArea-output[data-mime-type*="error"]')
        return shown.all_inner_texts()

    def screenshot(self, name: str) -> Path:
        """Save what the page shows under build/artifacts."""
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        path = ARTIFACTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path
