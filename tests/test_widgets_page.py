"""What widgets share of their page: telling the kernel, and where BokehJS may draw."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from snnlab.widgets import assets

pytestmark = pytest.mark.browser

LOAD = """async text => {
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    window.shared = await import(url);
}"""
# BokehJS refuses to draw where the page does not see it.
EMBED = """() => {
    window.drawn = [];
    const embed_item = async (item, target) => {
        if (!target.isConnected) throw new Error("must be under <body>");
        drawn.push(item);
    };
    window.target = document.createElement("div");
    target.append("figure");
    window.done = shared.embed({ embed: { embed_item } }, "item", target);
}"""


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    page = chromium_browser.new_page()
    page.goto("about:blank")
    page.evaluate(LOAD, assets.javascript("page.js") + "\nexport { embed, tell };")
    yield page
    page.close()


def test_figures_wait_until_their_place_is_in_the_page(page: Page):
    page.evaluate(EMBED)
    early = page.evaluate("new Promise(done => setTimeout(() => done([...drawn]), 50))")

    page.evaluate("async () => { document.body.append(target); await done; }")

    assert early == []
    assert page.evaluate("drawn") == ["item"]


def test_a_kernel_that_has_ended_is_told_nothing(page: Page):
    told = page.evaluate(
        """() => {
            const sent = [];
            shared.tell({ send: message => sent.push(message) }, "hello");
            shared.tell({ send: () => { throw new Error("Cannot send"); } }, "hello");
            return sent;
        }"""
    )

    assert told == ["hello"]
