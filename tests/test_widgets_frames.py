"""What the page reads out of a frame and draws of it."""

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
    for name, function in (("frames.js", "unpack"), ("paint.js", "rateLine")):
        page.evaluate(LOAD, assets.javascript(name) + f"\nexport {{ {function} }};")
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


@pytest.mark.parametrize(("oldest", "n_left_out"), [(0, 0), (7, 4)])
def test_rate_of_a_window_begins_with_whole_means(page: Page, oldest: int, n_left_out: int):
    """Bursts each 5 ms: of fewer columns of 1 ms than 5 the mean would be 0 or 1000 Hz."""
    rates = page.evaluate(
        """([oldest, sums]) => {
            const n = sums.length;
            const slot = column => column % n;
            const ring = new Float32Array(n);
            sums.forEach((sum, i) => { ring[slot(oldest + i)] = sum; });
            const newest = oldest + n - 1;
            const window = { oldest, newest, bands: 1, columnTime: 1, sums: ring, slot };
            const { y } = rateLine(window, { neurons: 2 }, 0);
            return [...y].map(rate => Number.isNaN(rate) ? null : rate);
        }""",
        [oldest, [2, 0, 0, 0, 0] * 4],
    )

    assert rates[:n_left_out] == [None] * n_left_out
    assert rates[4:] == [200] * 15
    assert oldest > 0 or rates[:4] == pytest.approx([1000, 500, 1000 / 3, 250])
