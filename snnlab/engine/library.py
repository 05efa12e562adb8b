"""Load compiled programs and hand out their kernels' addresses."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import cast

from snnlab.errors import ToolchainError

ABI = 3  # SNNLAB_ABI of include/snnlab_kernel.h; a test compares the two


class KernelLibrary:
    """A shared library of kernels; it stays loaded as long as this object lives.

    Raises
    ------
    ToolchainError
        If the file cannot be loaded or was made for another version of the engine.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._library = ctypes.CDLL(str(path))
            abi = ctypes.c_int32.in_dll(self._library, "snn_abi").value
        except (OSError, ValueError) as error:
            raise ToolchainError(
                f"kernel '{path.name}': cannot be loaded ({error}); delete it and run again."
            ) from error
        if abi != ABI:
            raise ToolchainError(
                f"kernel '{path.name}': made for version {abi} of the engine, this is {ABI}; "
                f"delete it and run again."
            )

    def address(self, kernel: str) -> int:
        """The address of the function named ``kernel``."""
        return cast(int, ctypes.cast(getattr(self._library, kernel), ctypes.c_void_p).value)
