"""What the page reads out of a frame is what the kernel wrote into it."""

import base64
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from snnlab.plots.frames import pack
from snnlab.widgets import assets

pytestmark = pytest.mark.browser

LOAD = """async source => {
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  Object.assign(window, module);
}"""
UNPACK = """([layout, text]) => {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const arrays = unpack(layout, new DataView(bytes.buffer), window.spare ??= {});
  return Object.entries(arrays).map(([name, { shape, data }]) => [name, shape, [...data]]);
}"""


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    page = chromium_browser.new_page()
    page.evaluate(LOAD, assets.javascript("frames.js") + "\nexport { unpack };")
    yield page
    page.close()


def test_page_reads_what_was_packed(page: Page, rng: np.random.Generator):
    for mean in (0.0, 0.1, 0.9, 3.0, 12.0, 250.0, 0.9):
        counts = np.minimum(rng.poisson(mean, (40, 23)), 255).astype(np.uint8)
        arrays = {
            "counts": counts,
            "values": rng.normal(size=(3, 2)).astype(np.float32),
            "steps": np.array([7, -1], np.int32),
        }
        layout, buffer = pack(arrays)

        found = page.evaluate(UNPACK, [layout, base64.b64encode(buffer).decode()])

        assert found == [[name, list(a.shape), a.ravel().tolist()] for name, a in arrays.items()]
