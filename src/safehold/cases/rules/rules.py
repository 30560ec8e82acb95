"""Rules of cases: versioned, reviewed data: what is decided without people, what twice, how long all lasts.

Numbers live here and nowhere else. A value of rules is frozen: :func:`safehold.cases.rules.load_rules` makes one from
a file; everything that works on cases obeys it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from safehold.cases.axes import HarmType
from safehold.cases.item import Form
from safehold.vocabulary import Fraction, HarmClass


class Axis(Enum):
    """Something that a person may have to say."""

    REALISM = "realism"
    DEPICTED = "depicted"
    AGE = "age"
    ROLE = "role"
    FOUND_BY = "found_by"


class Occasion(Enum):
    """What a decision was, as far as it matters for how often somebody looks again."""

    CONFIRM = "confirm"
    NOT_A_VIOLATION = "not_a_violation"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class RequiredAxes:
    """What must be said of one kind of item before it can be confirmed.

    Attributes:
        harms: for which kinds of harm.
        forms: for which forms of items.
        axes: what.
    """

    harms: frozenset[HarmType]
    forms: frozenset[Form]
    axes: frozenset[Axis]


@dataclass(frozen=True, slots=True)
class OwnBankRules:
    """What of a confirmed item enters the own bank.

    Attributes:
        classes: kind of harm to the class of its entries; others enter no bank.
        pdq_quality_at_least: PDQ values of a lower quality are left out: they would be near to too much.
    """

    classes: Mapping[HarmType, HarmClass]
    pdq_quality_at_least: int


@dataclass(frozen=True, slots=True)
class DecisionRules:
    """How items are decided.

    Attributes:
        automatic: class of a trusted list to the kind of harm that an item with one of its cryptographic hashes is
            confirmed as, with nobody looking. Near matches never are.
        required: what a person must say.
        own_bank: what is kept out from then on.
    """

    automatic: Mapping[HarmClass, HarmType]
    required: tuple[RequiredAxes, ...]
    own_bank: OwnBankRules

    def required_of(self, harm: HarmType, form: Form) -> frozenset[Axis]:
        """Return what must be said to confirm an item of this form as this kind of harm."""
        named = [one.axes for one in self.required if harm in one.harms and form in one.forms]
        return frozenset().union(*named)


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """How often a second person decides, and what is said of how well they agree.

    Attributes:
        shares: of decisions that a second person makes again, by what the first one was.
        queue_shares: the same for single queues, by name.
        always: kinds of harm that a second person always confirms.
        third_person: whether a third one decides where two differ; otherwise the second one's stands.
        least_pairs: fewer pairs of decisions than this say nothing of how well people agree.
        least_people: of fewer people nothing is said, since it would be said of each of them.
    """

    shares: Mapping[Occasion, Fraction]
    queue_shares: Mapping[str, Mapping[Occasion, Fraction]]
    always: frozenset[HarmType]
    third_person: bool
    least_pairs: int
    least_people: int

    def share_of(self, queue: str, occasion: Occasion) -> Fraction:
        """Return the share for a queue."""
        return self.queue_shares.get(queue, {}).get(occasion, self.shares[occasion])


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """How long what cases need is kept.

    Attributes:
        held_most_days: content that is sealed for review lives as long as its case is open, and never longer than this.
        context_days: sealed circumstances of items, after their case was closed.
        preserve: kinds of harm whose confirmed items are evidence, and go into the vault.
    """

    held_most_days: int
    context_days: int
    preserve: frozenset[HarmType] = frozenset()
