"""The profile for auditors: decisions, events, proofs and statistics; no content, no identities.

People are "person-1", "person-2" … anew in every export. There are no marks of accounts, no fingerprints, no references
that lead to an item, no notes. No field here is free text: enumerated words, counts, times, digests and random ids.

Events are bound to the ledger by blinded commitments (:mod:`safehold.cases.exports.audit_file.commitment`), since from
a leaf hash anybody could find out whose event it is by trying names. Exports of an earlier version hold leaf hashes
with their paths: they are still read, and no longer made.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NewType

from safehold.cases.axes import HarmType, Reviewed
from safehold.cases.case import CaseState, Priority, SubjectKind
from safehold.cases.decisions import Decision, Standing
from safehold.cases.item import Form, ItemState, Origin
from safehold.vocabulary import Action, FindingKind, GapReason, Tier

SCHEMA = "safehold.audit-export/1"
"""Of an earlier version: one document."""

BLIND_SCHEMA = "safehold.audit-export/2"
"""One record a line, with blinded events."""

PROFILE = "audit"

AuditCaseId = NewType("AuditCaseId", str)
"""The case's own random id."""

AuditDecisionId = NewType("AuditDecisionId", str)
"""The decision's own random id."""

Pseudonym = NewType("Pseudonym", str)
"""``person-N``, or ``system``; it means another person in another export."""

Digest = NewType("Digest", str)
"""64 hexadecimal digits."""

Kind = NewType("Kind", str)
"""The kind of an event, a dotted word of the program's."""

QueueName = NewType("QueueName", str)
"""The name of a queue, which the installation's rules give."""

RulesLabel = NewType("RulesLabel", str)
"""The version of rules, which they state themselves."""

Schema = NewType("Schema", str)


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """That a detector of a kind found something, and whether that confirms it; not what."""

    finding_kind: FindingKind
    finding_tier: Tier | None
    confirms: bool


@dataclass(frozen=True, slots=True)
class AuditItem:
    """One item, by what happened to it."""

    ordinal: int
    brought_by: Origin
    looks_like: Form
    policy_action: Action
    progress: ItemState
    found: tuple[AuditFinding, ...]
    unexamined: tuple[GapReason, ...]


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What a decision said of one item, by its number."""

    ordinal: int
    verdict_given: Decision
    harm_type: HarmType | None
    reviewed: Reviewed
    review_round: int
    verdict_standing: Standing


@dataclass(frozen=True, slots=True)
class AuditDecision:
    """One decision."""

    decision_id: AuditDecisionId
    decided_on: AuditCaseId
    decided_by: Pseudonym
    decided_at: dt.datetime
    under_rules: RulesLabel
    without_people: bool
    single_operator: bool
    verdicts: tuple[AuditVerdict, ...]
    reversed_by: Pseudonym | None
    reversed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class AuditCase:
    """One case, without whom it is about."""

    case_id: AuditCaseId
    about: SubjectKind
    case_state: CaseState
    case_priority: Priority
    waits_in: QueueName
    first_seen: dt.datetime
    deadline: dt.datetime | None
    contents: tuple[AuditItem, ...]


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event of the ledger, by place and leaf hash, with what leads from it to the root."""

    ledger_place: int
    recorded_at: dt.datetime
    event_kind: Kind
    recorded_by: Pseudonym
    leaf: Digest
    proof_path: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class AuditStatistics:
    """Counts over everything in the export.

    Attributes:
        hours_to_first_decision: median over the cases that have one; None where none has.
    """

    cases_by_state: Mapping[str, int]
    items_by_origin: Mapping[str, int]
    items_by_action: Mapping[str, int]
    verdicts: Mapping[str, int]
    decisions_without_people: int
    decisions_reversed: int
    second_reviews: int
    hours_to_first_decision: int | None


@dataclass(frozen=True, slots=True)
class AuditExport:
    """The whole export; its digest, and that it was made, stand in the ledger."""

    audit_schema: Schema
    exported_at: dt.datetime
    exported_by: Pseudonym
    cases: tuple[AuditCase, ...]
    decisions: tuple[AuditDecision, ...]
    events: tuple[AuditEvent, ...]
    statistics: AuditStatistics


@dataclass(frozen=True, slots=True)
class AuditHeader:
    """The first line of an export."""

    audit_schema: Schema
    exported_at: dt.datetime
    exported_by: Pseudonym


@dataclass(frozen=True, slots=True)
class CaseHead:
    """One case, without whom it is about; its items and decisions follow."""

    case_id: AuditCaseId
    about: SubjectKind
    case_state: CaseState
    case_priority: Priority
    waits_in: QueueName
    first_seen: dt.datetime
    deadline: dt.datetime | None


@dataclass(frozen=True, slots=True)
class CaseItemLine:
    """One item of a case, by what happened to it."""

    item_of: AuditCaseId
    happened: AuditItem


@dataclass(frozen=True, slots=True)
class BlindEvent:
    """One event of the ledger, by its place; what it is, is the installation's word until it opens the commitment."""

    ledger_place: int
    recorded_at: dt.datetime
    event_kind: Kind
    recorded_by: Pseudonym
    commitment: Digest
