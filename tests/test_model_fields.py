"""Models in the objects of ANNarchy 5 are the same as their text."""

import pytest

from snnlab import ModelError, Neuron, Parameter, Synapse, Variable


def test_objects_and_text_make_the_same_neuron():
    objects = Neuron(
        parameters={"tau": Parameter("20 ms", "local"), "n": Parameter(3, type="int"), "b": 0.5},
        equations=[
            Variable("tau * dv/dt = b - v", init=-1.5, max="n", method="exponential"),
            "r = v",
            Variable("c = t", locality="global", type="int"),
        ],
        name="N",
    )
    text = Neuron(
        parameters="tau = 20 ms : local\nn = 3 : population, int\nb = 0.5",
        equations="""
            tau * dv/dt = b - v : init=-1.5, max=n, exponential
            r = v
            c = t : population, int
        """,
        name="N",
    )

    assert objects.model == text.model


def test_localities_of_a_synapse_keep_their_old_names():
    synapse = Synapse(
        parameters={"eta": Parameter(0.01)},
        equations=[Variable("dtheta/dt = post.r - theta", locality="semiglobal")],
        psp="w * pre.r",
        name="S",
    )

    assert {p.name: p.locality for p in synapse.model.parameters}["eta"] == "projection"
    assert [v.locality for v in synapse.model.variables if v.name == "theta"] == ["postsynaptic"]


def test_a_misspelt_method_of_a_variable_is_named():
    with pytest.raises(ModelError) as error:
        Neuron(equations=[Variable("dr/dt = -r", method="exponantial")], name="N")

    assert "unknown flag 'exponantial'; did you mean `exponential`?" in str(error.value)


def test_a_value_of_another_kind_is_refused():
    with pytest.raises(ModelError) as error:
        Neuron(parameters={"tau": [1, 2]}, equations="r = tau")  # type: ignore[dict-item]

    assert str(error.value) == (
        "parameter 'tau': list is no value; give a number, or text such as '20 ms' or "
        "'Uniform(0, 1)' in a Parameter."
    )
