"""Conversation: which concepts a session has named lately. Names of concepts, never text; each with its end. Pure.

session = with_concepts(Session(), {"red_cube"}, at, carry_seconds=1800)
session.carried(at + 60)                # frozenset({"red_cube"})
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

MOST_CONCEPTS = 256
"""How many are remembered: far more than the lexicons have. A flood of an operator's own leaves the latest."""

_LEEWAY = 1.125


@dataclass(frozen=True, slots=True)
class Session:
    """What is remembered of one session.

    Attributes:
        concepts: name to when it is forgotten, in seconds since 1970.
    """

    concepts: Mapping[str, float] = field(default_factory=dict)

    def carried(self, at: float) -> frozenset[str]:
        """Return the concepts that are not forgotten yet."""
        return frozenset(name for name, end in self.concepts.items() if at < end)

    def wanting(self, names: Collection[str], at: float, *, carry_seconds: float) -> frozenset[str]:
        """Return which of the concepts that a turn names are not remembered for `carry_seconds` from now already."""
        return frozenset(name for name in names if self.concepts.get(name, 0.0) < at + carry_seconds)


def with_concepts(session: Session, names: Collection[str], at: float, *, carry_seconds: float) -> Session:
    """Return what is remembered after a turn; naming a concept again makes it last longer.

    A concept is remembered for `carry_seconds` after it was named last, and for up to an eighth of that longer: so
    that a session that names one in every turn is not written again at every turn.
    """
    kept = {name: end for name, end in session.concepts.items() if at < end}
    wanting = session.wanting(names, at, carry_seconds=carry_seconds)
    kept |= dict.fromkeys(wanting, at + carry_seconds * _LEEWAY)
    latest = sorted(kept.items(), key=lambda entry: (-entry[1], entry[0]))[:MOST_CONCEPTS]
    return Session(dict(sorted(latest)))
