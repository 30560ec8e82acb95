"""Review: what becomes of an item once somebody has said something of it. Pure.

1. Who can't tell, or asks for another opinion, passes it on. 2. A sample of the rest is passed on too, without being
told. 3. Where two people differ, a third one decides, if the rules say so. 4. Otherwise what was said stands.

The sample is drawn from the decision's id, which nobody can choose or foresee, and which everybody can draw again
afterwards: who audits can see that the sample was an honest one.
"""

import hashlib
from collections.abc import Sequence
from enum import Enum

from safehold.cases.axes import HarmType
from safehold.cases.decisions.decision import DecidedItem, Decision, DecisionId
from safehold.cases.rules import Occasion, ReviewRules
from safehold.vocabulary import Fraction

_UNSURE = frozenset({Decision.SECOND_OPINION, Decision.CANNOT_TELL})
_THIRD = 3
_DRAWN_BYTES = 8

Opinion = tuple[Decision, HarmType | None]
"""What two people must have said alike to agree: the verdict and, where it confirms, the kind of harm."""


class Course(Enum):
    """What becomes of an item."""

    STANDS = "stands"
    SECOND = "second"
    """A second person looks."""
    THIRD = "third"
    """A third person decides: the case is escalated."""


def course(said: Opinion, earlier: Sequence[DecidedItem], *, is_sampled: bool, rules: ReviewRules) -> Course:
    """Return what becomes of an item.

    Args:
        said: what was said now.
        earlier: what was said before and not reversed, the first at the start.
        is_sampled: whether a second person is to look at a sure first decision.
        rules: of review.
    """
    if not earlier:
        return Course.SECOND if said[0] in _UNSURE or is_sampled else Course.STANDS
    if said[0] is Decision.SECOND_OPINION:
        return Course.THIRD
    if len(earlier) + 1 >= _THIRD or not rules.third_person:
        return Course.STANDS
    return Course.STANDS if _answers(said, earlier[0].opinion) else Course.THIRD


def is_sampled(decision: DecisionId, group: str, share: Fraction) -> bool:
    """Return whether a second person looks at a group of identical items.

    Args:
        decision: the first decision, by its random id.
        group: which of its items.
        share: how many are, 0..1.
    """
    drawn = hashlib.sha256(f"second review\0{decision}\0{group}".encode()).digest()[:_DRAWN_BYTES]
    return int.from_bytes(drawn, "big") < int(share * (1 << 8 * _DRAWN_BYTES))


def share_of(rules: ReviewRules, queue: str, said: Opinion, *, is_automatic: bool) -> Fraction:
    """Return how many of such first decisions a second person makes again."""
    verdict, harm = said
    if is_automatic:
        return rules.share_of(queue, Occasion.AUTOMATIC)
    if verdict is Decision.CONFIRM and harm in rules.always:
        return Fraction(1.0)
    return rules.share_of(queue, Occasion.CONFIRM if verdict is Decision.CONFIRM else Occasion.NOT_A_VIOLATION)


def _answers(second: Opinion, first: Opinion) -> bool:
    """Return whether a second opinion settles the matter: it agrees with the first, or the first was none."""
    return second[0] is not Decision.CANNOT_TELL and (first[0] in _UNSURE or second == first)
