"""What one call of `Network.record` gives: the samples, and the way to stop them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnlab.network.taps import Tap
from snnlab.recording import export
from snnlab.recording.results import SpikeRecord, TraceRecord

if TYPE_CHECKING:
    import pandas as pd

    from snnlab.network.recordings import Recordings

SPIKES = "spikes"


class Recording:
    """What one call of `Network.record` records: its samples, and how to stop it.

    ``recording["v"]`` is the array (time, neuron) of a variable, ``recording["spikes"]`` the table
    of spikes.
    """

    def __init__(
        self,
        recordings: Recordings,
        owner: str,
        taps: Sequence[tuple[str, Tap]],
        records: dict[str, TraceRecord],
        spikes: SpikeRecord | None,
    ) -> None:
        self._recordings = recordings
        self._owner = owner
        self._taps = list(taps)
        self._records = records
        self._spikes = spikes

    @property
    def variables(self) -> list[str]:
        return [*self._records, *([SPIKES] if self._spikes is not None else [])]

    def __getitem__(self, variable: str) -> Any:
        if variable == SPIKES and self._spikes is not None:
            return self._spikes.frame()
        return self._record(variable).samples

    def times(self, variable: str | None = None) -> NDArray[np.floating]:
        """Times (ms) of the samples of a variable, of the first one if none is named."""
        return self._record(variable or next(iter(self._records), "")).times

    def neurons(self, variable: str | None = None) -> NDArray[np.int32]:
        """The neurons (or synapses) that the columns of a variable belong to, ascending."""
        return self._record(variable or next(iter(self._records), "")).neurons

    def frame(self, variable: str | None = None) -> pd.DataFrame:
        """The samples as a table: one row a time (ms), one column a neuron or synapse."""
        return self._record(variable or next(iter(self._records), "")).frame()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file that ends in .npz, or one variable to a .csv file.

        Raises
        ------
        SimulationError
            If the ending is another one, or a CSV file would hold several tables.
        """
        spikes = {} if self._spikes is None else {self._owner: self._spikes.frame()}
        # Copies: a network that runs meanwhile adds to the records.
        traces = {variable: record.copy() for variable, record in self._records.items()}
        path = export.checked_path("Recording", path)
        export.save(path, spikes, {self._owner: traces})

    def pause(self) -> None:
        """Record nothing until `resume`; what was recorded stays."""
        self._pause(True)

    def resume(self) -> None:
        """Record again, from the next step on."""
        self._pause(False)

    def clear(self) -> None:
        """Forget what was recorded; recording goes on."""

        def carry_out() -> None:
            for record in self._records.values():
                record.clear()
            if self._spikes is not None:
                self._spikes.clear()

        self._recordings.submit(carry_out)

    def stop(self) -> None:
        """Record no more; what was recorded stays. Spikes are recorded for as long as they come."""
        taps = [tap for _, tap in self._taps]
        self._recordings.change_taps(lambda now: [tap for tap in now if tap not in taps])

    def __repr__(self) -> str:
        return f"Recording of {', '.join(self.variables)} of '{self._owner}'"

    def _record(self, variable: str) -> TraceRecord:
        if variable not in self._records:
            known = ", ".join(self.variables) or "nothing"
            raise KeyError(f"{self!r}: it has no traces of '{variable}'; it holds {known}.")
        return self._records[variable]

    def _pause(self, paused: bool) -> None:
        def change(taps: list[Tap]) -> list[Tap]:
            for _, tap in self._taps:
                tap.paused = paused
            if self._spikes is not None:
                self._spikes.paused = paused
            return taps

        self._recordings.change_taps(change)
