"""Decisions: what people, or rules without people, say of items; values as they are given and as they are kept.

A decision is one act of one person on items of one case. What it says of an item stands once nobody is to look at that
item again; only from then on does anything follow from it.
"""

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import NewType

from safehold.cases.axes import NO_AXES, Axes, HarmType, Reviewed
from safehold.cases.case import CaseId
from safehold.cases.item import ItemId

DecisionId = NewType("DecisionId", str)
"""``dec_`` and 20 lower-case hexadecimal digits, drawn at random."""

SYSTEM = "system"
"""Who decides where nobody looks."""


class Decision(Enum):
    """What somebody says of an item."""

    CONFIRM = "confirm"
    NOT_A_VIOLATION = "not_a_violation"
    SECOND_OPINION = "second_opinion"
    """Somebody else should say."""
    CANNOT_TELL = "cannot_tell"


class Standing(Enum):
    """What became of what was said."""

    STANDS = "stands"
    """It decides the item."""
    PASSED_ON = "passed_on"
    """A further person decides, or has decided."""
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class ItemDecision:
    """What somebody says of one item.

    Attributes:
        item: of which.
        verdict: what.
        axes: what it is, where it is confirmed.
        note: a word on why; "" for none. Sentences don't belong here: the ledger keeps none.
        allow: whether these exact bytes are to be proposed for the allow list; only with "not a violation".
    """

    item: ItemId
    verdict: Decision
    axes: Axes = NO_AXES
    note: str = ""
    allow: bool = False


@dataclass(frozen=True, slots=True)
class DecidedItem:
    """What a decision said of one item.

    Attributes:
        item: of which.
        verdict: what.
        axes: what it is.
        note: a word on why; "" for none.
        round: 1 for a first decision on the item, 2 for a second person's, 3 for a third one's.
        standing: what became of it.
        is_alike: whether nobody looked at this very item: it is identical to one that was decided.
        rests_on: for what was decided by the own bank, which listing there; "" for none.
    """

    item: ItemId
    verdict: Decision
    axes: Axes
    note: str
    round: int
    standing: Standing
    is_alike: bool = False
    rests_on: str = ""

    @property
    def opinion(self) -> tuple[Decision, HarmType | None]:
        """Return what two people must have said alike to agree."""
        return self.verdict, self.axes.harm if self.verdict is Decision.CONFIRM else None


@dataclass(frozen=True, slots=True)
class Reversal:
    """That a decision was taken back.

    Attributes:
        by: who took it back.
        at: when.
        reason: why, in one word.
    """

    by: str
    at: dt.datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as it is kept.

    Attributes:
        id: what it is called.
        case: on which case.
        person: who decided; `SYSTEM` where nobody looked.
        at: when.
        queue: out of which queue.
        rules: the label of the rules that it was decided under.
        is_automatic: whether nobody looked.
        is_single_operator: whether one person alone ran the installation then.
        items: what was said of which.
        reversal: that it was taken back; None while it was not.
        alike: how many items that are identical to one of these were decided along and are left out here.
    """

    id: DecisionId
    case: CaseId
    person: str
    at: dt.datetime
    queue: str
    rules: str
    is_automatic: bool
    is_single_operator: bool
    items: tuple[DecidedItem, ...]
    reversal: Reversal | None = None
    alike: int = 0

    @property
    def reviewed(self) -> Reviewed:
        """Return who verified the items that it decides."""
        return Reviewed.HASH_VERIFIED if self.is_automatic else Reviewed.HUMAN

    @property
    def standing(self) -> tuple[DecidedItem, ...]:
        """Return what this decision decides: the items from which something follows."""
        return tuple(one for one in self.items if one.standing is Standing.STANDS)


class Undoing(Enum):
    """How far something that followed from a reversed decision is undone."""

    PENDING = "pending"
    UNDONE = "undone"
    STANDS = "stands"
    """It can't be undone: a report was filed, a file was handed out, evidence was destroyed."""
    NOTHING = "nothing"
    """Nothing had followed."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of one thing that followed from a decision, once that was reversed.

    Attributes:
        reference: which thing, by its id; "" for all of a party's.
        outcome: how far it is undone.
        why: where it stands, why it can't be undone, in one word.
        party: whose thing it is: "own_bank", "allow_list", "enforcement", "holds"; filled in when it is kept.
    """

    reference: str
    outcome: Undoing
    why: str = ""
    party: str = ""
