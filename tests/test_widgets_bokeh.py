"""How widgets come to BokehJS: one kernel sends it for all widgets of a page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from snnlab.widgets import assets

pytestmark = pytest.mark.browser

# Two widgets, each with a copy of the module of its own, as a page has them. `sent` are the
# messages to their kernels, `answer` is what the kernel of one of them sends.
WIDGETS = """
async (text) => {
  const sent = [], listeners = {}, shown = [];
  const model = (name, broken) => ({
    get: () => "1.2.3",
    on: (event, listener) => (listeners[name] ??= []).push(listener),
    off: (event, listener) => (listeners[name] = listeners[name].filter((one) => one !== listener)),
    send: () => {
      sent.push(name);
      if (broken) throw new Error("closed");
    },
  });
  window.sent = sent;
  window.shown = shown;
  window.show = async (name, broken = false) => {
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    const { bokehOf } = await import(url);
    const done = ({ version }) => shown.push(`${name} ${version}`);
    bokehOf(model(name, broken)).then(done, (error) => shown.push(error.message));
  };
  window.answer = (name) => {
    const script = "var runs = (runs ?? 0) + 1, Bokeh = { version: '1.2.3' };";
    for (const listener of listeners[name]) listener({ type: "bokeh" }, [script]);
  };
  window.listening = () => Object.values(listeners).flat().length;
}
"""


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    page = chromium_browser.new_page()
    page.clock.install()
    page.goto("about:blank")
    page.evaluate(WIDGETS, assets.javascript("bokeh.js") + "\nexport { bokehOf };")
    yield page
    page.close()


def show(page: Page, *names: str, broken: bool = False) -> None:
    for name in names:
        page.evaluate("([name, broken]) => show(name, broken)", [name, broken])


def test_one_widget_asks_for_all(page: Page):
    show(page, "first", "second", "third")
    page.clock.run_for(1000)

    page.evaluate("answer('first')")
    page.wait_for_function("shown.length === 3")
    page.clock.run_for(60_000)

    assert page.evaluate("sent") == ["first"]
    assert page.evaluate("shown") == ["first 1.2.3", "second 1.2.3", "third 1.2.3"]
    assert page.evaluate("runs") == 1
    assert page.evaluate("listening()") == 0


def test_widget_that_is_closed_before_its_answer_holds_nobody_up(page: Page):
    show(page, "first", "second", "third")

    page.clock.run_for(2500)
    assert page.evaluate("sent") == ["first", "second"]
    page.evaluate("answer('second')")
    page.wait_for_function("shown.length === 3")
    page.clock.run_for(60_000)

    assert page.evaluate("sent") == ["first", "second"]


def test_widget_that_cannot_ask_leaves_it_to_the_next(page: Page):
    show(page, "first", broken=True)
    show(page, "second")

    page.clock.run_for(2500)
    page.evaluate("answer('second')")
    page.wait_for_function("shown.length === 2")

    assert page.evaluate("sent") == ["first", "second"]


def test_page_that_has_it_asks_nobody(page: Page):
    page.evaluate("() => { globalThis.Bokeh = { version: '1.2.3' }; }")

    show(page, "first")
    page.wait_for_function("shown.length === 1")

    assert page.evaluate("sent") == []
    assert page.evaluate("shown") == ["first 1.2.3"]
