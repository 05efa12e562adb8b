"""The benchmarks measure what they say: equal networks, ratios, tables."""

import math

import pytest

from benchmarks import contenders, networks, race
from benchmarks.contenders import Contender
from benchmarks.networks import NETWORKS
from benchmarks.ratios import Ratio, agrees, ratio
from benchmarks.tables import cells, figure, table


def test_ratio_is_taken_round_by_round():
    assert ratio([2.0, 9.0, 4.0], [1.0, 3.0, 1.0]) == Ratio(3.0, 2.0, 4.0)
    assert str(ratio([2.0, 9.0, 4.0], [1.0, 3.0, 1.0])) == "3.00 (2.00..4.00)"


def test_ratio_of_programs_that_share_no_round_is_none():
    assert ratio([], [1.0]) is None


@pytest.mark.parametrize(
    ("rate", "expected"), [(11.0, True), (9.0, True), (11.1, False), (0.0, False)]
)
def test_rates_agree_within_the_tolerance(rate, expected):
    assert agrees(rate, 10.0, 0.1) is expected


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0.0, "0"), (1234.5, "1234"), (12.345, "12.3"), (0.0123456, "0.0123"),
     (2e-5, "2.0e-05")],
)  # fmt: skip
def test_figure_has_three_digits(value, text):
    assert figure(value) == text


def test_table_has_columns_of_their_widest_cell():
    assert table(("a", "bcd"), [("xyz", "")]) == "a    bcd\n---  ---\nxyz"


def row(simulator, times, rates, **options):
    made = race.Row(NETWORKS["coba4k"], Contender(simulator, 1), **options)
    made.times, made.rates = times, rates
    return made


def test_table_marks_a_rate_unlike_the_others():
    rows = [
        row("snnlab", [0.2, 0.3], [21.0, 23.0]),
        row("limit", [0.1, 0.1], [21.0, 21.0]),
        row("nest", [1.0, 1.0], [60.0, 60.0]),
    ]

    text = cells(race.Race(NETWORKS["coba4k"], rows))

    assert text[0][5:8] == ["0.250", "2.50 (2.00..3.00)", ""]
    assert [one[-1] for one in text] == ["", "", "RATE: 60, the median of all is 22"]


def test_program_that_fails_is_a_row_that_says_so():
    rows = [row("snnlab", [0.2], [21.0]), row("nest", [], [], problem="nest: not installed.")]

    text = cells(race.Race(NETWORKS["coba4k"], rows))

    assert text[1][1:] == ["nest", "1", "float64", *[""] * 7, "nest: not installed."]


def test_program_that_ends_early_says_its_last_words(monkeypatch):
    complain = "import sys; print('half'); sys.exit('no licence')"
    monkeypatch.setattr(race, "command", lambda *_: [contenders.sys.executable, "-c", complain])

    one = race.race(NETWORKS["coba4k"], [Contender("nest", 1)], repeats=1)

    assert one.rows[0].problem == "nest, 1 thread, float64: ended early: no licence"


def test_external_spikes_of_brunel_are_those_of_the_paper():
    """Twice the rate that reaches the threshold on average: theta / (J tau) = 10 Hz x 1,000."""
    brunel = NETWORKS["brunel"]

    assert isinstance(brunel, networks.Delta)
    assert brunel.external_rate == pytest.approx(25.0)
    assert brunel.external_spikes == pytest.approx(2.0)


def test_microcircuit_has_the_published_numbers():
    """Table 5 of the paper and the numbers that NEST's example derives from it."""
    full, tenth = NETWORKS["pd100"], NETWORKS["pd10"]

    assert isinstance(full, networks.Microcircuit)
    assert isinstance(tenth, networks.Microcircuit)
    assert (full.n, tenth.n, tenth.n_synapses) == (77_169, 7_717, 2_988_807)
    assert full.full_weight == pytest.approx(87.808, abs=5e-4)
    assert tenth.weight(0, 2) == pytest.approx(555.350, abs=5e-4)
    assert tenth.counts[0][:3] == (454_998, 223_236, 202_536)
    assert tenth.current(0) == pytest.approx(29.035, abs=5e-4)
    assert tenth.external_spikes(6) == pytest.approx(0.232)


def test_most_spikes_leaves_less_than_a_draw_of_32_bits_can_show():
    def beyond(n):
        return math.fsum(math.exp(-2) * 2**k / math.factorial(k) for k in range(n + 1, 60))

    most = networks.most_spikes(2.0)

    assert beyond(most) < 2**-32 < beyond(most - 1)
