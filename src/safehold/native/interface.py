"""What the native extension offers, as types; the extension itself is compiled from the C files beside this module.

Arrays come and go as buffers, contiguous unless said otherwise. Every function checks kinds, sizes and indexes before
it touches memory, raises TypeError or ValueError where they don't fit, and lets other threads run while it works.
"""

from typing import Protocol


class Kernels(Protocol):
    """The extension module."""

    def variants(self) -> tuple[str, ...]:
        """Name the variants that this processor can run, the best last."""

    def variant(self) -> str:
        """Name the variant in use."""

    def select(self, name: str, /) -> None:
        """Use a variant, for the whole process; for tests and measurements."""
