"""How much memory is left, from files as Linux writes them."""

import pytest

from snnlab.engine import machine

MEMINFO = (
    "MemTotal: 16000000 kB\nMemFree: 1000000 kB\nMemAvailable: 8000000 kB\nHugePages_Total: 0\n"
)


@pytest.fixture
def system(tmp_path, monkeypatch):
    """Writes files of a pretended system, by their path."""
    monkeypatch.setattr(machine, "PROC", tmp_path / "proc")
    monkeypatch.setattr(machine, "CGROUPS", tmp_path / "cgroup")

    def write(**files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    write(proc__meminfo=MEMINFO)
    return write


def test_real_machine_has_some_memory():
    assert 1 << 20 < (machine.available_memory() or 0) < 1 << 50


def test_available_memory_is_that_of_the_system(system):
    assert machine.available_memory() == 8_000_000 * 1024


def test_control_group_leaves_less(system):
    system(
        proc__self__cgroup="0::/user/job\n",
        cgroup__user__job__memory_dot_max="3000000000\n",
        cgroup__user__job__memory_dot_current="1000000000\n",
        cgroup__user__job__memory_dot_stat="anon 600000000\ninactive_file 250000000\n",
    )

    assert machine.available_memory() == 2_250_000_000


def test_group_above_counts_too(system):
    system(
        proc__self__cgroup="0::/user/job\n",
        cgroup__user__job__memory_dot_max="max\n",
        cgroup__user__job__memory_dot_current="1000000000\n",
        cgroup__user__memory_dot_max="1500000000\n",
        cgroup__user__memory_dot_current="1200000000\n",
    )

    assert machine.available_memory() == 300_000_000


def test_container_that_sees_its_group_as_the_root(system):
    system(
        proc__self__cgroup="0::/elsewhere/on/the/host\n",
        cgroup__memory_dot_max="2000000000\n",
        cgroup__memory_dot_current="500000000\n",
    )

    assert machine.available_memory() == 1_500_000_000


@pytest.mark.parametrize(("limit", "left"), [(4_000_000_000, 3_100_000_000), (2**63 - 4096, None)])
def test_first_version_of_control_groups(system, limit, left):
    system(
        proc__self__cgroup="7:cpu,cpuacct:/\n4:memory:/job\n",
        cgroup__memory__job__memory_dot_limit_in_bytes=f"{limit}\n",
        cgroup__memory__job__memory_dot_usage_in_bytes="1000000000\n",
        cgroup__memory__job__memory_dot_stat="total_inactive_file 100000000\n",
    )

    assert machine.available_memory() == (left or 8_000_000 * 1024)


def test_nothing_is_left_beyond_the_limit(system):
    system(
        proc__self__cgroup="0::/\n",
        cgroup__memory_dot_max="1000000\n",
        cgroup__memory_dot_current="2000000\n",
    )

    assert machine.available_memory() == 0
