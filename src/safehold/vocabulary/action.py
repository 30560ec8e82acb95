"""Actions: what a verdict says to do, as one ordered enum."""

from enum import Enum
from functools import total_ordering


@total_ordering
class Action(Enum):
    """What to do with content, mildest first: ``ALLOW < ALLOW_UNEXAMINED < HOLD < DENY``.

    A dataset's DENY removes, a gateway's DENY blocks. ALLOW_UNEXAMINED is what an explicit fail-open setting
    yields; it is counted and shown, and a dataset never has it.
    """

    ALLOW = "allow"
    ALLOW_UNEXAMINED = "allow_unexamined"
    HOLD = "hold"
    DENY = "deny"

    def __init__(self, _word: str) -> None:
        self.rank = len(type(self).__members__)
        """The place in the order, 0 for the mildest."""

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Action):
            return NotImplemented
        return self.rank < other.rank
