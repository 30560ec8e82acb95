"""The intake: receive reports, tell their status, list them for people, keep the clocks and forget in time.

What a reporter was given a ticket for is durable, with its event, before the ticket leaves. Fingerprints follow into
their bank at once; where that fails they are marked, and the next :meth:`Reports.settle` does it.

    receipt = reports.submit(Submission(Category.IMAGE_OF_ME, Target.GENERATION, "gen-17"), Sender(source="192.0.2.7"))
    reports.status(receipt.token).status
"""

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from safehold.cases.paging import behind
from safehold.gateway.reports import sources
from safehold.gateway.reports.casework import ReportCases, awaited_tickets, forget_notes
from safehold.gateway.reports.errors import (
    ReopeningUnfitError,
    ReportClosedError,
    ReportOvertakenError,
    ReportUnknownError,
)
from safehold.gateway.reports.holding import Holding
from safehold.gateway.reports.judgement import is_own_id, judge
from safehold.gateway.reports.report import Fingerprint, Kind, Receipt, Report, Role, Sender, Status, Submission
from safehold.gateway.reports.sealing import Seals, open_note, sealed_note
from safehold.gateway.reports.sources import Limits
from safehold.gateway.reports.stored import (
    held_fingerprints,
    in_turn,
    insert_fingerprints,
    to_report,
    with_counts,
)
from safehold.gateway.reports.tables import reports
from safehold.home.database import Database
from safehold.ledger import EventLog, is_fit
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock, Event, SafeholdError

TAKE_DOWN_HOURS = 48
"""From a valid request to removal. Source: TAKE IT DOWN Act, Public Law 119-12, section 3(a)(3)(A)."""

RETENTION_DAYS = 90
"""How long sealed notes and contacts stay after a report is closed: long enough for an answer and a complaint. Ours."""

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for another when it is read or copied by hand
_TICKET_GROUPS = 2
_TOKEN_GROUPS = 5
"""25 letters of 30: 122 bits, which nobody guesses, and which a person can still write down."""

_LISTED = 100


@dataclass(frozen=True, slots=True)
class Desk:
    """What reports are kept with.

    Attributes:
        seals: what people write is sealed with it; None where there is no review key: nothing written is taken then.
        holding: where fingerprints hold content.
        digest_key: for sources and references: at least 16 random bytes, the same in every process.
        limits: how many anonymous reports are accepted.
        retention_days: how long sealed notes stay after a report is closed.
        cases: where reports wait for people; None where nobody works on cases.
    """

    seals: Seals | None
    holding: Holding
    digest_key: bytes
    limits: Limits = field(default_factory=Limits)
    retention_days: int = RETENTION_DAYS
    cases: ReportCases | None = None


class Reports:
    """The reports of a home; threads and processes may share them.

    Args:
        database: of the home.
        ledger: where events go.
        clock: where the time comes from.
        desk: what reports are kept with.
    """

    def __init__(self, database: Database, ledger: EventLog, clock: Clock, desk: Desk) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._desk = desk

    def submit(self, submission: Submission, sender: Sender) -> Receipt:
        """Receive a report; it is durable when this returns.

        Raises:
            MaterialSentError, ReportIncompleteError: it can't be received as it is.
            TooManyReportsError: its source sent too many; nothing was kept.
            SealMissingError: it holds words, and there is no review key to seal them to.
        """
        judge(submission, sender)
        now = self._clock.now()
        due = now + dt.timedelta(hours=TAKE_DOWN_HOURS) if submission.kind is Kind.TAKE_DOWN else None
        receipt = Receipt(f"R-{_grouped(_TICKET_GROUPS)}", _grouped(_TOKEN_GROUPS), now, due)
        with self._database.writing() as connection:
            if sender.source:
                sources.count(
                    connection, sender.source, now=now, digest_key=self._desk.digest_key, limits=self._desk.limits
                )
            row = self._row(submission, sender, receipt)
            connection.execute(sa.insert(reports).values(**row))
            insert_fingerprints(connection, receipt.ticket, submission.fingerprints)
            self._ledger.append(_received(submission, sender, receipt), connection)
            if self._desk.cases is not None:
                self._desk.cases.enter(connection, submission, receipt, actor=sender.actor, sealed=row["sealed"])
        self.settle()
        return receipt

    def status(self, token: str) -> Report:
        """Return the report of a status token.

        Raises:
            ReportUnknownError: there is none.
        """
        return self._one(reports.c.token == _token_digest(token))

    def show(self, ticket: str) -> Report:
        """Return the report of a ticket.

        Raises:
            ReportUnknownError: there is none.
        """
        return self._one(reports.c.ticket == ticket.upper())

    def list(
        self, *, is_open: bool = False, is_overdue: bool = False, after: str = "", limit: int = _LISTED
    ) -> Sequence[Report]:
        """Return reports: those with a clock first, by when they are due; then the others, oldest first.

        Args:
            is_open: only those that nobody has decided.
            is_overdue: only those that nobody has decided in time.
            after: only those behind this place (:func:`safehold.gateway.reports.stored.place_of`); "" from the start.
            limit: how many at most.
        """
        query = with_counts().order_by(*in_turn()).where(behind(after, in_turn()))
        if is_open or is_overdue:
            query = query.where(reports.c.status.in_([one.value for one in Status if not one.is_closed]))
        if is_overdue:
            query = query.where(reports.c.due_at < timestamp(self._clock.now()))
        with self._database.reading() as connection:
            return [to_report(row) for row in connection.execute(query.limit(limit)).mappings()]

    def count_overdue(self) -> int:
        """Return how many requests to take down nobody has decided in time."""
        query = sa.select(sa.func.count()).select_from(reports)
        is_open = reports.c.status.in_([one.value for one in Status if not one.is_closed])
        with self._database.reading() as connection:
            return (
                connection.execute(query.where(is_open, reports.c.due_at < timestamp(self._clock.now()))).scalar() or 0
            )

    def decide(self, ticket: str, status: Status, *, actor: str, follows_case: bool = False) -> Report:
        """Say how far a report is; where nothing is to be done, what it holds is let go, for good.

        Nobody overrules a closed report alone: whoever reverses the decision in its case takes it up again. One that
        nothing was done about can be looked at again, which holds again what it held.

        Args:
            ticket: of the report.
            status: how far it is.
            actor: who says so.
            follows_case: whether this is what was decided in its case, by as many people as that took.

        Raises:
            ReportUnknownError: there is none of this ticket.
            ReportClosedError: it is decided otherwise already; nothing was changed.
            ReportOvertakenError: somebody decided at the same moment; nothing was changed.
        """
        before = self.show(ticket)
        if before.status is status:
            return before
        if before.status is Status.NO_ACTION and status is Status.IN_REVIEW:
            return self.reopen(ticket, actor=actor)
        if before.status.is_closed and not follows_case:
            raise _decided_in_its_case()
        changed = {"status": status.value, "status_at": timestamp(self._clock.now())}
        if status is Status.NO_ACTION and before.holding in {"pending", "held"}:
            changed["holding"] = "releasing"
        unchanged = sa.update(reports).where(reports.c.ticket == before.ticket, reports.c.status == before.status.value)
        with self._database.writing() as connection:
            if not connection.execute(unchanged.values(**changed)).rowcount:  # somebody else has, meanwhile
                raise _overtaken()
            details = {"ticket": before.ticket, "status": status.value, "overdue": before.is_overdue(self._clock.now())}
            self._ledger.append(Event("report.decided", actor, details=details), connection)
            if self._desk.cases is not None:
                self._desk.cases.settle(connection, before.ticket, status, actor=actor)
        self.settle()
        return self.show(before.ticket)

    def reopen(self, ticket: str, *, actor: str) -> Report:
        """Take a report up again whose decision was reversed, and hold again what it held; repeating it is safe.

        Raises:
            ReportUnknownError: there is none of this ticket.
        """
        before = self.show(ticket)
        if not before.status.is_closed:
            return before
        changed = {"status": Status.IN_REVIEW.value, "status_at": timestamp(self._clock.now())}
        if before.holding in {"releasing", "released"}:
            changed["holding"] = "pending"
        query = sa.update(reports).where(reports.c.ticket == before.ticket, reports.c.status == before.status.value)
        with self._database.writing() as connection:
            if connection.execute(query.values(**changed)).rowcount:
                self._ledger.append(Event("report.reopened", actor, details={"ticket": before.ticket}), connection)
        self.settle()
        return self.show(before.ticket)

    def take_up(self, ticket: str, reason: str, *, actor: str) -> Report:
        """Take a report up again that somebody closed by hand: hold again what it held, and let its case wait again.

        Args:
            ticket: of the report; one that is not closed stays as it is.
            reason: why, in one word.
            actor: who takes it up.

        Raises:
            ReportUnknownError: there is none of this ticket.
            ReopeningUnfitError: there is no reason, or more than a word.
            ReportClosedError: people decided it in its case: whoever reverses that takes it up.
            ReportOvertakenError: somebody else did at the same moment; nothing was changed.
        """
        if not reason or not is_fit(reason):
            raise ReopeningUnfitError("say in one word why it is taken up again", advice="For instance: mistaken")
        before = self.show(ticket)
        if not before.status.is_closed:
            return before
        changed = {"status": Status.IN_REVIEW.value, "status_at": timestamp(self._clock.now())}
        if before.holding in {"releasing", "released"}:
            changed["holding"] = "pending"
        query = sa.update(reports).where(reports.c.ticket == before.ticket, reports.c.status == before.status.value)
        with self._database.writing() as connection:
            if self._desk.cases is not None and not self._desk.cases.unsettle(connection, before.ticket, actor=actor):
                raise _decided_in_its_case()
            if not connection.execute(query.values(**changed)).rowcount:
                raise _overtaken()
            details = {"ticket": before.ticket, "reason": reason}
            self._ledger.append(Event("report.reopened", actor, details=details), connection)
        self.settle()
        return self.show(before.ticket)

    def settle(self) -> int:
        """Put fingerprints that wait into their bank, or take them out, and return for how many reports it did."""
        with self._database.reading() as connection:
            waiting = held_fingerprints(connection, ("pending", "releasing"))
        done = 0
        for ticket, (holding, fingerprints) in waiting.items():
            try:
                self._settle_one(ticket, holding, fingerprints)
            except SafeholdError:  # the bank is busy or can't be written: the mark stays, and the next call tries again
                continue
            done += 1
        return done

    def note_overdue(self) -> Sequence[Report]:
        """Record, once each, which requests nobody has decided in time, and return these."""
        late = self.list(is_overdue=True)
        noted = []
        for report in late:
            changed = sa.update(reports).where(reports.c.ticket == report.ticket, reports.c.overdue_noted == 0)
            with self._database.writing() as connection:
                if connection.execute(changed.values(overdue_noted=1)).rowcount:
                    event = Event("report.overdue", "system", details={"ticket": report.ticket})
                    self._ledger.append(event, connection)
                    noted.append(report)
        return noted

    def forget(self) -> int:
        """Remove sealed notes of reports that were closed long enough ago, and return how many.

        Those that are evidence stay until the vault has them.
        """
        before = timestamp(self._clock.now() - dt.timedelta(days=self._desk.retention_days))
        closed = [one.value for one in Status if one.is_closed]
        is_over = sa.and_(
            reports.c.status.in_(closed),
            reports.c.status_at < before,
            reports.c.sealed.is_not(None),
            reports.c.ticket.not_in(awaited_tickets()),
        )
        with self._database.writing() as connection:
            forget_notes(connection, sa.select(reports.c.ticket).where(is_over))
            return connection.execute(sa.update(reports).where(is_over).values(sealed=None)).rowcount

    def sealed_note(self, ticket: str) -> bytes:
        """Return what is sealed of a report; the review key alone opens it. b"" where it is gone.

        Raises:
            ReportUnknownError: there is none of this ticket.
        """
        query = sa.select(reports.c.ticket, reports.c.sealed).where(reports.c.ticket == ticket.upper())
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise _unknown()
        return bytes(row.sealed or b"")

    def opened(self, ticket: str, secret: bytes, *, actor: str) -> dict[str, str]:
        """Return what somebody wrote, and record that it was opened, before it is shown; {} where it is gone.

        Args:
            ticket: of the report.
            secret: the review key's private half.
            actor: who reads it.

        Raises:
            ReportUnknownError: there is none of this ticket.
            NoteUnopenedError: another key sealed it.
        """
        kept = self.sealed_note(ticket)
        if not kept:
            return {}
        told = open_note(kept, secret)
        self._ledger.append(Event("report.opened", actor, details={"ticket": ticket.upper()}))
        return told

    def _settle_one(self, ticket: str, holding: str, fingerprints: Sequence[Fingerprint]) -> None:
        if holding == "pending":
            self._desk.holding.hold(ticket, fingerprints)
        else:
            self._desk.holding.release(ticket)
        done = {"pending": "held", "releasing": "released"}[holding]
        query = sa.update(reports).where(reports.c.ticket == ticket, reports.c.holding == holding)
        with self._database.writing() as connection:
            connection.execute(query.values(holding=done))

    def _one(self, where: sa.ColumnElement[bool]) -> Report:
        with self._database.reading() as connection:
            row = connection.execute(with_counts().where(where)).mappings().first()
        if row is None:
            raise _unknown()
        return to_report(row)

    def _row(self, submission: Submission, sender: Sender, receipt: Receipt) -> dict[str, Any]:
        plain = is_own_id(submission.target, submission.reference)
        return {
            "ticket": receipt.ticket,
            "token": _token_digest(receipt.token),
            "received_at": timestamp(receipt.received_at),
            "kind": submission.kind.value,
            "category": submission.category.value,
            "target": submission.target.value,
            "reference": submission.reference if plain else self._digest(submission.reference),
            "locale": submission.locale,
            "country": submission.country,
            "actor": sender.actor,
            "status": Status.RECEIVED.value,
            "status_at": timestamp(receipt.received_at),
            "is_trusted": int(sender.is_trusted),
            "is_representative": int(submission.role is Role.REPRESENTATIVE),
            "due_at": None if receipt.due_at is None else timestamp(receipt.due_at),
            "overdue_noted": 0,
            "holding": "pending" if _holds(submission, sender) else "none",
            "sealed": sealed_note(submission, self._desk.seals),
        }

    def _digest(self, reference: str) -> str:
        digest = hmac.new(self._desk.digest_key, f"reference {reference}".encode(), hashlib.sha256)
        return f"hmac:{digest.hexdigest()}"


def _decided_in_its_case() -> ReportClosedError:
    return ReportClosedError(
        "this report is decided, and nobody overrules that alone",
        advice="Let a lead reverse the decision in its case: that takes the report up again.",
    )


def _overtaken() -> ReportOvertakenError:
    return ReportOvertakenError(
        "somebody said how far the report is since you looked", advice="Look at it again, then decide."
    )


def _holds(submission: Submission, sender: Sender) -> bool:
    """Return whether fingerprints hold content at once: those of a request to take down, or of a trusted flagger."""
    return bool(submission.fingerprints) and (submission.kind is Kind.TAKE_DOWN or sender.is_trusted)


def _received(submission: Submission, sender: Sender, receipt: Receipt) -> Event:
    details: dict[str, str | int | bool] = {
        "ticket": receipt.ticket,
        "kind": submission.kind.value,
        "category": submission.category.value,
        "target": submission.target.value,
        "trusted": sender.is_trusted,
        "representative": submission.role is Role.REPRESENTATIVE,
        "fingerprints": len(set(submission.fingerprints)),
    }
    return Event("report.received", sender.actor, details=details)


def _grouped(groups: int) -> str:
    """Return random letters in groups of five."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(groups))


def _token_digest(token: str) -> str:
    """Return the digest of a token, however its letters were typed."""
    return hashlib.sha256("".join(one for one in token.upper() if one in _LETTERS).encode()).hexdigest()


def _unknown() -> ReportUnknownError:
    return ReportUnknownError("there is no such report", advice="Check the ticket or the link that you were given.")
