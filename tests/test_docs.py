"""The pages for users: their Python runs as it stands, and their neurons are understood."""

import re
import warnings
from pathlib import Path

import pytest

from snnlab.model.neuron import Neuron

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


@pytest.mark.parametrize("page", ["inputs.md", "recording.md"])
def test_code_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    known: dict = {}

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number, (language, text) in enumerate(blocks):
            if language == "neuron":
                Neuron.from_cell(text, "Page")
            else:
                code = compile(text, f"{page}, block {number}", "exec")
                exec(code, known)  # noqa: S102 (our own documentation)

    net = known["net"]
    assert net.time > 0
    assert len(net.spikes["E"]) > 0
