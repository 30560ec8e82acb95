"""Decided: everything of one check that is recorded, made before the transaction that records it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from safehold.gateway.answer import Answer
from safehold.gateway.conduct import Owner
from safehold.gateway.contents import SealedHeld
from safehold.gateway.features import Features
from safehold.gateway.judgement import Judgement
from safehold.gateway.policy import GatewayPolicy
from safehold.vocabulary import Action, Signal


class Unkept(Enum):
    """Why the content of an item that people are to look at was not kept; cases say it."""

    NO_REVIEW_KEY = "no-review-key"
    BY_POLICY = "by-policy"
    TOO_LARGE = "too-large"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one item that people are to look at.

    Attributes:
        digests: of its bytes as they were received; none of a text.
        sealed: its content, sealed to the review key; None where it is not kept.
        unkept: why not; None where it is.
    """

    digests: tuple[Signal, ...] = ()
    sealed: SealedHeld | None = None
    unkept: Unkept | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """Everything that is recorded of one check.

    Attributes:
        answer: what the caller is told.
        features: what it rests on.
        judgement: what the policy made of it.
        policy: the policy.
        caller: who asked, as an event names them.
        at: when.
        marks: of the account and the session, those that were named.
        concepts: that the session carries on.
        kept: what is kept of the items that people are to look at, by their place.
        shadow: label and action of a policy that is tried in shadow.
        counts: whether a limit may have to count this check.
        rests_on_session: whether it would have been decided otherwise, had the session named another concept before.
        circumstances: of the whole request, sealed to the review key; b"" where nothing of them is kept.
    """

    answer: Answer
    features: Features
    judgement: Judgement
    policy: GatewayPolicy
    caller: str
    at: dt.datetime
    marks: Mapping[Owner, str]
    concepts: frozenset[str] = frozenset()
    kept: Mapping[int, Kept] = field(default_factory=dict)
    shadow: tuple[str, Action] | None = None
    counts: bool = False
    rests_on_session: bool = False
    circumstances: bytes = field(default=b"", repr=False)

    @property
    def sealed(self) -> Mapping[int, SealedHeld]:
        """Return the items whose content is kept, by their place."""
        return {number: kept.sealed for number, kept in self.kept.items() if kept.sealed is not None}
