"""Every malformed model is refused with its place, what is wrong and what to do."""

import pytest
from bad_models import BAD_MODELS

from snnlab.errors import ModelError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [case[1:] for case in BAD_MODELS],
    ids=[case[0] for case in BAD_MODELS],
)
def test_malformed_model_is_refused(kind, text, message):
    with pytest.raises(ModelError) as error:
        {"neuron": Neuron, "synapse": Synapse}[kind].from_cell(text, "M")

    assert str(error.value) == message


def test_error_in_a_string_field_names_the_field():
    with pytest.raises(ModelError) as error:
        Neuron("tau = 10.", "dv/dt = -v/tua", spike="v > 1", name="LIF")

    assert str(error.value) == (
        "LIF equations, line 1, column 12: unknown name 'tua'; did you mean `tau`?\n"
        "    dv/dt = -v/tua\n"
        "               ^^^"
    )
    assert (error.value.line, error.value.column) == (1, 12)


def test_parameter_of_a_string_model_cannot_be_reset():
    with pytest.raises(ModelError) as error:
        Neuron("V = 1.", "dv/dt = -v", spike="v > V", reset="V = 2", name="N")

    assert str(error.value) == (
        "N reset, line 1, column 1: 'V' is a parameter and cannot be changed here; "
        "make it a variable with an equation.\n"
        "    V = 2\n"
        "    ^"
    )


def test_text_over_the_size_limit_is_refused():
    with pytest.raises(ModelError) as error:
        Neuron.from_cell("#" * 70_000, "N")

    assert str(error.value) == "N: the text has 70000 bytes, more than 65536; split the model."


@pytest.mark.parametrize(
    "give",
    [
        lambda text: Neuron(equations=text),
        lambda text: Neuron.from_cell("equations:\n" + text.replace("spike", "  spike"), "N"),
    ],
    ids=["argument", "cell"],
)
def test_section_within_another_text_is_told_where_it_belongs(give):
    with pytest.raises(ModelError, match="the section 'spike' cannot begin here; give it without"):
        give("  dr/dt = -r/ms\nspike: r > 1")


def test_name_in_the_place_of_the_text_is_refused():
    with pytest.raises(ModelError, match=r"begins with 'dr/dt = -r' and has .* text first"):
        Neuron.from_cell("LIF", "dr/dt = -r\nspike: r > 1")
