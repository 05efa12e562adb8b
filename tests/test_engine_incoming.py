"""Synapses by post neuron: the same as a sort by target gives, in few bytes."""

import numpy as np
import pytest

from snnlab.engine import incoming
from snnlab.engine.incoming import form_of, synapses_of
from snnlab.engine.rows import ends_of, narrow

RNG = np.random.default_rng(1)


def rows(lengths, n_post):
    """Row ends, and targets that ascend within each row."""
    targets = [np.sort(RNG.integers(0, n_post, n)) for n in lengths]
    return ends_of(np.asarray(lengths)), np.concatenate(targets).astype(narrow(n_post))


CASES = {
    "none": (np.zeros(10, int), 20),
    "several onto a neuron": (RNG.integers(0, 80, 300), 30),
    "short rows": (RNG.integers(0, 4, 5000), 300),
    "mostly empty rows": (np.where(np.arange(50_000) % 1000, 0, 700), 1000),
    "few long rows": (np.full(20, 3000), 100_000),
}


@pytest.mark.parametrize("form", ["few", "columns", "distances"])
@pytest.mark.parametrize("case", CASES)
def test_synapses_are_those_of_a_sort_by_target(monkeypatch, form, case):
    lengths, n_post = CASES[case]
    monkeypatch.setattr(incoming, "form_of", lambda *sizes: form)
    ends, targets = rows(lengths, n_post)

    seen = incoming.incoming(ends, targets, n_post)

    assert seen.entries is not None
    assert seen.sources is not None
    found = synapses_of(seen.entries, seen.bits, seen.ends)
    neurons = np.repeat(np.arange(n_post), np.diff(seen.ends))[found >= 0]
    found = found[found >= 0]
    order = np.argsort(targets, kind="stable")
    assert (found == order).all()
    assert (neurons == targets[order]).all()
    if form != "distances":
        sources = np.repeat(np.arange(len(lengths)), lengths)
        assert (seen.sources == sources[order]).all()


def test_a_distance_too_long_for_its_bits_goes_over_several_entries(monkeypatch):
    """One neuron has the first and the last synapse, and in between are more than 2**20."""
    monkeypatch.setattr(incoming, "form_of", lambda *sizes: "distances")
    targets = np.ones(3_000_000, np.uint16)
    targets[0] = targets[-1] = 0
    ends = np.array([0, 1, 2_999_999, 3_000_000])

    seen = incoming.incoming(ends, targets, 2)

    assert seen.entries is not None
    assert seen.bits is not None
    assert seen.bits[0] == 4
    assert seen.ends[1] == 1 + 1 + 2  # 2,999,999 = 2 (2**20 - 1) + the rest
    found = synapses_of(seen.entries, seen.bits, seen.ends)[: seen.ends[1]]
    assert found.tolist() == [0, -1, -1, 2_999_999]


@pytest.mark.parametrize(
    ("sizes", "form"),
    [
        ((65_536, 65_536, 2**16), "few"),
        ((65_536, 65_536, 2**16 + 1), "columns"),
        ((65_536, 65_536, 2**24), "columns"),
        ((65_537, 10, 100), "distances"),
        ((10, 65_537, 100), "distances"),
        ((10_000, 10_000, 2**24 + 1), "distances"),
    ],
)
def test_numbers_that_do_not_fit_are_told_by_distances(sizes, form):
    assert form_of(*sizes) == form


def test_large_projections_take_little_more_than_three_bytes():
    ends, targets = rows(np.full(100_000, 30), 100_000)
    order = np.argsort(targets, kind="stable")

    seen = incoming.incoming(ends, targets, 100_000)

    assert seen.entries is not None
    assert seen.sources is not None
    assert seen.entries.nbytes + seen.sources.nbytes < 3.1 * len(targets)
    found = synapses_of(seen.entries, seen.bits, seen.ends)
    assert (found[found >= 0] == order).all()
