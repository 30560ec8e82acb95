"""Facts of a case as records of the profile for law enforcement. Pure."""

from collections.abc import Mapping, Sequence

from safehold.cases.case import Case
from safehold.cases.decisions import Decided
from safehold.cases.enforcement.enforcement import Enforcement
from safehold.cases.evidence import Opening
from safehold.cases.exports.law import (
    LawCase,
    LawDecision,
    LawEnforcement,
    LawExposure,
    LawFinding,
    LawGap,
    LawHold,
    LawItem,
    LawItemDecision,
    LawOpening,
    LawPreserved,
    LawReversal,
    LawSignal,
)
from safehold.cases.exposure.exposure import Exposure
from safehold.cases.item import CaseItem, ItemId, Place
from safehold.vault import EvidenceId, Hold
from safehold.vocabulary import Finding


def law_case(case: Case) -> LawCase:
    """Return a case as a record."""
    return LawCase(
        case=case.id,
        subject_kind=case.subject.kind,
        subject_mark=case.subject.mark,
        state=case.state,
        priority=case.priority,
        queue=case.queue,
        label=case.label,
        opened_at=case.opened_at,
        changed_at=case.changed_at,
        due_at=case.due_at,
    )


def law_item(item: CaseItem) -> LawItem:
    """Return an item as a record."""
    told = item.told
    return LawItem(
        item=item.id,
        number=item.number,
        state=item.state,
        origin=told.origin,
        reference=told.reference,
        form=told.form,
        role=told.role,
        action=told.action,
        policy=told.policy,
        met_at=told.at,
        subject_kind=item.subject.kind,
        subject_mark=item.subject.mark,
        findings=tuple(map(_finding, told.findings)),
        gaps=tuple(LawGap(gap.detector, gap.reason, gap.place) for gap in told.gaps),
        signals=tuple(LawSignal(one.algorithm, one.value, one.flavour, one.quality, one.place) for one in told.signals),
        content_place=told.content.place,
        content_reference=told.content.reference,
    )


def law_decisions(decided: Sequence[Decided]) -> tuple[LawDecision, ...]:
    """Return decisions as records."""
    return tuple(map(_decision, decided))


def law_enforcement(found: Sequence[Enforcement]) -> tuple[LawEnforcement, ...]:
    """Return enforcement as records."""
    return tuple(
        LawEnforcement(
            enforcement=one.id,
            measure=one.measure.value,
            subject_kind=one.subject.kind,
            subject_mark=one.subject.mark,
            state=one.state.value,
            ground=one.ground,
        )
        for one in found
    )


def law_exposures(found: Sequence[Exposure]) -> tuple[LawExposure, ...]:
    """Return exposures as records."""
    return tuple(
        LawExposure(one.item, one.person, one.purpose.value, one.extent.value, one.began_at, one.milliseconds)
        for one in found
    )


def law_holds(found: Sequence[Hold]) -> tuple[LawHold, ...]:
    """Return holds as records."""
    return tuple(
        LawHold(
            hold=one.id,
            evidence=one.evidence,
            basis=one.basis,
            rule=one.grounds.rule,
            reference=one.grounds.reference,
            starts_at=one.starts_at,
            expires_at=one.expires_at,
            released_at=one.released_at,
        )
        for one in found
    )


def law_preserved(items: Sequence[CaseItem], accounts: Mapping[ItemId, EvidenceId]) -> tuple[LawPreserved, ...]:
    """Return under what the vault has items as records."""
    return tuple(
        LawPreserved(
            item=item.id,
            content=item.told.content.reference if item.told.content.place is Place.VAULT else None,
            account=accounts[item.id],
        )
        for item in items
        if item.id in accounts
    )


def law_openings(found: Sequence[Opening]) -> tuple[LawOpening, ...]:
    """Return openings as records."""
    return tuple(
        LawOpening(one.id, one.evidence, one.purpose, one.requester, one.granted_by, one.state.value) for one in found
    )


def _finding(found: Finding) -> LawFinding:
    return LawFinding(
        kind=found.kind,
        detector=found.detector,
        subject=found.subject,
        reference=found.reference,
        tier=found.tier,
        distance=None if found.distance is None else int(found.distance),
        score="" if found.value is None else f"{found.value:.6f}",
        place=found.place,
    )


def _decision(one: Decided) -> LawDecision:
    items = tuple(
        LawItemDecision(said.item, said.verdict, said.axes, said.note, said.round, said.standing, said.is_alike)
        for said in one.items
    )
    back = one.reversal
    return LawDecision(
        decision=one.id,
        person=one.person,
        at=one.at,
        rules=one.rules,
        is_automatic=one.is_automatic,
        is_single_operator=one.is_single_operator,
        items=items,
        reversal=None if back is None else LawReversal(back.by, back.at, back.reason),
    )
