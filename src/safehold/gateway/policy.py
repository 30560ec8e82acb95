"""Gateway policy: versioned, reviewed data that says, by surface, what must be examined and what a finding leads to.

Thresholds live here and nowhere else. It is compiled, for each kind of item, to the terms that `safehold.screening`
obeys, so that a finding takes the most severe action of the rules that name it, and HOLD if none does.

    policy = default_gateway_policy()
    policy.terms[ItemKind.PROMPT].required_for([MediaKind.TEXT])
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from safehold.gateway.answer import Refusal
from safehold.gateway.conduct import ConductRule
from safehold.gateway.item import ItemKind, Surface
from safehold.screening import MediaLimits, Rule, SeparationRules, Thresholds, VideoRules
from safehold.signals import Variant
from safehold.vocabulary import Action, MediaKind, Seconds


class Mode(Enum):
    """Whether a policy's decisions are carried out, or only recorded."""

    ACTIVE = "active"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class SurfaceRules:
    """What holds on one surface.

    Attributes:
        mode: SHADOW records what would have happened; matches that no policy may allow are acted on all the same.
        fail_open: whether what could not be examined passes, as ALLOW_UNEXAMINED, if nothing speaks against it.
        required: detectors that must have examined an item holding this kind.
        messages: the key of the message to show, by refusal.
    """

    mode: Mode
    fail_open: bool
    required: Mapping[MediaKind, frozenset[str]]
    messages: Mapping[Refusal, str]


@dataclass(frozen=True, slots=True)
class ItemTerms:
    """The part of a policy that one kind of item is screened by.

    Attributes:
        label: the policy's.
        thresholds: where numbers start to count.
        rules: those about this kind of item.
        separation: concepts that must not stand together in one item.
        required: detectors that must have examined it, by what its bytes are.
        required_of_pointers: none; what only points at media is a link, which is text here.
    """

    label: str
    thresholds: Thresholds
    rules: tuple[Rule, ...]
    separation: SeparationRules
    required: Mapping[MediaKind, frozenset[str]]
    required_of_pointers: frozenset[str] = frozenset()

    def required_for(self, kinds: Collection[MediaKind]) -> frozenset[str]:
        """Return every detector that must have examined an item of these kinds."""
        return frozenset().union(*(self.required.get(kind, frozenset()) for kind in kinds))


@dataclass(frozen=True, slots=True)
class RequestPair:
    """Two concepts that must not come together from different items of a request, or turns of a session.

    What one text says by itself is left to the text rules, which see how near to each other the words stand.

    Attributes:
        between: the two concepts.
        items: the kinds of items that it is about.
        action: HOLD or DENY.
        reason: why.
    """

    between: tuple[str, str]
    items: frozenset[ItemKind]
    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class EditRules:
    """What may not be asked of a picture that is to be edited, whoever is on it and whatever their age.

    Attributes:
        concepts: what an instruction in the same request, or session, may not claim.
        action: HOLD or DENY.
        reason: why.
    """

    concepts: frozenset[str]
    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class SessionRules:
    """What is remembered of a conversation: names of concepts, never text.

    Attributes:
        carry_seconds: how long a concept is remembered after it was last claimed; 0 remembers nothing.
        items: kinds of items whose concepts are remembered, and that remembered concepts are joined with.
        action: what is done with a text that breaks a rule only together with what is remembered.
        trusted_roles: of turns whose words are the operator's own, and are not read: "system".
    """

    carry_seconds: Seconds
    items: frozenset[ItemKind]
    action: Action
    trusted_roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept.

    Attributes:
        decisions_days: the record of a decision.
        accounts_days: the keyed marks of account and session in it, and their conduct.
        held_hours: sealed items that were held or denied; 0 keeps none.
        held_bytes: the largest item that is kept.
    """

    decisions_days: int
    accounts_days: int
    held_hours: int
    held_bytes: int


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """How much one request may hold, and how long its parts may take.

    Attributes:
        items: items.
        text_characters: of one item's texts together.
        turns: of one conversation.
        data_bytes: of one item.
        waiting_seconds: for a decoding child that is free.
        detector_seconds: for every further detector together, remote ones above all.
    """

    items: int
    text_characters: int
    turns: int
    data_bytes: int
    waiting_seconds: Seconds
    detector_seconds: Seconds


@dataclass(frozen=True, slots=True)
class GatewayPolicy:
    """What is required, what counts, and what follows.

    Attributes:
        name: short name.
        version: the author's version.
        digest: SHA-256, in hexadecimal, of the canonical text: comments and layout don't change it.
        canonical: the parsed policy as JSON with defaults filled in, which `load` reads again as this policy.
        reviewed_by: who reviewed this text; empty means a draft.
        thresholds: where numbers start to count.
        surfaces: what holds on each surface; every surface is there.
        terms: what each kind of item is screened by; every kind is there.
        pairs: concepts that must not come together from different items.
        edit: what may not be asked of a picture that is to be edited.
        session: what is remembered of a conversation.
        conduct: what repeated refusals lead to.
        retention: how long what is kept.
        requests: how much a request may hold.
        limits: for decoders.
        video: how clips are examined.
        variants: the forms of a picture that are looked up beside its own.
    """

    name: str
    version: str
    digest: str
    canonical: str
    reviewed_by: tuple[str, ...]
    thresholds: Thresholds
    surfaces: Mapping[Surface, SurfaceRules]
    terms: Mapping[ItemKind, ItemTerms]
    pairs: tuple[RequestPair, ...]
    edit: EditRules
    session: SessionRules
    conduct: tuple[ConductRule, ...]
    retention: Retention
    requests: RequestLimits
    limits: MediaLimits
    video: VideoRules
    variants: frozenset[Variant]

    @property
    def label(self) -> str:
        """Return what answers and events carry: ``NAME@VERSION sha256:HEX``."""
        return label_of(self.name, self.version, self.digest)

    @property
    def is_draft(self) -> bool:
        """Return whether nobody is named as having reviewed this text."""
        return not self.reviewed_by

    def surface_of(self, kind: ItemKind) -> SurfaceRules:
        """Return what holds where such items are met."""
        return self.surfaces[kind.surface]


def label_of(name: str, version: str, digest: str) -> str:
    """Return how answers and events name a policy."""
    return f"{name}@{version} sha256:{digest}"
