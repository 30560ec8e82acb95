"""The events of a vault: ids, counts, references and names of custodians, never content."""

from safehold.vault.erasure import Erasure
from safehold.vault.evidence import Evidence, EvidenceId, Label
from safehold.vault.holds import Hold
from safehold.vocabulary import Event, SafeholdError


def sealed(row: Evidence, label: Label) -> Event:
    """Return the event of a sealing."""
    details: dict[str, str | int | bool] = {
        "evidence": row.id,
        "case": row.case,
        "size": row.size,
        "threshold": row.threshold,
        "custodians": len(row.custodians),
    }
    if row.belongs_to:
        details["belongs_to"] = row.belongs_to
    return Event("evidence.sealed", label.actor, label.policy, details)


def opened(row: Evidence, names: tuple[str, ...], *, purpose: str, case: str, actor: str) -> Event:
    """Return the event of an opening."""
    people = {f"custodian_{number}": name for number, name in enumerate(sorted(names), start=1)}
    return Event("evidence.opened", actor, details={"evidence": row.id, "case": case, "purpose": purpose, **people})


def refused(identifier: EvidenceId, error: SafeholdError, *, actor: str) -> Event:
    """Return the event of an opening that was tried in vain."""
    return Event("evidence.opening_refused", actor, details={"evidence": identifier, "reason": type(error).__name__})


def erasure_begun(row: Evidence, erasure: Erasure, *, actor: str) -> Event:
    """Return the event of an erasure's beginning: from now on the evidence opens for nobody."""
    return Event("evidence.erasure_begun", actor, details=_erasure(row, erasure))


def erased(row: Evidence, erasure: Erasure, *, actor: str) -> Event:
    """Return the event of an erasure after which nothing was left."""
    return Event("evidence.erased", actor, details=_erasure(row, erasure))


def _erasure(row: Evidence, erasure: Erasure) -> dict[str, str | int | bool]:
    return {
        "evidence": row.id,
        "reference_kind": erasure.reference.kind.value,
        "reference": erasure.reference.text,
        "shares": erasure.shares,
        "shares_digest": erasure.digest,
    }


def held(hold: Hold, *, actor: str) -> Event:
    """Return the event of a hold's start."""
    expires = "" if hold.expires_at is None else hold.expires_at.isoformat(timespec="seconds")
    details = {"hold": hold.id, "evidence": hold.evidence, "expires_at": expires}
    grounds = {"rule": hold.grounds.rule, "reference": hold.grounds.reference, "extends": hold.grounds.extends}
    return Event("hold.started", actor, details={**details, **{name: word for name, word in grounds.items() if word}})


def released(hold: Hold, *, actor: str) -> Event:
    """Return the event of a hold's release."""
    return Event("hold.released", actor, details={"hold": hold.id, "evidence": hold.evidence})
