"""The preserver: opens confirmed items with the review key and seals them to the custodians, in memory alone.

It runs in the console's process, which alone has that key. A kill between sealing and noting it costs nothing: the same
bytes are kept once, and the job is done again. While there are too few custodians it waits, for as long as that takes.

    Preserver(console.casework, key, outbox).settle()
"""

from safehold.cases import CaseItem, ItemId, Place
from safehold.cases.awaiting import LOST, PRESERVE
from safehold.cases.evidence.ceremony import FEWEST
from safehold.cases.evidence.preservation import SYSTEM, keep
from safehold.console.viewing.openers import words_of
from safehold.gateway.errors import HeldItemMissingError
from safehold.gateway.keeping import keep_awaited
from safehold.home.errors import LeaseLostError
from safehold.home.outbox import Job, Outbox
from safehold.vault import CustodianKey, Label
from safehold.vault.errors import NoCustodiansError
from safehold.vocabulary import Event, SafeholdError
from safehold.wiring.casework import Casework

_LEASE_SECONDS = 120.0
_PURPOSE = "preservation"

PUT_OFF_SECONDS = 600.0
"""How long a job waits where custodians are missing: soon enough after somebody registers one. Ours."""


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

    def settle(self, limit: int = 16) -> int:
        """Do jobs that are due, and return how many are done."""
        leased = self._outbox.lease({PRESERVE}, _LEASE_SECONDS, limit=limit)
        if leased:  # their time may be nearly over, or over where no worker came by
            home = self._casework.workshop.home
            keep_awaited(home.database, home.clock.now())
        return sum(map(self._carry, leased))

    def _carry(self, job: Job) -> bool:
        try:
            self._preserve(job)
        except HeldItemMissingError:
            self._lost(job)
        except NoCustodiansError as error:
            self._wait(job, type(error).__name__)
        except LeaseLostError:
            return False  # it took too long: another one does it once more, which changes nothing
        except (SafeholdError, OSError) as error:
            self._failed(job, type(error).__name__)
        else:
            return True
        return False

    def _preserve(self, job: Job) -> None:
        item = self._casework.cases.item(ItemId(str(job.payload["item"])))
        workshop = self._casework.workshop
        if item.told.content.place is not Place.HELD:
            self._outbox.done(job)
            return
        self._require_custodians()
        evidence = workshop.vault.put(self._content(item), Label(item.case, SYSTEM, item.told.policy))
        with workshop.home.database.writing() as connection:
            keep(connection, item, evidence, events=workshop.ledger)
            self._outbox.done(job, connection)

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

    def _content(self, item: CaseItem) -> bytes:
        now = self._casework.workshop.home.clock.now()
        told = self._casework.held.open(item.told.content.reference, self._key, actor=SYSTEM, purpose=_PURPOSE, now=now)
        return told.data or words_of(told).encode()

    def _lost(self, job: Job) -> None:
        """Say that nothing is left to preserve, where everybody sees it: it can't be made good."""
        details = {"item": str(job.payload["item"])}
        self._casework.workshop.ledger.append(Event("evidence.lost", SYSTEM, details=details))
        self._outbox.failed(job, LOST, for_good=True)

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
