"""Durations become steps in one place; a schedule is a table."""

import warnings

import pytest

from snnlab.engine.schedule import OffGridWarning, Phase, Schedule, steps


@pytest.mark.parametrize(
    ("duration", "dt", "n"),
    [
        (0.0, 0.1, 0),
        (0.1, 0.1, 1),
        (0.3, 0.1, 3),  # 0.3/0.1 is 2.9999999999999996
        (0.7, 0.1, 7),
        (1000.0, 0.1, 10_000),
        (100_000.3, 0.1, 1_000_003),
        (1.5, 0.125, 12),
        (5.0, 0.01, 500),
    ],
)
def test_duration_on_the_grid_is_exact(duration, dt, n):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert steps(duration, dt, what="x") == n


@pytest.mark.parametrize(
    ("duration", "n", "used"), [(0.24, 2, "0.2"), (0.26, 3, "0.3"), (0.04, 0, "0")]
)
def test_duration_off_the_grid_is_rounded_with_a_warning(duration, n, used):
    with pytest.warns(OffGridWarning) as caught:
        assert steps(duration, 0.1, what="Projection 'A->B exc': delay") == n

    assert [str(w.message) for w in caught] == [
        f"Projection 'A->B exc': delay: {duration} ms is no multiple of dt = 0.1 ms; "
        f"{used} ms is used."
    ]


@pytest.mark.parametrize(("duration", "n"), [(0.04, 1), (0.06, 1), (0.1, 1), (0.0, 1), (0.3, 3)])
def test_duration_shorter_than_the_least_is_told_with_what_is_used(duration, n):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert steps(duration, 0.1, what="delay", least=1) == n

    told = f"delay: {duration} ms is shorter than dt = 0.1 ms; 0.1 ms is used."
    assert [str(w.message) for w in caught] == [told] * (0 < duration < 0.1)


def test_schedule_prints_as_a_table():
    schedule = Schedule(
        (
            Phase("deliver", "E->E exc", "spikes of 1.5 ms ago reach g_exc"),
            Phase("update", "E", "equations, spike test, reset"),
            Phase("barrier", "", "neurons are updated"),
        )
    )

    assert str(schedule) == (
        "one step:\n"
        "  1  deliver   E->E exc  spikes of 1.5 ms ago reach g_exc\n"
        "  2  update    E         equations, spike test, reset\n"
        "  3  barrier             neurons are updated\n"
        "     t advances by dt"
    )
