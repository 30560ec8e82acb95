"""The exposures of a home: recorded before content is given out, and counted for the person's own good.

    exposure = exposures.begin(person, item, case=case, purpose=Purpose.REVIEW, form=Form.IMAGE)
    exposures.require(exposure, person=person, item=item)      # by whatever gives the content out
    exposures.end(exposure, 2400, person=person)

Rules: nobody is shown content who is not allowed to, who is to rest, or who chose not to be; where there may be danger
to life, no rest stands in the way. Whether somebody saw a file is answered from here and never assumed.
"""

import datetime as dt
import secrets
from collections.abc import Sequence

import sqlalchemy as sa

from safehold.cases.case import CaseId
from safehold.cases.exposure.dosing import count_item, count_time
from safehold.cases.exposure.errors import ExposureUnknownError, OptedOutError, RestDueError, RevealNotAllowedError
from safehold.cases.exposure.exposure import Exposure, ExposureId, Extent, OptOut, Purpose, Shown
from safehold.cases.exposure.own import OwnFigures, own_figures
from safehold.cases.exposure.rest import Allowance, RestKind, allowance_of
from safehold.cases.exposure.rules import ExposureRules
from safehold.cases.exposure.stored import drop_opt_out, opt_outs_of, put_opt_out, seen_by, to_exposure
from safehold.cases.exposure.tables import exposures
from safehold.cases.exposure.totals import WeekTotals, week_totals
from safehold.cases.item import Form, ItemId
from safehold.cases.staff import Ability, Person
from safehold.home.database import Database
from safehold.ledger import EventLog
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock, Event

_ID_BYTES = 10
_WHOLE_AT_ONCE = frozenset({Form.IMAGE, Form.FINGERPRINT})
"""Forms of which all is before somebody's eyes as soon as they are shown; of the others whoever showed them says so.

Very long words are cut: whether those that were shown were all, only their viewer knows."""


class Exposures:
    """Exposures of a home; threads and processes may share them.

    Args:
        database: of the home.
        ledger: where events go.
        clock: where the time comes from.
        rules: how much content is good for somebody.
    """

    def __init__(self, database: Database, ledger: EventLog, clock: Clock, rules: ExposureRules) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self.rules = rules

    def begin(
        self,
        person: Person,
        item: ItemId,
        *,
        case: CaseId,
        purpose: Purpose,
        form: Form,
        shown: Shown = Shown.CONTENT,
    ) -> ExposureId:
        """Record that somebody is about to be shown an item; it is durable when this returns.

        Args:
            person: who.
            item: what.
            case: in which case.
            purpose: why.
            form: what it will be to look at.
            shown: the item itself, or only in what it was sent.

        Raises:
            RevealNotAllowedError: they lack the ability.
            RestDueError: a break or the end of the day is due, and it is not about danger to life.
            OptedOutError: they chose not to be shown such content.
        """
        if not person.can(Ability.REVEAL):
            raise RevealNotAllowedError("content is not shown to this role", advice="Decide by what is known of it.")
        now, exposure = self._clock.now(), ExposureId(f"expo_{secrets.token_hex(_ID_BYTES)}")
        row = {"id": exposure, "item": item, "case_id": case, "person": person.name, "purpose": purpose.value}
        told = {"form": form.value, "shown": shown.value, "extent": Extent.PART.value}
        began = {"began_at": timestamp(now), "milliseconds": 0}
        words = {"purpose": purpose.value, "form": form.value, "shown": shown.value}
        details = {"exposure": exposure, "item": item, "case": case, **words}
        with self._database.writing() as connection:
            if purpose is not Purpose.DANGER:
                _refuse_kindly(self._allowance(connection, person, now), form)
            count_item(connection, person.name, item, form, now)
            connection.execute(sa.insert(exposures).values(**row, **told, **began))
            self._ledger.append(Event("exposure.began", person.name, details=details), connection)
        return exposure

    def require(self, exposure: ExposureId, *, person: Person, item: ItemId, shown: Shown = Shown.CONTENT) -> Exposure:
        """Return the exposure under which content may be given out now: theirs, of this item, and still under way.

        One of circumstances gives out no content, and the other way round.

        Raises:
            ExposureUnknownError: there is none.
        """
        query = sa.select(exposures).where(exposures.c.id == exposure, exposures.c.person == person.name)
        query = query.where(exposures.c.item == item, exposures.c.ended_at.is_(None))
        query = query.where(exposures.c.shown == shown.value)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        found = None if row is None else to_exposure(row)
        longest = dt.timedelta(seconds=self.rules.longest_seconds)
        if found is None or self._clock.now() - found.began_at > longest:
            raise _unknown()
        return found

    def end(self, exposure: ExposureId, milliseconds: int, *, person: Person, extent: Extent | None = None) -> Exposure:
        """Record that content was put away; repeating it changes nothing.

        Args:
            exposure: which.
            milliseconds: how long it was shown; no longer is believed than it was since its beginning.
            person: whose it is.
            extent: how much was seen, where whoever showed it knows; None: all, of what is seen at a glance.

        Raises:
            ExposureUnknownError: this person has none of this id.
        """
        now = self._clock.now()
        with self._database.writing() as connection:
            mine = (exposures.c.id == exposure, exposures.c.person == person.name)
            row = connection.execute(sa.select(exposures).where(*mine)).mappings().first()
            if row is None:
                raise _unknown()
            if row["ended_at"] is None:
                known = to_exposure(row)
                shown = _believed(known, milliseconds, now)
                self._put_away(connection, known, shown, extent=self._extent(known, shown, extent), now=now)
            return to_exposure(connection.execute(sa.select(exposures).where(*mine)).mappings().one())

    def close_left_open(self) -> int:
        """End what nobody ended, with the assumed duration, and return how many: a closed browser says nothing."""
        now = self._clock.now()
        oldest = timestamp(now - dt.timedelta(seconds=self.rules.longest_seconds))
        left = sa.select(exposures).where(exposures.c.ended_at.is_(None), exposures.c.began_at < oldest)
        with self._database.writing() as connection:
            found = [to_exposure(row) for row in connection.execute(left).mappings()]
            for one in found:
                assumed = round(self.rules.assumed_seconds * 1000)
                self._put_away(connection, one, assumed, extent=Extent.PART, now=now, is_assumed=True)
        return len(found)

    def allowance(self, person: Person, now: dt.datetime | None = None) -> Allowance:
        """Return what may be shown to somebody now; for their own eyes, and for the queue that gives them work."""
        with self._database.reading() as connection:
            return self._allowance(connection, person, now or self._clock.now())

    def opt_out(self, person: Person, choice: OptOut) -> None:
        """Give somebody no such work from now on; it needs no reason, costs nothing and is told to nobody."""
        with self._database.writing() as connection:
            put_opt_out(connection, person.name, choice)

    def opt_in(self, person: Person, choice: OptOut) -> None:
        """Take back an opting out."""
        with self._database.writing() as connection:
            drop_opt_out(connection, person.name, choice)

    def was_viewed(self, item: ItemId) -> bool:
        """Return whether somebody here saw the whole of an item; what can't be told counts as not.

        Source: NCMEC CyberTipline reporting API, `fileViewedByEsp`: whether the company viewed the entire contents of
        the file.
        """
        whole = (
            exposures.c.item == item,
            exposures.c.shown == Shown.CONTENT.value,
            exposures.c.extent == Extent.WHOLE.value,
        )
        with self._database.reading() as connection:
            return connection.execute(sa.select(exposures.c.id).where(*whole).limit(1)).first() is not None

    def of_item(self, item: ItemId) -> Sequence[Exposure]:
        """Return every time that an item was shown, oldest first."""
        return self._found(exposures.c.item == item)

    def of_case(self, case: CaseId) -> Sequence[Exposure]:
        """Return every time that an item of a case was shown, oldest first."""
        return self._found(exposures.c.case_id == case)

    def own(self, person: Person) -> OwnFigures:
        """Return somebody's own figures; the caller owes that nobody else sees them."""
        with self._database.reading() as connection:
            allowance = self._allowance(connection, person, self._clock.now())
            return own_figures(connection, person.name, allowance, now=self._clock.now())

    def totals(self, weeks: int = 12) -> tuple[WeekTotals, ...]:
        """Return figures of the last weeks that are over, latest first; nothing that tells of one person."""
        with self._database.reading() as connection:
            return week_totals(connection, self.rules, now=self._clock.now(), weeks=weeks)

    def _found(self, where: sa.ColumnElement[bool]) -> Sequence[Exposure]:
        query = sa.select(exposures).where(where).order_by(exposures.c.began_at, exposures.c.id)
        with self._database.reading() as connection:
            return [to_exposure(row) for row in connection.execute(query).mappings()]

    def _allowance(self, connection: sa.Connection, person: Person, now: dt.datetime) -> Allowance:
        seen = seen_by(connection, person.name, self.rules, now)
        return allowance_of(seen, self.rules, now, opt_outs=opt_outs_of(connection, person.name))

    def _extent(self, exposure: Exposure, milliseconds: int, told: Extent | None) -> Extent:
        if exposure.shown is Shown.CIRCUMSTANCES or milliseconds < self.rules.viewed_from_milliseconds:
            return Extent.PART
        return told or (Extent.WHOLE if exposure.form in _WHOLE_AT_ONCE else Extent.PART)

    def _put_away(
        self,
        connection: sa.Connection,
        exposure: Exposure,
        milliseconds: int,
        *,
        extent: Extent,
        now: dt.datetime,
        is_assumed: bool = False,
    ) -> None:
        values = {"ended_at": timestamp(now), "milliseconds": milliseconds, "extent": extent.value}
        still_shown = (exposures.c.id == exposure.id, exposures.c.ended_at.is_(None))
        connection.execute(sa.update(exposures).where(*still_shown).values(**values))
        count_time(connection, exposure.person, exposure.form, exposure.began_at, milliseconds=milliseconds)
        details: dict[str, str | int | bool] = {"exposure": exposure.id, "milliseconds": milliseconds}
        details |= {"extent": extent.value, "assumed": is_assumed}
        self._ledger.append(Event("exposure.ended", exposure.person, details=details), connection)


def _believed(exposure: Exposure, milliseconds: int, now: dt.datetime) -> int:
    since = max(round((now - exposure.began_at).total_seconds() * 1000), 0)
    return min(max(milliseconds, 0), since)


def _refuse_kindly(allowance: Allowance, form: Form) -> None:
    if allowance.has_opted_out(form):
        raise OptedOutError(
            "you chose not to be shown this", advice="Decide without it or give it back; you can change your choice."
        )
    if allowance.rest is None:
        return
    if allowance.rest.kind is RestKind.DAY:
        raise RestDueError(
            "you have seen enough for today",
            advice="Thank you. Other work is welcome; content waits for you, or for somebody else.",
            until=allowance.rest.until,
        )
    raise RestDueError("a break is due", advice="Take a few minutes away from the screen.", until=allowance.rest.until)


def _unknown() -> ExposureUnknownError:
    return ExposureUnknownError("nothing is shown under this number", advice="Open the item again.")
