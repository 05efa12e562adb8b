"""Fixtures that more than one test file uses."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from lab_driver import CHROMIUM_OPTIONS, LabPage, LabServer, chromium, running_lab
from playwright.sync_api import Browser, expect, sync_playwright

from snnlab.engine import team

# The same examples in every run, and none fails because the machine is busy.
settings.register_profile("snnlab", deadline=None, derandomize=True)
settings.load_profile("snnlab")

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files instead of comparing"
    )


@pytest.fixture(autouse=True)
def whole_teams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all threads of a number given run always, so that races between them show."""
    monkeypatch.setattr(team, "MEASURED", False)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """``golden(name, text)``: the text is that of tests/golden/<name>; a missing file fails."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        assert path.exists(), f"tests/golden/{name} is missing; write it with --update-golden"
        assert text == path.read_text()

    return compare


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let fixtures know whether their test failed."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers that are the same in every run."""
    return np.random.default_rng(20260101)


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """A JupyterLab of its own, ended with everything it started."""
    with running_lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="module")  # not longer: playwright occupies the thread's event loop
def chromium_browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=20_000)  # a machine may be busy
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def lab_page(
    chromium_browser: Browser, lab_server: LabServer, request: pytest.FixtureRequest
) -> Iterator[LabPage]:
    """JupyterLab in a fresh browser context; a failing test leaves a screenshot."""
    context = chromium_browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    lab = LabPage(context.new_page(), lab_server)
    yield lab
    if request.node.stash.get(FAILED, False):
        lab.screenshot(f"failed_{request.node.name}")
    lab.close()
    context.close()


@pytest.fixture(scope="session")
def notebooks() -> Path:
    """The folder of the notebooks that come with snnlab."""
    return Path(__file__).parents[1] / "notebooks"
