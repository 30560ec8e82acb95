"""The vault's port: what every vault does, wherever it keeps its objects."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Protocol

from sqlalchemy import Connection

from safehold.vault.custodians import CustodianKey
from safehold.vault.erasure import Reference
from safehold.vault.evidence import Evidence, EvidenceId, Label
from safehold.vault.holds import NO_GROUNDS, Grounds, Hold, HoldId
from safehold.vault.inspection import Stored, VaultReport
from safehold.vocabulary import Event


class Recorder(Protocol):
    """Where events go: a ledger's ``append``."""

    def __call__(self, event: Event, connection: Connection | None = None, /) -> object:
        """Record an event, inside the caller's transaction where a connection is given."""
        ...


Guard = Callable[[Connection], None]
"""Raises what forbids an erasure, in the transaction in which it would begin."""


def unguarded(_connection: Connection) -> None:
    """Forbid nothing."""


def unrecorded(_event: Event, _connection: Connection | None = None, /) -> None:
    """Record nothing: for a caller that appends the events itself."""


class Vault(Protocol):
    """Keep evidence so that the machine that sealed it can't read it back."""

    @property
    def is_single_operator(self) -> bool:
        """Whether one person alone can open what is sealed now: every export and certificate then says so.

        Raises:
            NoCustodiansError: there is nobody to seal to.
        """
        ...

    def put(self, data: bytes | memoryview, label: Label) -> EvidenceId:
        """Seal bytes; when this returns they survive power loss. The same bytes are kept once.

        Raises:
            NoCustodiansError: there is nobody to seal to; nothing was kept.
        """
        ...

    def list(self) -> Sequence[Evidence]:
        """Return the register, oldest sealing first."""
        ...

    def fsck(self) -> VaultReport:
        """Compare the register with what is stored, in both directions, without opening anything."""
        ...

    def open(
        self, identifier: EvidenceId, keys: Sequence[CustodianKey], *, purpose: str, case: str, actor: str = "system"
    ) -> bytes:
        """Return the content, in memory only, after its opening was recorded.

        Raises:
            UnknownEvidenceError: there is no such evidence.
            EvidenceErasedError: it was erased.
            OpeningRefusedError: too few or wrong keys, no purpose, no case.
            VaultSealedError: what is stored was changed, exchanged or cut short.
        """
        ...

    def sealed(self, identifier: EvidenceId) -> Stored:
        """Return what is stored of evidence, as it was sealed, for custodians and the holder of the review key.

        Raises:
            UnknownEvidenceError: there is no such evidence.
            EvidenceErasedError: it was erased, or its erasure has begun.
            VaultSealedError: the object is missing.
        """
        ...

    def vouch(self, identifier: EvidenceId, content: bytes) -> None:
        """Check that opened content is what its id says, so that nothing was planted under it.

        Raises:
            VaultSealedError: it is something else.
        """
        ...

    def erase(self, identifier: EvidenceId, reference: Reference, *, actor: str = "system") -> None:
        """Make evidence, and what belongs to it, impossible to open for anybody; safe to repeat when interrupted.

        Raises:
            UnknownEvidenceError: there is no such evidence.
            ErasureRefusedError: a hold is active.
            ErasureUnfinishedError: something could not be removed; it is not recorded as erased.
        """
        ...


class Retention(Protocol):
    """Keep evidence from being erased."""

    def hold(
        self,
        identifier: EvidenceId,
        basis: str,
        *,
        expires_at: dt.datetime | None = None,
        actor: str = "system",
        grounds: Grounds = NO_GROUNDS,
    ) -> Hold:
        """Start a hold; one on what belongs to other evidence is one on that.

        Raises:
            UnknownEvidenceError: there is no such evidence.
            HoldRefusedError: it is erased, no basis is given, or the expiry has passed.
        """
        ...

    def release(self, hold: HoldId, *, actor: str = "system") -> Hold:
        """End a hold; ending it twice changes nothing.

        Raises:
            HoldRefusedError: there is no such hold.
        """
        ...

    def holds(self, identifier: EvidenceId) -> Sequence[Hold]:
        """Return every hold there ever was on this evidence, oldest first."""
        ...
