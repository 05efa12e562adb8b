"""Nothing that a first model does not need is imported, and a model is read at once."""

import subprocess
import sys
import time

from models import ADEX

from snnlab import Neuron
from snnlab.codegen.lower import lower_neuron

HEAVY = {"IPython", "anywidget", "bokeh", "ipywidgets", "matplotlib", "pandas", "scipy"}


def test_names_for_a_first_network_import_neither_tables_nor_drawing():
    code = f"import sys; from snnlab import Network, Neuron; print(*{HEAVY} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


def test_adex_is_read_checked_and_lowered_in_50_ms():
    seconds, kernels = [], ()
    for _ in range(5):  # the best of them, because other programs run, too
        start = time.perf_counter()
        kernels = lower_neuron(Neuron(**ADEX, name="AdEx").model)
        seconds.append(time.perf_counter() - start)

    assert [kernel.name for kernel in kernels] == ["m_AdEx_update"]
    assert min(seconds) < 0.05
