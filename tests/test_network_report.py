"""The report of a network: its tables in three forms, with every text escaped."""

from textwrap import dedent

import pytest

from snnlab import FixedProbability, Network, NetworkError, Neuron

CELL = '''"""A <b>leaky</b> neuron_1 & more."""
tau = 20 ms  # membrane | time
tau * dv/dt = -v + g_exc
spike: v > 1
reset: v = 0
'''


@pytest.fixture
def network():
    net = Network(dt=0.1, seed=4)
    exc = net.add(100, Neuron.from_cell(CELL, "LIF"), name="E_1")
    exc.tau = 10
    net.connect(exc, exc, "exc", FixedProbability(0.1), weight=0.5, delay=1.5)
    net.record(exc, ["v"], neurons=[0, 1])
    return net


def test_markdown_report_is_the_whole_network(network):
    n_synapses = network.projections["E_1->E_1 exc"].size
    equations = network.populations["E_1"].neuron.latex

    assert network.report().markdown == dedent(
        f"""\
        ### Model summary

        |  |  |
        | --- | --- |
        | Populations | E\\_1 |
        | Neurons | 100 |
        | Synapses | {n_synapses} |
        | Connectivity | FixedProbability |
        | Neuron models | LIF |
        | Synapse models | static |
        | Plasticity | none |
        | Time step | 0.1 ms |
        | Seed | 4 |
        | Numbers | float64 |

        ### Populations

        | Name | Neuron | Size |
        | --- | --- | --- |
        | E\\_1 | LIF | 100 |

        ### Connectivity

        | Name | Source | Target | Receptor | Pattern | Weight | Delay (ms) | Synapse |
        | --- | --- | --- | --- | --- | --- | --- | --- |
        | E\\_1-\\>E\\_1 exc | E\\_1 | E\\_1 | exc | \
FixedProbability(p=0.1, self\\_connections=False) | 0.5 | 1.5 | static |

        ### Neuron LIF

        A \\<b\\>leaky\\</b\\> neuron\\_1 & more.

        $$
        EQUATIONS
        $$

        | Parameter | Value | Unit | Meaning |
        | --- | --- | --- | --- |
        | tau | 20 | ms | membrane \\| time |

        ### Parameters of population E\\_1

        | Parameter | Value | Unit |
        | --- | --- | --- |
        | tau | 10 | ms |

        ### Measurements

        | Population | What | Neurons |
        | --- | --- | --- |
        | E\\_1 | spikes | 100 |
        | E\\_1 | v | 2 |
        """
    ).replace("EQUATIONS", equations)


def test_html_report_escapes_the_texts_of_the_model(network):
    text = network.report().html

    assert "<p>A &lt;b&gt;leaky&lt;/b&gt; neuron_1 &amp; more.</p>" in text
    assert "<td>E_1-&gt;E_1 exc</td>" in text
    assert "<b>" not in text


def test_latex_report_escapes_the_texts_of_the_model(network):
    text = network.report().latex

    assert (
        r"A \textless{}b\textgreater{}leaky\textless{}/b\textgreater{} neuron\_1 \& more." in text
    )
    assert r"tau & 20 & ms & membrane | time \\" in text
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 6


def test_a_report_is_saved_in_the_form_of_its_ending(network, tmp_path):
    report = network.report()

    for name, form in (("a.md", report.markdown), ("a.tex", report.latex), ("a.html", report.html)):
        report.save(tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8") == form


def test_a_report_refuses_another_ending(network, tmp_path):
    with pytest.raises(NetworkError) as error:
        network.report().save(tmp_path / "a.pdf")

    assert str(error.value) == (
        "report: cannot write 'a.pdf'; use a name that ends in .md, .tex or .html."
    )


def test_a_report_says_that_it_cannot_be_written(network, tmp_path):
    path = tmp_path / "missing" / "a.md"

    with pytest.raises(NetworkError) as error:
        network.report().save(path)

    assert str(error.value) == (
        f"report: '{path}' cannot be written (No such file or directory); choose another path."
    )


def test_a_name_in_brackets_is_no_option_in_latex():
    net = Network()
    net.add(1, Neuron.from_cell("tau = 1 ms\ntau * dr/dt = -r", "N"), name="[E]")

    assert "\n{[}E] & N & 1 \\\\\n" in net.report().latex
