"""The benchmarks measure what they say: equal networks, ratios, tables."""

import math
import re

import pytest

from benchmarks import contenders, growth, networks, page, race, run
from benchmarks.contenders import Contender
from benchmarks.drift import Drift
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


def test_network_that_does_not_fit_is_refused_in_one_sentence(monkeypatch):
    side = """
import sys
from snnlab.engine import machine
machine.available_memory = lambda: 10**7
from benchmarks.sides import snnlab_side
sys.argv[1:] = "brunel", "1", "float64"
snnlab_side.main()
"""
    monkeypatch.setattr(race, "command", lambda *_: [contenders.sys.executable, "-c", side])

    one = race.race(NETWORKS["brunel"], [Contender("snnlab", 1)], repeats=1)

    assert one.rows[0].problem == (
        "snnlab, 1 thread, float64: ended early: Projection 'E->E exc': 12.9 MB are needed and "
        "10 MB of memory are free; connect fewer neurons, use dtype='float32' or one weight, or "
        "pass procedural=True."
    )


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


def test_network_takes_numbers_of_its_own():
    network = networks.named("brunel:in_degree=300,j=0.5")

    assert isinstance(network, networks.Delta)
    assert (network.in_degree, network.j, network.n) == (300, 0.5, 10_000)
    assert network.name == "brunel:in_degree=300,j=0.5"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("coba", f"networks: no 'coba'; choose from {', '.join(NETWORKS)}."),
        (
            "rate1k:m=3",
            "networks: 'rate1k' has no number 'm'; choose from seconds, settle, tolerance, n, "
            "tau, gain, x_start.",
        ),
        ("rate1k:n=many", "networks: 'n=many' gives no number; write n=1."),
    ],
)
def test_unknown_network_is_refused(text, message):
    with pytest.raises(ValueError, match="networks") as caught:
        networks.named(text)

    assert str(caught.value) == message


def test_options_keep_the_numbers_with_their_network():
    options = run.parse(["--networks", "coba4k:n=100,in_degree=5,brunel", "--threads", "1"])

    assert options.networks == ("coba4k:n=100,in_degree=5", "brunel")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--simulators", "neuron"],
            "benchmarks: no simulator 'neuron'; choose from snnlab, limit, brian2, annarchy, nest.",
        ),
        (["--threads", "0"], "benchmarks: --threads 0 is no number of threads; give 1, 2 ..."),
        (["--repeats", "0"], "benchmarks: --repeats 0 is no round; give 1, 2 ..."),
    ],
)
def test_wrong_option_ends_with_a_sentence(arguments, message):
    with pytest.raises(SystemExit) as caught:
        run.parse(arguments)

    assert str(caught.value) == message


def test_peers_run_with_float64_alone():
    options = run.parse(["--dtypes", "float64,float32", "--threads", "2", "--simulators",
                         "snnlab,nest"])  # fmt: skip

    assert run.contenders(options) == [
        Contender("snnlab", 2), Contender("nest", 2), Contender("snnlab", 2, "float32")
    ]  # fmt: skip


def test_page_holds_every_figure_and_no_markup_of_others():
    rows = [
        row("snnlab", [0.2, 0.3], [21.0, 23.0], megabytes=120.0),
        row("limit", [0.1, 0.1], [21.0, 21.0], megabytes=5.0),
        row("nest", [], [], problem="nest: <script>alert(1)</script>"),
    ]
    curves = [growth.Curve("neurons", "COBA", "snnlab", [(1000, rows[0]), (4000, rows[1])])]

    text = page.page("today", [race.Race(NETWORKS["coba4k"], rows)], {}, curves)

    titles = re.findall("<h2>(.*?)</h2>", text)
    assert titles == [
        "Time over that of the hand-written program, 1 thread, float64",
        "Peak memory of the process, 1 thread, float64",
        "Growth with neurons: COBA",
        "COBA 4,000",
    ]
    assert "<td>2.50 (2.00..3.00)</td>" in text
    assert '<td class="note">nest: &lt;script&gt;alert(1)&lt;/script&gt;</td>' in text
    assert "<script>alert" not in text
    assert not re.search(r'<(script|link|img)[^>]*(src|href)="?http', text)


def test_ratio_figure_shows_both_lines_and_every_bar_whole():
    """Also where all are faster than the program written by hand."""
    rows = [row("snnlab", [0.2, 0.6], [21.0, 21.0]), row("limit", [1.0, 1.0], [21.0, 21.0])]
    slow = [row("snnlab", [1.0, 9.0], [21.0, 21.0]), row("limit", [1.0, 1.0], [21.0, 21.0])]

    def heights(found):
        plot = page.ratio_figure([race.Race(NETWORKS["coba4k"], found)], 1, "float64")
        assert plot is not None
        return plot.y_range

    fast, wide = heights(rows), heights(slow)

    assert fast.start < 0.2
    assert fast.end > 1.5
    assert wide.start < 1.0
    assert wide.end > 9.0


def test_page_draws_the_memory_of_whatever_ran():
    """With the fewest threads, and with float64 where there is any."""
    whole = race.Race(
        NETWORKS["coba4k"],
        [
            race.Row(NETWORKS["coba4k"], Contender("snnlab", n, dtype), megabytes=mb)
            for n, dtype, mb in ((1, "float32", 1.0), (4, "float64", 4.0), (2, "float64", 2.0))
        ],
    )

    text = page.page("today", [whole], {}, [])

    assert re.findall("<h2>(Peak.*?)</h2>", text) == [
        "Peak memory of the process, 2 threads, float64"
    ]
    assert '"2 MB"' in text


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("cuba4k:n=1000", 0.5), ("stdp100:n=20", 1.0), ("brunel:n=2000,in_degree=200,j=0.5", 0.2)],
    ids=["current", "plastic", "delta"],
)
def test_hand_written_program_fires_as_snnlab_does(name, seconds):
    """One definition in two languages; weights, delays and refractory times show in the rate."""
    network = networks.named(name)

    one = race.race(
        network, [Contender("snnlab", 1), Contender("limit", 2)], repeats=1, seconds=seconds
    )

    assert [(r.problem, len(r.times)) for r in one.rows] == [("", 1), ("", 1)]
    rates = [r.rate for r in one.rows]
    assert rates[0] == pytest.approx(rates[1], rel=0.15)


def test_drift_is_that_of_a_line_whatever_single_sizes_do():
    drift = Drift("kernel")
    for k in range(101):
        drift.add(500.0 + 10 * k, 300 + 0.02 * k + (5 if k % 2 else -5))

    assert drift.seconds == 1000
    assert drift.grown == pytest.approx(2, abs=0.1)
    assert str(drift) == (
        "kernel: +2.0 MiB in 1000 s (+7 an hour), from 295 to 297, 295 to 307 MiB"
    )
