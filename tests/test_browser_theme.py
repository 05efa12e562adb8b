"""Cards and widgets are readable where JupyterLab and MathJax are not: VS Code, exported pages."""

import pytest
from models import LIF
from playwright.sync_api import Browser

from snnlab import Neuron
from snnlab.widgets import assets, card_text

pytestmark = pytest.mark.browser

# VS Code's dark theme, and the light colours of Jupyter that it gives to widgets.
VSCODE = """:root {
    --jp-ui-font-color1: rgba(0, 0, 0, 0.8); --jp-layout-color0: white;
    --vscode-editor-foreground: rgb(212, 212, 212); --vscode-editor-background: rgb(30, 30, 30);
}"""
COLOURS = """selector => {
    const { color, backgroundColor } = getComputedStyle(document.querySelector(selector));
    return [color, backgroundColor];
}"""


@pytest.mark.parametrize(
    ("kind", "colours"),
    [
        ('data-vscode-theme-kind="vscode-dark"', ["rgb(212, 212, 212)", "rgb(30, 30, 30)"]),
        ("", ["rgba(0, 0, 0, 0.8)", "rgb(255, 255, 255)"]),
    ],
    ids=["VS Code", "JupyterLab"],
)
def test_widgets_have_the_colours_of_their_page(chromium_browser: Browser, kind, colours):
    page = chromium_browser.new_page()
    style = (
        f"<style>{VSCODE} {assets.stylesheet('colours.css', 'theme.css', 'dashboard.css')}</style>"
    )

    page.set_content(f"{style}<body {kind}><div class='snn snn-dashboard'>text</div></body>")

    assert page.evaluate(COLOURS, ".snn-dashboard") == colours
    page.close()


def test_widgets_are_readable_without_any_theme(chromium_browser: Browser):
    page = chromium_browser.new_page()
    style = f"<style>{assets.stylesheet('colours.css', 'theme.css', 'dashboard.css')}</style>"

    page.set_content(f"{style}<body><div class='snn snn-dashboard'>text</div></body>")

    assert page.evaluate(COLOURS, ".snn-dashboard") == ["rgb(33, 33, 33)", "rgb(255, 255, 255)"]
    page.close()


def test_exported_card_shows_equations_without_mathjax(chromium_browser: Browser):
    page = chromium_browser.new_page()

    page.set_content(card_text.static_html(Neuron.from_cell(LIF, "LIF")))

    assert "$$" not in page.inner_text("body")
    fraction = page.locator("mfrac").first.bounding_box()
    letter = page.locator("mfrac mi").last.bounding_box()
    assert fraction is not None
    assert letter is not None
    assert fraction["height"] > 1.5 * letter["height"]  # one above the other
    page.close()


@pytest.mark.parametrize(
    ("kind", "shown", "hidden"),
    [
        ('data-vscode-theme-kind="vscode-dark"', ".snn-mathml", ".snn-tex"),
        ("", ".snn-tex", ".snn-mathml"),
    ],
    ids=["VS Code", "JupyterLab"],
)
def test_card_shows_its_equations_once(chromium_browser: Browser, kind, shown, hidden):
    page = chromium_browser.new_page()
    style = f"<style>{assets.stylesheet('colours.css', 'theme.css', 'model_card.css')}</style>"
    card = card_text.equations_html(Neuron.from_cell(LIF, "LIF"))

    page.set_content(f"{style}<body {kind}><div class='snn-card'>{card}</div></body>")

    assert page.locator(f".snn-math {shown}").is_visible()
    assert page.locator(f".snn-math {hidden}").is_hidden()
    page.close()
