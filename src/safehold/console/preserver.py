"""The preserver: opens what is evidence with the review key and seals it to the custodians, in memory alone.

It runs in the console's process, which alone has that key. Of each item it seals two things: its content, once however
many items hold the same bytes, and an account of everything else (prompt, conversation, accounts, times, addresses, or
what somebody reported), which belongs to the content. What it seals under is written down first; a kill at any step
costs nothing, and what was reversed meanwhile is taken back. While there are too few custodians it waits.

    Preserver(console.casework, key, outbox).settle()
"""

import datetime as dt

import sqlalchemy as sa

from safehold.cases import CaseItem, ItemId, Place
from safehold.cases.awaiting import LOST, PRESERVE, Preserved, awaited_items
from safehold.cases.evidence.account import account
from safehold.cases.evidence.ceremony import FEWEST
from safehold.cases.evidence.preservation import SYSTEM, Names, begin, keep, renew, state_of
from safehold.cases.evidence.wanting import Harms, is_wanted, note_wanted
from safehold.cases.tables import case_preservations
from safehold.console.preserver_words import Opened, open_words
from safehold.gateway.keeping import keep_awaited
from safehold.home.errors import LeaseLostError
from safehold.home.outbox import Job, Outbox
from safehold.home.outbox.tables import jobs
from safehold.vault import CustodianKey, Label
from safehold.vault.errors import NoCustodiansError
from safehold.vocabulary import SafeholdError
from safehold.wiring.casework import Casework

_LEASE_SECONDS = 120.0

PUT_OFF_SECONDS = 600.0
"""How long a job waits where custodians are missing: soon enough after somebody registers one. Ours."""

LOOK_SECONDS = 600.0
"""How often it is looked for what no job is at: what a job that died left behind waits no longer. Ours."""

AGAIN_SECONDS = 86_400.0
"""After how long a job that was given up is tried again by itself, with all its tries: once a day. Ours."""


class Preserver:
    """Does the jobs of preservation; several may run.

    Args:
        casework: cases, what is held, the vault.
        key: the review key's private half.
        outbox: where the jobs are.
    """

    def __init__(self, casework: Casework, key: CustodianKey, outbox: Outbox) -> None:
        self._casework = casework
        self._key = key
        self._outbox = outbox
        self._looked_at: dt.datetime | None = None

    def settle(self, limit: int = 16) -> int:
        """Do jobs that are due, now and then after looking for what no job is at, and return how many are done.

        Raises:
            ErasureUnfinishedError: something of what was withdrawn could not be removed; all else is done.
        """
        home = self._casework.workshop.home
        now = home.clock.now()
        is_looking = self._looked_at is None or (now - self._looked_at).total_seconds() >= LOOK_SECONDS
        if is_looking:
            self._looked_at = now
            self.take_up()
        leased = self._outbox.lease({PRESERVE}, _LEASE_SECONDS, limit=limit)
        if leased:  # their time may be nearly over, or over where no worker came by
            keep_awaited(home.database, home.clock.now())
        done = sum(map(self._carry, leased))
        if is_looking:  # at the end: what it can't destroy holds nothing else up
            self._casework.withdrawal.sweep()
        return done

    def take_up(self) -> int:
        """Give everything that is evidence and not in the vault a job again, and return how many jobs that is.

        What a job was never put in for, whose job is gone, or whose job was given up a day ago: who took note of that
        need not do so again.
        """
        home = self._casework.workshop.home
        now = home.clock.now()
        note_wanted(home.database, self._harms, now)
        before = now - dt.timedelta(seconds=AGAIN_SECONDS)
        given_up = [one for one in self._outbox.dead() if one.kind == PRESERVE and one.reason != LOST]
        for job in given_up:
            if dt.datetime.fromisoformat(job.died_at) <= before:
                self._outbox.revive(job.id, is_note_kept=True)
        named = sa.select(jobs.c.payload["item"].as_string()).where(jobs.c.kind == PRESERVE)
        alone = awaited_items().where(case_preservations.c.item_id.not_in(named))
        with home.database.reading() as connection:
            found = connection.execute(alone).scalars().all()
        if found:
            with home.database.writing() as connection:
                for item in connection.execute(alone).scalars().all():
                    self._outbox.enqueue(connection, PRESERVE, {"item": item})
        return len(found)

    @property
    def _harms(self) -> Harms:
        return self._casework.rules.retention.preserve

    def _carry(self, job: Job) -> bool:
        try:
            return self._preserve(job)
        except NoCustodiansError as error:
            self._wait(job, type(error).__name__)
        except LeaseLostError:
            return False  # it took too long: another one does it once more, which changes nothing
        except (SafeholdError, OSError) as error:
            self._failed(job, type(error).__name__)
        return False

    def _preserve(self, job: Job) -> bool:
        item = self._casework.cases.item(ItemId(str(job.payload["item"])))
        if not self._is_awaited(item.id):
            return self._over(job, item.id)
        self._require_custodians()
        opened = open_words(self._casework, item, self._key)
        names = self._names(item, opened)
        workshop = self._casework.workshop
        with workshop.home.database.writing() as connection:
            is_begun = begin(connection, item, names, harms=self._harms)
        if not is_begun:
            return self._not_begun(job, item)
        self._seal(item, opened, names)
        with workshop.home.database.writing() as connection:
            is_kept = keep(connection, item, names, harms=self._harms, events=workshop.ledger)
            if is_kept and not names.is_lost:
                self._outbox.done(job, connection)
        if not is_kept:
            return self._not_begun(job, item)
        if names.is_lost:  # where everybody sees it: it can't be made good
            self._outbox.failed(job, LOST, for_good=True)
        return not names.is_lost

    def _is_awaited(self, item: ItemId) -> bool:
        """Return whether the vault is still to have an item; what is confirmed no more is withdrawn."""
        workshop = self._casework.workshop
        with workshop.home.database.reading() as connection:
            state = state_of(connection, item)
        if state is None:
            note_wanted(workshop.home.database, self._harms, workshop.home.clock.now())
        elif state in {Preserved.KEPT, Preserved.LOST}:
            return False
        with workshop.home.database.reading() as connection:
            if state_of(connection, item) is not Preserved.WITHDRAWN and is_wanted(connection, item, self._harms):
                return state_of(connection, item) is not None
        self._casework.withdrawal.withdraw(item)
        return False

    def _over(self, job: Job, item: ItemId) -> bool:
        """End a job whose item waits no more; one whose content is lost stays where everybody sees it."""
        with self._casework.workshop.home.database.reading() as connection:
            is_lost = state_of(connection, item) is Preserved.LOST
        if is_lost:  # who said so died before it was seen
            self._outbox.failed(job, LOST, for_good=True)
        else:
            self._outbox.done(job)
        return not is_lost

    def _not_begun(self, job: Job, item: CaseItem) -> bool:
        """Take back what may be sealed of an item: it was reversed meanwhile, or something of it has changed."""
        workshop = self._casework.workshop
        self._casework.withdrawal.withdraw(item.id, anew=True)
        with workshop.home.database.writing() as connection:
            if is_wanted(connection, item.id, self._harms):
                renew(connection, item.id, workshop.home.clock.now())
        self._failed(job, "begun_anew")
        return False

    def _require_custodians(self) -> None:
        """Stop before anything is sealed to fewer people than the ceremony takes: nobody could ever open it there.

        Raises:
            NoCustodiansError: there are too few.
        """
        workshop = self._casework.workshop
        registered = len(workshop.vault.custodians.list())
        if registered < FEWEST and not workshop.settings.single_operator:
            raise NoCustodiansError(
                f"{registered} custodians can't open together", advice="Register another: safehold vault keygen."
            )

    def _names(self, item: CaseItem, opened: Opened) -> Names:
        vault = self._casework.workshop.vault
        vault.custodians.quorum()
        content = None if opened.content is None else vault.name(opened.content)
        is_lost = content is None and item.told.content.place is Place.HELD
        if item.told.content.place is Place.VAULT:  # of before there were accounts
            content = opened.sealed
        return Names(content, vault.name(account(item, content, opened.words)), is_lost)

    def _seal(self, item: CaseItem, opened: Opened, names: Names) -> None:
        vault = self._casework.workshop.vault
        label = Label(item.case, SYSTEM, item.told.policy)
        if opened.content is not None:
            vault.put(opened.content, label)
        above = names.content or ""
        vault.put(account(item, names.content, opened.words), Label(item.case, SYSTEM, item.told.policy, above))

    def _failed(self, job: Job, reason: str) -> None:
        try:
            self._outbox.failed(job, reason)
        except LeaseLostError:
            return

    def _wait(self, job: Job, reason: str) -> None:
        try:
            self._outbox.put_off(job, reason, PUT_OFF_SECONDS)
        except LeaseLostError:
            return
