"""The engine: compiles kernels, owns memory and threads, runs the schedule.

It knows programs, buffers and phases; it knows nothing of models and equations.
"""

import os

# libgomp's waiting threads would otherwise spin after each parallel region and take the cores that
# the notebook and the browser need. It reads the variable once, when it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
