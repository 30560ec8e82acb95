"""One destruction of evidence: on what ground, who asked, who approved, and what still stands in its way."""

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import NewType

from safehold.vault import EvidenceId, Hold, ReferenceKind

DestructionId = NewType("DestructionId", str)
"""``destroy_`` and 20 lower-case hexadecimal digits, drawn at random."""


class Ground(Enum):
    """Why evidence is to be destroyed."""

    LAW_ENFORCEMENT = "law_enforcement"
    """An agency asked for it. Source: 18 U.S.C. 2258B(c)(2)."""
    ERASURE_REQUEST = "erasure_request"
    """Whom it is about asked for it, or an authority for data protection; it waits for every hold."""
    EXPIRY = "expiry"
    """The time of a hold is over whose rule says so; nobody has to ask."""

    @property
    def reference_kind(self) -> ReferenceKind:
        """Return as what its reference counts in the vault."""
        return ReferenceKind.RECEIPT if self is Ground.EXPIRY else ReferenceKind.REQUEST


class DestructionState(Enum):
    """How far a destruction is."""

    ASKED = "asked"
    """It waits for a second person."""
    APPROVED = "approved"
    """It is carried out as soon as nothing stands in its way."""
    REFUSED = "refused"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Destruction:
    """A destruction, asked for or by itself.

    Attributes:
        id: what it is called.
        evidence: what is destroyed.
        ground: why.
        reference: the request, or the receipt that the hold rested on.
        asked_by: who asked; "system" where a hold's time was over.
        asked_at: when.
        state: how far it is.
        decided_by: who approved or refused it; "" for nobody yet.
        decided_at: when; None for not yet.
        done_at: when it was complete; None for not yet.
    """

    id: DestructionId
    evidence: EvidenceId
    ground: Ground
    reference: str
    asked_by: str
    asked_at: dt.datetime
    state: DestructionState
    decided_by: str = ""
    decided_at: dt.datetime | None = None
    done_at: dt.datetime | None = None


class Obstacle(Enum):
    """What makes a destruction wait, beside holds."""

    OPENING = "opening"
    """Custodians are being asked to open it, or have opened it."""
    CASE = "case"
    """A case that it belongs to is not decided."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What stands in the way of a destruction now; nothing of either: it can be carried out.

    Attributes:
        holds: active holds.
        obstacles: what else.
    """

    holds: tuple[Hold, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.holds and not self.obstacles
