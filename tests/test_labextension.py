"""The editor of JupyterLab knows the cells of snnlab."""

import re
from pathlib import Path

import nbformat
import pytest
from lab_driver import LabPage
from nbformat.v4 import new_code_cell, new_notebook

from snnlab.language.grammar import NEURON_SECTIONS, SYNAPSE_SECTIONS

pytestmark = pytest.mark.browser

NEURON = '''%%neuron LIF
"""A leaky neuron."""
tau = 20 ms  [5, 100]   # membrane time constant
tau * dv/dt = -v + 25   : init = max(-60, -v), exponential
spike: v > 30 mV
'''

# The colours are the theme's; a test only needs to know which of its variables was used.
COLOUR_OF = """([cell, text]) => {
    const probe = document.createElement('span');
    document.body.append(probe);
    const variables = ['meta', 'def', 'string', 'number', 'attribute', 'comment', 'variable-2',
                       'keyword', 'atom', 'operator'];
    const names = new Map(variables.map(name => {
        probe.style.color = `var(--jp-mirror-editor-${name}-color)`;
        return [getComputedStyle(probe).color, name];
    }));
    probe.remove();
    const spans = [...cell.querySelectorAll('.cm-line span')];
    const span = spans.find(candidate => candidate.textContent.trim() === text);
    return span === undefined ? 'plain' : names.get(getComputedStyle(span).color) ?? 'plain';
}"""


def colour(page: LabPage, cell: int, text: str) -> str:
    """Which of the theme's colours the span with this text has, or "plain"."""
    return page.page.evaluate(
        COLOUR_OF, [page.cells.nth(cell).locator(".cm-content").element_handle(), text]
    )


def wait_for_colour(page: LabPage, cell: int, text: str, name: str) -> None:
    """Until the editor has read what was typed."""
    content = page.cells.nth(cell).locator(".cm-content").element_handle()
    page.page.wait_for_function(
        f"([content, text, name]) => ({COLOUR_OF})([content, text]) === name",
        arg=[content, text, name],
    )


@pytest.fixture
def notebook(lab_page: LabPage, request: pytest.FixtureRequest) -> LabPage:
    """A page that shows a notebook with a neuron's cell and a cell of Python."""
    cells = [NEURON, "d = 20\ndv = 1 # not a model"]
    path = lab_page.server.folder / f"{request.node.name}.ipynb"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(
        new_notebook(cells=[new_code_cell(text) for text in cells], metadata=kernel), path
    )
    lab_page.open(path.name)
    # The language of Python is loaded when its cell is there; colours come with it.
    lab_page.cells.nth(1).locator(".cm-line span").first.wait_for()
    return lab_page


def test_neuron_cell_is_highlighted(notebook: LabPage):
    colours = {
        text: colour(notebook, 0, text)
        for text in (
            "%%neuron",
            "LIF",
            '"""A leaky neuron."""',
            "tau",
            "20",
            "ms",
            "# membrane time constant",
            "dv/dt",
            "init",
            "exponential",
            "spike:",
            "30",
        )
    }
    picture = notebook.screenshot("labextension_highlighting")

    assert picture.stat().st_size > 10_000
    assert colours == {
        "%%neuron": "meta",
        "LIF": "def",
        '"""A leaky neuron."""': "string",
        "tau": "def",
        "20": "number",
        "ms": "attribute",
        "# membrane time constant": "comment",
        "dv/dt": "variable-2",
        "init": "atom",
        "exponential": "atom",
        "spike:": "keyword",
        "30": "number",
    }


def test_highlighting_follows_the_first_line_as_it_is_typed(notebook: LabPage):
    cell = notebook.cells.nth(1).locator(".cm-content")
    before = colour(notebook, 1, "dv/dt")

    cell.click()
    cell.press("ControlOrMeta+Home")
    notebook.page.keyboard.type("%%synapse STDP\ndv/dt = 1\n")

    assert before == "plain"
    wait_for_colour(notebook, 1, "%%synapse", "meta")
    wait_for_colour(notebook, 1, "dv/dt", "variable-2")


def test_python_cell_keeps_the_language_of_the_kernel(notebook: LabPage):
    assert colour(notebook, 1, "# not a model") == "comment"
    assert colour(notebook, 1, "dv") == "plain"


def test_editor_knows_every_section_of_the_grammar():
    source = Path(__file__).parents[1] / "labextension" / "src" / "modelLanguage.ts"
    listed = re.search(r"const SECTIONS = \[(.*?)\];", source.read_text(), re.DOTALL)

    assert listed is not None
    assert set(re.findall(r"'(\w+)'", listed[1])) == {*NEURON_SECTIONS, *SYNAPSE_SECTIONS}


def test_extension_is_where_jupyterlab_looks_for_it():
    from jupyter_core.paths import jupyter_path

    found = [folder for folder in jupyter_path("labextensions") if Path(folder, "snnlab").is_dir()]

    assert found != []
