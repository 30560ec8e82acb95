"""Staff: who works on cases, and what their roles let them do. One table; nothing else grants anything.

Nobody approves their own work, whatever their roles: that is checked where a second person is asked for, not here.

    Person("amira", frozenset({Role.REVIEWER})).can(Ability.REVIEW)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Ability(Enum):
    """One thing that a role may allow."""

    READ_CASES = "read_cases"
    """See lists, facts and decisions of cases; never content."""
    REVIEW = "review"
    """Claim and decide."""
    REVEAL = "reveal"
    """Open content in the reviewing view."""
    LABEL_SEVERITY = "label_severity"
    """Give a severity (A1 to B2, A to C): for people trained in it."""
    SECOND_REVIEW = "second_review"
    """Decide a second time, and what somebody escalated."""
    REVERSE = "reverse"
    """Reverse a decision, with a reason."""
    ASSIGN = "assign"
    """Give cases to people, set queues and priorities, place golden items."""
    READ_QUALITY = "read_quality"
    """See agreement, ages of queues and exposure, all of them summed over people."""
    APPROVE_SIGNALS = "approve_signals"
    """Let confirmed signals into the own bank, as the second of four eyes."""
    ENFORCE = "enforce"
    """Act on accounts, content, models and links."""
    DECIDE_APPEALS = "decide_appeals"
    """Decide appeals against what somebody else did."""
    READ_REPORTS = "read_reports"
    """See people's reports, with their clocks."""
    DECIDE_REPORTS = "decide_reports"
    """Say how far a report is."""
    MANAGE_HOLDS = "manage_holds"
    """Start, extend and release legal holds."""
    ASK_OPENING = "ask_opening"
    """Ask custodians to open evidence, for a case and a purpose."""
    GRANT_OPENING = "grant_opening"
    """Open evidence as one of its custodians."""
    EXPORT_LAW = "export_law"
    """Export a case, sealed and complete, for law enforcement."""
    EXPORT_AUDIT = "export_audit"
    """Export decisions, events and proofs, without content or identities."""
    READ_BANKS = "read_banks"
    """See which banks there are."""
    EDIT_BANKS = "edit_banks"
    """Withdraw entries, and propose others."""
    READ_POLICIES = "read_policies"
    """See policies, their differences and results in shadow."""
    PROPOSE_POLICY = "propose_policy"
    """Draft a policy and put it into shadow."""
    APPROVE_POLICY = "approve_policy"
    """Make a policy that somebody else wrote active."""
    MANAGE_USERS = "manage_users"
    """Make, change and disable users."""
    READ_LEDGER = "read_ledger"
    """Read and verify the ledger."""
    READ_HEALTH = "read_health"
    """See how the system is."""
    MANAGE_JOBS = "manage_jobs"
    """Have work tried again that was given up, or take note of it."""


class Role(Enum):
    """What somebody is there for; one person may have several."""

    ADMIN = "admin"
    REVIEWER = "reviewer"
    SPECIALIST = "specialist"
    """A reviewer trained in child sexual abuse cases and in labelling severity."""
    QUALITY_LEAD = "quality_lead"
    ENFORCER = "enforcer"
    REPORTER = "reporter"
    """Prepares and files reports to authorities."""
    CUSTODIAN = "custodian"
    POLICY_EDITOR = "policy_editor"
    POLICY_APPROVER = "policy_approver"
    MODEL_STEWARD = "model_steward"
    AUDITOR = "auditor"
    """Sees everything that holds no content and no identity."""


_READS = frozenset({Ability.READ_CASES, Ability.READ_REPORTS, Ability.READ_HEALTH})
_REVIEWS = _READS | {Ability.REVIEW, Ability.REVEAL}

ABILITIES: Mapping[Role, frozenset[Ability]] = MappingProxyType(
    {
        Role.ADMIN: frozenset(
            {
                Ability.MANAGE_USERS,
                Ability.MANAGE_JOBS,
                Ability.READ_HEALTH,
                Ability.READ_LEDGER,
                Ability.READ_POLICIES,
            }
        ),
        Role.REVIEWER: _REVIEWS,
        Role.SPECIALIST: _REVIEWS
        | {
            Ability.LABEL_SEVERITY,
            Ability.SECOND_REVIEW,
            Ability.APPROVE_SIGNALS,
            Ability.ASK_OPENING,
            Ability.DECIDE_REPORTS,
            Ability.READ_BANKS,
        },
        Role.QUALITY_LEAD: _READS
        | {Ability.SECOND_REVIEW, Ability.REVEAL, Ability.REVERSE, Ability.ASSIGN, Ability.READ_QUALITY},
        Role.ENFORCER: _READS | {Ability.ENFORCE, Ability.DECIDE_APPEALS},
        Role.REPORTER: _READS | {Ability.MANAGE_HOLDS, Ability.ASK_OPENING, Ability.EXPORT_LAW, Ability.DECIDE_REPORTS},
        Role.CUSTODIAN: frozenset({Ability.GRANT_OPENING, Ability.READ_HEALTH}),
        Role.POLICY_EDITOR: frozenset(
            {Ability.READ_POLICIES, Ability.PROPOSE_POLICY, Ability.READ_BANKS, Ability.EDIT_BANKS, Ability.READ_HEALTH}
        ),
        Role.POLICY_APPROVER: frozenset(
            {
                Ability.READ_POLICIES,
                Ability.APPROVE_POLICY,
                Ability.READ_BANKS,
                Ability.APPROVE_SIGNALS,
                Ability.READ_HEALTH,
            }
        ),
        Role.MODEL_STEWARD: _READS | {Ability.ENFORCE, Ability.READ_BANKS},
        Role.AUDITOR: frozenset(
            {
                Ability.READ_CASES,
                Ability.READ_QUALITY,
                Ability.READ_BANKS,
                Ability.READ_POLICIES,
                Ability.READ_LEDGER,
                Ability.READ_HEALTH,
                Ability.EXPORT_AUDIT,
            }
        ),
    }
)
"""The one table of permissions. No role both drafts and approves a policy; an auditor never sees content."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who acts on cases.

    Attributes:
        name: as the ledger names them.
        roles: what they are there for.
    """

    name: str
    roles: frozenset[Role]

    @property
    def abilities(self) -> frozenset[Ability]:
        """Return everything that their roles allow."""
        return frozenset().union(*(ABILITIES[role] for role in self.roles))

    def can(self, ability: Ability) -> bool:
        """Return whether their roles allow it."""
        return any(ability in ABILITIES[role] for role in self.roles)
