"""The profile for law enforcement: complete, with content where it was opened; always sealed to its recipient.

Nothing of it is ever in an export for auditors: the types of the two profiles have nothing in common, and whoever reads
one refuses the fields of the other (:mod:`safehold.cases.exports.record`).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from safehold.cases.axes import Axes
from safehold.cases.case import CaseState, Priority, SubjectKind
from safehold.cases.decisions import Decision, Standing
from safehold.cases.item import Form, ItemState, Origin, Place
from safehold.vocabulary import Action, Algorithm, FindingKind, GapReason, PdqFlavour, Tier

SCHEMA = "safehold.law-export/1"
PROFILE = "law"


@dataclass(frozen=True, slots=True)
class LawCase:
    """The case, with the mark of whom it is about."""

    case: str
    subject_kind: SubjectKind
    subject_mark: str
    state: CaseState
    priority: Priority
    queue: str
    label: str
    opened_at: dt.datetime
    changed_at: dt.datetime
    due_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class LawFinding:
    """What was found, where, and how near."""

    kind: FindingKind
    detector: str
    subject: str
    reference: str
    tier: Tier | None
    distance: int | None
    score: str
    place: str


@dataclass(frozen=True, slots=True)
class LawGap:
    """What was not examined."""

    detector: str
    reason: GapReason
    place: str


@dataclass(frozen=True, slots=True)
class LawSignal:
    """A fingerprint, captured before anything transcoded the content."""

    algorithm: Algorithm
    value: bytes
    flavour: PdqFlavour | None
    quality: int | None
    place: str


@dataclass(frozen=True, slots=True)
class LawItem:
    """An item with everything that it came with; circumstances and content lie in files of their own."""

    item: str
    number: int
    state: ItemState
    origin: Origin
    reference: str
    form: Form
    role: str
    action: Action
    policy: str
    met_at: dt.datetime
    subject_kind: SubjectKind
    subject_mark: str
    findings: tuple[LawFinding, ...]
    gaps: tuple[LawGap, ...]
    signals: tuple[LawSignal, ...]
    content_place: Place
    content_reference: str


@dataclass(frozen=True, slots=True)
class LawItemDecision:
    """What a decision said of one item."""

    item: str
    verdict: Decision
    axes: Axes
    note: str
    round: int
    standing: Standing
    is_alike: bool


@dataclass(frozen=True, slots=True)
class LawReversal:
    """That a decision was taken back, by whom and why."""

    by: str
    at: dt.datetime
    reason: str


@dataclass(frozen=True, slots=True)
class LawDecision:
    """A decision, with who made it."""

    decision: str
    person: str
    at: dt.datetime
    rules: str
    is_automatic: bool
    is_single_operator: bool
    items: tuple[LawItemDecision, ...]
    reversal: LawReversal | None


@dataclass(frozen=True, slots=True)
class LawEnforcement:
    """What was done to the account, model or link."""

    enforcement: str
    measure: str
    subject_kind: SubjectKind
    subject_mark: str
    state: str
    ground: str


@dataclass(frozen=True, slots=True)
class LawExposure:
    """Who of the staff was shown an item, and for how long: what "viewed by the provider" is answered from."""

    item: str
    person: str
    purpose: str
    extent: str
    began_at: dt.datetime
    milliseconds: int


@dataclass(frozen=True, slots=True)
class LawHold:
    """A legal hold on evidence of the case."""

    hold: str
    evidence: str
    basis: str
    rule: str
    reference: str
    starts_at: dt.datetime
    expires_at: dt.datetime | None
    released_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class LawOpening:
    """An opening of evidence of the case, and who granted it."""

    opening: str
    evidence: str
    purpose: str
    requester: str
    granted_by: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True)
class LawPreserved:
    """Under what the vault has an item: its content, and the account of everything else that is known of it."""

    item: str
    content: str | None
    account: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What of an item is not in the export, and why, in one word."""

    item: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of the package."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LawManifest:
    """What is in the package, what is not, who made it for whom; its digest stands in the ledger.

    Attributes:
        files: name → size and SHA-256 of every other file, but for the proof of the export itself.
        missing: of which items what is not there.
        is_single_operator: whether one person alone could have opened, decided and exported.
    """

    schema: str
    case: str
    made_at: dt.datetime
    made_by: str
    recipient: str
    is_single_operator: bool
    files: Mapping[str, PackedFile]
    missing: tuple[Missing, ...]


RECORDS: Mapping[str, type] = {
    "case.jsonl": LawCase,
    "items.jsonl": LawItem,
    "decisions.jsonl": LawDecision,
    "enforcement.jsonl": LawEnforcement,
    "exposures.jsonl": LawExposure,
    "holds.jsonl": LawHold,
    "openings.jsonl": LawOpening,
    "preserved.jsonl": LawPreserved,
}
"""Every file of records, and what stands on each of its lines."""

PROOFS = "proofs.json"
MANIFEST = "manifest.json"
EXPORT_PROOF = "export-proof.json"
