"""Casework: what was held or denied enters the case of its account, in the transaction that records the decision.

What a check was told to call its case is its own reference, which searching resolves: two checks are never told the
same case, since an account could learn from it what else was joined to theirs.

    enter(decided, proposals, cases, connection)
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from safehold.cases import CaseId, Content, Form, NewItem, Origin, Place, Priority, Subject, SubjectKind
from safehold.gateway.conduct import Owner
from safehold.gateway.decided import Decided, Kept
from safehold.gateway.features import ItemFeatures
from safehold.gateway.item import ItemKind
from safehold.ledger import is_fit
from safehold.vocabulary import Action, Finding, FindingKind, HarmClass, MediaKind

PROPOSAL = "proposal"
"""The role of an item that is an action on an account, proposed by a rule of conduct."""

CONDUCT = "conduct"
UNEXAMINED = "unexamined"
"""The label of a case in which nothing was found, and something was not examined."""

_LISTED = (HarmClass.CSAM, HarmClass.EXPLOITATIVE, HarmClass.NCII, HarmClass.ABUSIVE_MODEL, HarmClass.TEST)
"""What a reviewer is warned of first."""

_SHOWN = (
    (MediaKind.VIDEO, Form.VIDEO),
    (MediaKind.IMAGE, Form.IMAGE),
    (MediaKind.AUDIO, Form.AUDIO),
    (MediaKind.TEXT, Form.TEXT),
)


class Cases(Protocol):
    """The part of a store of cases that is needed."""

    def open(  # noqa: PLR0913 - the store's own, of which this is a part
        self,
        subject: Subject,
        items: Sequence[NewItem],
        connection: sa.Connection | None = None,
        *,
        actor: str,
        priority: Priority = Priority.NORMAL,
        label: str = "",
        due_at: dt.datetime | None = None,
    ) -> CaseId:
        """Put items into the open case that they belong to, or open one; return which."""
        ...

    def refer(self, reference: str, case_id: CaseId, connection: sa.Connection | None = None) -> None:
        """Let a case be found by another name."""
        ...


@dataclass(frozen=True, slots=True)
class Proposal:
    """An action on an account that a rule of conduct proposes.

    Attributes:
        id: of the proposal.
        rule: which rule.
        proposes: what, in one word.
    """

    id: str
    rule: str
    proposes: str


def enter(decided: Decided, proposed: Sequence[Proposal], cases: Cases, connection: sa.Connection) -> CaseId:
    """Put what people are to look at into a case, in the caller's writing transaction.

    Args:
        decided: a check that held or denied something for more than a limit.
        proposed: what follows for the account.
        cases: where to.
        connection: in which the decision is recorded.
    """
    case = cases.open(
        subject_of(decided),
        [*_items(decided), *(_proposal(decided, one) for one in proposed)],
        connection,
        actor=decided.caller,
        priority=_priority(decided),
        label=_label(decided),
    )
    if decided.answer.case_id is not None:
        cases.refer(decided.answer.case_id, case, connection)
    return case


def subject_of(decided: Decided) -> Subject:
    """Return whom a check is about: the account, else the session, else nobody but itself."""
    for owner, kind in ((Owner.ACCOUNT, SubjectKind.ACCOUNT), (Owner.SESSION, SubjectKind.SESSION)):
        if mark := decided.marks.get(owner):
            return Subject(kind, mark)
    return Subject(SubjectKind.NOBODY, decided.answer.id)


def form_of(item: ItemFeatures) -> Form:
    """Return what an item is to somebody who looks: what its bytes are, whatever it was sent as."""
    if item.kind is ItemKind.LINK:
        return Form.LINK
    if item.kind.is_text:
        return Form.TEXT
    kinds = item.subject.kinds
    seen = [form for kind, form in _SHOWN if kind in kinds and (kind is not MediaKind.TEXT or _is_text_file(item))]
    return seen[0] if seen else Form.FILE


def _is_text_file(item: ItemFeatures) -> bool:
    """Return whether the bytes are text: of anything but a file, the words are its name's alone."""
    return item.kind is ItemKind.FILE


def _items(decided: Decided) -> Iterator[NewItem]:
    features = decided.features.without_words()
    for number, kept in decided.kept.items():
        item, judged = decided.features.items[number], decided.judgement.items[number]
        yield NewItem(
            origin=Origin.GATEWAY,
            reference=f"{decided.answer.id}#{number}",
            form=form_of(item),
            role=item.kind.value,
            action=judged.action,
            at=decided.at,
            policy=decided.answer.policy,
            findings=features.items[number].subject.findings,
            gaps=judged.gaps,
            signals=(*kept.digests, *item.prints),
            content=_content(kept),
            context=decided.circumstances,
        )


def _content(kept: Kept) -> Content:
    """Return where the content lies, or why nowhere."""
    if kept.sealed is not None:
        return Content(Place.HELD, kept.sealed.id)
    return Content(Place.NOWHERE, "" if kept.unkept is None else kept.unkept.value)


def _proposal(decided: Decided, proposal: Proposal) -> NewItem:
    """Return a proposal as an item: there is nothing to look at, and a person decides."""
    policy = decided.policy
    return NewItem(
        origin=Origin.GATEWAY,
        reference=f"{decided.answer.id}#{PROPOSAL}-{proposal.id}",
        form=Form.FINGERPRINT,
        role=PROPOSAL,
        action=Action.HOLD,
        at=decided.at,
        policy=decided.answer.policy,
        findings=(
            Finding(FindingKind.RULE, CONDUCT, proposal.proposes, f"{policy.name}@{policy.version}#{proposal.rule}"),
        ),
    )


def _priority(decided: Decided) -> Priority:
    """Return how urgent it is: what is known, before what was found, before what nobody could examine."""
    if any(_is_known(finding) for finding in _acted_on(decided)):
        return Priority.URGENT
    is_found = any(decided.judgement.items[number].found >= Action.HOLD for number in decided.kept)
    return Priority.NORMAL if is_found else Priority.LOW


def _is_known(finding: Finding) -> bool:
    return finding.kind is FindingKind.MATCH and finding.subject in {
        one.value for one in _LISTED if one is not HarmClass.TEST
    }


def _acted_on(decided: Decided) -> Iterator[Finding]:
    for number in decided.kept:
        yield from decided.features.items[number].subject.findings


def _label(decided: Decided) -> str:
    """Return what a reviewer is warned of: the gravest class on a list, else a concept; never a severity."""
    subjects = {subject for number in decided.kept for subject in decided.judgement.items[number].subjects}
    listed = [one.value for one in _LISTED if one.value in subjects]
    words = sorted(subject for subject in subjects if is_fit(subject))
    return next(iter((*listed, *words)), UNEXAMINED if not subjects else "")
