"""The exceptions of snnlab, one class per reader of the message.

Every message reads ``<where>: <what is wrong, with the value found>; <what to do>.``
"""


class SnnlabError(Exception):
    """Base of all errors that snnlab raises on purpose."""


class ModelError(SnnlabError, ValueError):
    """For the author of a model: the text of a neuron or synapse cannot be built.

    The message names the model, the line and the column, and shows the line with a
    caret under the offending part when the position is known.
    """

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line  # 1-based, counted in the cell or string
        self.column = column  # 1-based


class NetworkError(SnnlabError, ValueError):
    """For the author of a network: populations, projections or values do not fit together."""


class ToolchainError(SnnlabError, RuntimeError):
    """For the owner of the machine: no compiler, or the compiler refused a kernel."""


class SimulationError(SnnlabError, RuntimeError):
    """For the person who runs a network: the run cannot start or had to stop."""


class DivergenceError(SimulationError):
    """For the person who runs a network: a value became infinite or not a number."""
