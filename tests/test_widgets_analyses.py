"""Which analyses a dashboard shows, and what their numbers are made of."""

import numpy as np
import pytest
from fakes import FakeNetwork
from test_widgets_dashboard import Page, unpacked

from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import FixedProbability
from snnlab.network.distributions import Normal
from snnlab.network.network import Network
from snnlab.widgets.analyses import (
    MAX_ANALYSES,
    MAX_WEIGHTS,
    PERIOD,
    Analyses,
    Matrix,
    Phase,
    Spectrum,
    Weights,
)
from snnlab.widgets.feed import Feed, picture_of

CLOCK = """
v = v + 1
u = 0.5*v + 0*(g_exc + g_inh)
total = total + 1 : population
spike: v > 249
reset: v = 0
"""


@pytest.fixture
def network() -> Network:
    """Neurons that spike together every 25 ms."""
    network = Network(dt=0.1, seed=1)
    cells = network.add(40, Neuron.from_cell(CLOCK, "clock"), name="cells")
    rule = FixedProbability(0.5)
    network.connect(cells, cells, "exc", weight=Normal(1.0, 0.1), connector=rule, name="loop")
    return network


@pytest.fixture
def feed(network: Network) -> Feed:
    feed = Feed(network, picture_of(network), 100.0)
    feed.listen()
    return feed


@pytest.fixture
def analyses(network: Network, feed: Feed) -> Analyses:
    return Analyses(network, feed)


def test_analyses_are_of_what_the_network_does(network, feed, analyses):
    for analysis in (Weights("loop"), Phase("cells", 3, "u", "v"), Spectrum("cells")):
        assert analyses.add(analysis) == ""
    network.record(network.populations["cells"], ["v", "u"])
    network.simulate(1000)
    feed.drain()

    arrays = analyses.arrays(0.0, whole=True)

    traces = network.traces["cells"]
    assert [about["title"] for about in analyses.describe()] == [
        "Weights of loop",
        "v against u of cells[3]",
        "Spectrum of the rate of cells",
    ]
    assert arrays["analysis-1-y"].sum() == network.projections["loop"].size
    np.testing.assert_array_equal(arrays["analysis-2-x"], traces["u"][-1000:, 3])
    np.testing.assert_array_equal(arrays["analysis-2-y"], traces["v"][-1000:, 3])
    peak = arrays["analysis-3-x"][np.argmax(arrays["analysis-3-y"])]
    assert peak % 40 == 0


def test_analyses_come_at_most_twice_a_second_unless_the_whole_window_does(analyses):
    analyses.add(Weights("loop"))

    assert analyses.arrays(10.0, whole=True)
    assert not analyses.arrays(10.1, whole=False)
    assert not analyses.due(10.1 + 0.5 * PERIOD)
    assert analyses.due(10.1 + PERIOD)  # what the frame before has left out
    assert analyses.arrays(10.1 + PERIOD, whole=False)
    assert not analyses.due(20.0)


def test_without_analyses_a_frame_has_nothing_of_them(analyses):
    assert analyses.arrays(10.0, whole=True) == {}
    assert not analyses.due(20.0)


def test_phase_portrait_taken_away_gives_its_streams_back(network, analyses):
    analyses.add(Phase("cells", 3, "u", "v"))
    followed = len(network._recordings.taps)

    analyses.remove(1)

    assert followed - len(network._recordings.taps) == 2
    assert analyses.describe() == []


def test_spikes_that_are_no_longer_known_are_not_counted_as_silence(network, feed):
    network.simulate(200)
    feed.drain()
    history = feed._spikes["cells"].history
    history.max_values = 100
    history.append(np.array([1999]), np.array([0]))

    counts = feed.counts("cells", 0, 2000, 10)

    assert counts.sum() <= 100
    assert len(counts) < 200


@pytest.mark.parametrize(
    ("analysis", "reason"),
    [
        (Weights("x"), "Plots: there is no projection 'x'; reload the dashboard."),
        (Phase("x", 0, "u", "v"), "Plots: there is no population 'x'; reload the dashboard."),
        (
            Phase("cells", 0, "total", "v"),
            "Plots: cells has no variable 'total' of each neuron; choose one from the list.",
        ),
        (
            Phase("cells", 0, "v", "v"),
            "Plots: 'v' stands on both axes; choose two variables.",
        ),
        (
            Phase("cells", 40, "u", "v"),
            "Plots: cells has no neuron 40; type a number from 0 to 39.",
        ),
        (Spectrum("x"), "Plots: no population 'x' spikes; choose one from the list."),
    ],
    ids=["projection", "population", "not of each", "twice", "neuron", "silent"],
)
def test_analysis_that_there_is_not_is_refused(analyses, analysis, reason):
    assert analyses.add(analysis) == reason
    assert analyses.describe() == []


def test_matrix_of_synapses_that_are_not_stored_is_refused(network, analyses):
    cells = network.populations["cells"]
    network.connect(cells, cells, "inh", weight=1.0, name="drawn", procedural=True)

    assert analyses.choices()["matrix"] == ["loop"]
    assert analyses.add(Matrix("drawn")) == (
        "Plots: the synapses of 'drawn' are not stored, so they have no matrix; choose the "
        "histogram of its weights."
    )


def test_matrix_follows_plastic_weights():
    network = Network(dt=0.1, seed=1)
    cells = network.add(40, Neuron.from_cell(CLOCK, "clock"), name="cells")
    growing = Synapse(pre_spike="g_target += w\nw += 0.5", name="Growing")
    rule, start = FixedProbability(0.5), Normal(1.0, 0.1)
    loop = network.connect(cells, cells, "exc", rule, synapse=growing, weight=start, name="loop")
    analyses = Analyses(network, Feed(network, picture_of(network), 100.0))
    analyses.add(Matrix("loop"))
    before = analyses.arrays(0.0, whole=True)["analysis-1-y"]
    network.simulate(30)

    arrays = analyses.arrays(1.0, whole=True)

    matrix = np.full((40, 40), np.nan)
    matrix[loop.targets, loop.sources] = loop.w
    assert len(before) == 0
    assert loop.w.min() > 1
    np.testing.assert_allclose(arrays["analysis-1-y"], matrix)
    np.testing.assert_array_equal(arrays["analysis-1-x"], np.isfinite(matrix))


def test_matrix_follows_synapses_that_go():
    network = Network(dt=1.0, seed=1)
    held = network.add(3, Neuron(equations="r = r + 0*sum(exc)", name="Held"), name="held")
    held.r = [1.0, 0.1, 2.0]
    ageing = Synapse(
        equations="age += pre.r : init = 0.0", psp="w * pre.r", pruning="age > 5", name="Ageing"
    )
    loop = network.connect(held, held, "exc", weight=1.0, synapse=ageing, name="loop")
    loop.start_pruning(period=1.0)
    analyses = Analyses(network, Feed(network, picture_of(network), 100.0))
    analyses.add(Matrix("loop"))
    network.simulate(1)
    before = analyses.arrays(0.0, whole=True)["analysis-1-x"]

    network.simulate(3)

    after = analyses.arrays(1.0, whole=True)["analysis-1-x"]
    np.testing.assert_array_equal(before, [[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    np.testing.assert_array_equal(after, [[0, 1, 0], [1, 0, 0], [1, 1, 0]])  # the third's are gone


def test_page_of_an_analysis_holds_its_values_and_no_link(network, feed, analyses):
    shown = (Weights("loop"), Matrix("loop"), Phase("cells", 3, "u", "v"), Spectrum("cells"))
    for analysis in shown:
        analyses.add(analysis)
    empty = [analyses.page(number) for number in range(1, 5)]
    network.simulate(100)
    feed.drain()

    pages = [analyses.page(number) for number in range(1, 5)]

    assert [kind for kind, _ in pages] == ["weights", "matrix", "phase", "spectrum"]
    assert [kind for kind, _ in empty] == [kind for kind, _ in pages]
    for (_, page), about in zip(pages, analyses.describe(), strict=True):
        assert f"<title>{about['title']}</title>" in page
        assert "<script src" not in page
    assert analyses.page(5) is None


def test_number_of_analyses_is_bounded(analyses):
    for neuron in range(MAX_ANALYSES):
        analyses.add(Phase("cells", neuron, "u", "v"))

    assert analyses.add(Weights("loop")) == (
        "Plots: 6 analyses are shown already; remove one first."
    )


def test_weights_of_many_synapses_are_sampled():
    network = Network(dt=0.1, seed=1)
    cells = network.add(1200, Neuron.from_cell(CLOCK, "clock"), name="cells")
    loop = network.connect(cells, cells, "exc", weight=Normal(1, 0.1), name="loop", procedural=True)

    weights = loop.some_weights(MAX_WEIGHTS)

    assert len(weights) == MAX_WEIGHTS
    assert loop.size > MAX_WEIGHTS
    np.testing.assert_array_equal(weights, loop.w[:MAX_WEIGHTS])


def test_looking_at_weights_builds_no_synapses(network):
    cells = network.populations["cells"]
    same = network.connect(cells, cells, "inh", weight=2.0, connector=FixedProbability(0.5))

    before = same.some_weights(10)
    network.simulate(1)

    assert len(before) == 0
    assert same.some_weights(10).tolist() == [2.0]


def test_page_adds_an_analysis_and_takes_it_away():
    network = FakeNetwork({"E": 80, "I": 20})
    page = Page(network)
    network.advance(5000)
    assert page.join()["analysable"] == {
        "weights": ["I->E inh"],
        "matrix": ["I->E inh"],
        "phase": [],
        "spectrum": ["E", "I"],
    }
    page.frame()

    page.say(type="spectrum", population="E")
    described = page.next("analyses")[0]["analyses"]
    page.say(type="step")
    page.dashboard._pump.set_window(200.0)
    content, (buffer,) = page.next("frame")
    page.say(type="unanalyse", number=1)

    assert [about["title"] for about in described] == ["Spectrum of the rate of E"]
    assert unpacked(content["layout"], buffer)["analysis-1-x"][-1] == 500.0
    assert page.next("analyses")[0]["analyses"] == []
    page.dashboard.close()
