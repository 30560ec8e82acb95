"""Shelves: where sealed objects and shares lie. A port; :mod:`safehold.vault.folder` and ``bucket`` fill it."""

import enum
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from safehold.vault.evidence import EvidenceId
from safehold.vault.inspection import Stored
from safehold.vault.sealing import Sealed


class Step(enum.Enum):
    """Where a put or an erasure has got to; tests stop the process at each of them."""

    PART_WRITTEN = "part_written"
    OBJECT_STORED = "object_stored"
    SHARE_STORED = "share_stored"
    SHARES_STORED = "shares_stored"
    ROW_WRITTEN = "row_written"
    COMMITTED = "committed"
    ERASURE_BEGUN = "erasure_begun"
    SHARE_RENAMED = "share_renamed"
    SHARE_OVERWRITTEN = "share_overwritten"
    SHARE_REMOVED = "share_removed"
    OBJECT_REMOVED = "object_removed"
    ERASURE_WRITTEN = "erasure_written"


Watch = Callable[[Step], None]
"""Called when a step is reached."""


def unwatched(_step: Step) -> None:
    """Do nothing at any step."""


class Shelves(Protocol):
    """Keep what is sealed, under names that the register knows."""

    def turn(self) -> AbstractContextManager[None]:
        """Keep other writers of this machine waiting while the block runs."""
        ...

    def place(self, identifier: EvidenceId) -> str:
        """Return where the next sealing of this evidence goes."""
        ...

    def store(self, sealed: Sealed, place: str) -> None:
        """Keep an object and its shares; when this returns they survive power loss.

        Raises:
            SafeholdError: they can't be kept; what was is an orphan.
        """
        ...

    def read(self, place: str) -> Stored:
        """Return what is there, whole or not."""
        ...

    def erase(self, place: str) -> None:
        """Destroy the shares, then remove the object; goes on where it was interrupted.

        Raises:
            SafeholdError: something could not be removed.
        """
        ...

    def orphans(self, known: frozenset[str]) -> tuple[str, ...]:
        """Return the names of what lies under none of the known places, in a stable order."""
        ...

    def exposed(self) -> tuple[str, ...]:
        """Return the names of what others of this machine may enter, read or change, in a stable order."""
        ...

    def remove(self, orphans: Sequence[str]) -> None:
        """Remove what :meth:`orphans` named."""
        ...
