"""Legal holds: why evidence must not be erased, from when, until when."""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import NewType

import sqlalchemy as sa

from safehold.vault.errors import ErasureRefusedError, HoldRefusedError
from safehold.vault.evidence import WORD_ADVICE, Evidence, EvidenceId, EvidenceState, is_word
from safehold.vault.tables import evidence as evidence_table
from safehold.vault.tables import holds

HoldId = NewType("HoldId", str)
"""16 lower-case hexadecimal digits, drawn at random."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a hold rests on, as far as the vault has no use for it.

    Attributes:
        rule: what the law makes of it, a word of `safehold.cases.evidence`; "" where nobody said.
        reference: the receipt, request or order, as one word; "" for none.
        extends: the hold that it prolongs; "" for none.
    """

    rule: str = ""
    reference: str = ""
    extends: str = ""


NO_GROUNDS = Grounds()


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason to keep evidence.

    Attributes:
        id: what it is called.
        evidence: what is kept.
        basis: the law, request or counsel's reference that asks for it.
        starts_at: from when.
        expires_at: until when, excluded; None until somebody releases it.
        released_at: when somebody released it; None while nobody has.
        grounds: what it rests on.
    """

    id: HoldId
    evidence: EvidenceId
    basis: str
    starts_at: dt.datetime
    expires_at: dt.datetime | None = None
    released_at: dt.datetime | None = None
    grounds: Grounds = NO_GROUNDS

    def is_active(self, now: dt.datetime) -> bool:
        """Return whether the hold forbids erasing at ``now``. Clocks set back never end a hold early."""
        return self.released_at is None and (self.expires_at is None or now < self.expires_at)


def new_hold(
    evidence: Evidence,
    basis: str,
    *,
    now: dt.datetime,
    expires_at: dt.datetime | None,
    grounds: Grounds = NO_GROUNDS,
) -> Hold:
    """Return a hold that starts now.

    Raises:
        HoldRefusedError: the evidence is erased, no basis is given, the expiry is not in the future, or what it rests
            on is more than a word.
    """
    if not all(is_word(word) for word in (grounds.rule, grounds.reference, grounds.extends) if word):
        raise HoldRefusedError("what a hold rests on must be named in one word", advice=WORD_ADVICE)
    if evidence.state is not EvidenceState.SEALED:
        raise HoldRefusedError("the evidence is erased; there is nothing to hold", advice="Check the id.")
    if not basis.strip():
        raise HoldRefusedError("a hold needs its basis", advice="Name the law, request or counsel's reference.")
    if expires_at is not None and (expires_at.tzinfo is None or expires_at <= now):
        raise HoldRefusedError(
            "a hold's expiry must be in the future, with its time zone", advice="Give a later time, or none."
        )
    until = None if expires_at is None else expires_at.astimezone(dt.UTC)
    return Hold(HoldId(secrets.token_hex(8)), evidence.id, basis, now, until, grounds=grounds)


def refuse_if_held(found: tuple[Hold, ...], now: dt.datetime) -> None:
    """Stop an erasure while any of these holds is active.

    Raises:
        ErasureRefusedError: one is.
    """
    active = [hold for hold in found if hold.is_active(now)]
    if active:
        raise ErasureRefusedError(
            f"{len(active)} legal hold(s) forbid erasing this evidence",
            advice=f"Ask counsel; hold {active[0].id} must be released or expire first.",
        )


def write_hold(connection: sa.Connection, hold: Hold) -> None:
    """Write a new hold."""
    connection.execute(
        sa.insert(holds).values(
            id=hold.id,
            evidence_id=hold.evidence,
            basis=hold.basis,
            starts_at=hold.starts_at.isoformat(),
            expires_at=None if hold.expires_at is None else hold.expires_at.isoformat(),
            rule=hold.grounds.rule or None,
            reference=hold.grounds.reference or None,
            extends=hold.grounds.extends or None,
        )
    )


def release_hold(connection: sa.Connection, identifier: HoldId, *, now: dt.datetime) -> tuple[Hold, bool]:
    """End a hold; return it as it now is, and whether this ended it: ending it twice changes nothing.

    Raises:
        HoldRefusedError: there is no such hold.
    """
    unreleased = holds.c.released_at.is_(None)
    ended = sa.update(holds).where(holds.c.id == identifier, unreleased).values(released_at=now.isoformat())
    is_ended = connection.execute(ended).rowcount > 0
    row = connection.execute(sa.select(holds).where(holds.c.id == identifier)).mappings().one_or_none()
    if row is None:
        raise unknown_hold()
    return _read(row), is_ended


def holds_of(connection: sa.Connection, identifier: EvidenceId) -> tuple[Hold, ...]:
    """Return every hold there ever was on this evidence, or on what it belongs to, oldest first."""
    table = evidence_table
    above = sa.select(table.c.belongs_to).where(table.c.id == identifier, table.c.belongs_to.is_not(None))
    is_on = sa.or_(holds.c.evidence_id == identifier, holds.c.evidence_id.in_(above))
    return read_holds(connection, sa.select(holds).where(is_on))


def read_holds(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> tuple[Hold, ...]:
    """Return the holds that a query of their table finds, oldest first."""
    rows = connection.execute(query.order_by(holds.c.starts_at, holds.c.id)).mappings()
    return tuple(_read(row) for row in rows)


def unknown_hold() -> HoldRefusedError:
    """Return the error for a hold that does not exist."""
    return HoldRefusedError("there is no hold with that id", advice="Copy an id from the evidence's holds.")


def _read(row: sa.RowMapping) -> Hold:
    return Hold(
        id=HoldId(row["id"]),
        evidence=EvidenceId(row["evidence_id"]),
        basis=row["basis"],
        starts_at=dt.datetime.fromisoformat(row["starts_at"]),
        expires_at=_time(row["expires_at"]),
        released_at=_time(row["released_at"]),
        grounds=Grounds(row["rule"] or "", row["reference"] or "", row["extends"] or ""),
    )


def _time(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
