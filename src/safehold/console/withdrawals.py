"""Withdrawals: taking one entry of a bank back needs two people. One proposes it, another one does it or declines.

What waits is told by the ledger itself: a proposal is an event, and so is what became of it. So nothing is decided
twice, and what was approved and not carried out, since somebody pulled the plug, still waits to be.

    withdrawals = Withdrawals(workshop)
    withdrawals.propose("industry-list", 17, reason="false-match", actor="ada")
    withdrawals.approve(withdrawals.waiting()[0], actor="ben")      # never ada, but in single-operator mode
"""

from dataclasses import dataclass

import sqlalchemy as sa

from safehold.gateway.lifecycle.stored import is_same_person
from safehold.ledger import Recorded, is_fit
from safehold.ledger.stored import entries
from safehold.ledger.tables import events
from safehold.matching import BankStore
from safehold.matching.banks.bank import TEST_BANK, Entry
from safehold.vocabulary import Event, UsageError
from safehold.wiring.workshop import Workshop

LARGEST_BANK = 1_000_000
"""Entries of a bank in which one is looked up by its number within a request; larger ones are the command line's."""

_PROPOSED = "bank.withdrawal_proposed"
_APPROVED = "bank.withdrawal_approved"
_DECLINED = "bank.withdrawal_declined"
_DONE = "bank.withdrawal_done"
_LISTED = 200


class WithdrawalRefusedError(UsageError):
    """An entry can't be taken back as it was asked; nothing was done."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An entry that somebody wants to be taken back.

    Attributes:
        number: the place of the proposal in the ledger.
        bank: of which bank.
        entry: which one of it.
        reason: why, in a word.
        proposed_by: who.
        proposed_at: when, RFC 3339 in UTC.
        approved_by: who approved it, where that is not carried out yet; "" for nobody.
    """

    number: int
    bank: str
    entry: int
    reason: str
    proposed_by: str
    proposed_at: str
    approved_by: str = ""


class Withdrawals:
    """What waits for a second person.

    Args:
        workshop: the home and its rooms.
    """

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def waiting(self) -> tuple[Proposal, ...]:
        """Return the newest proposals that are neither declined nor carried out, newest first."""
        with self._workshop.home.database.reading() as connection:
            over = _about(connection, _DECLINED, _DONE)
            approved = _about(connection, _APPROVED)
            found = _newest(connection, _PROPOSED)
        return tuple(_proposal(line, approved.get(line.seq, "")) for line in found if line.seq not in over)

    def propose(self, bank: str, entry: int, *, reason: str, actor: str) -> int:
        """Propose to take an entry back and return the proposal's number.

        Raises:
            WithdrawalRefusedError: there is no such entry, it is withdrawn, the bank is too large to look here, or the
                reason is more than a word.
        """
        if not reason or not is_fit(reason):
            raise WithdrawalRefusedError(
                "A reason is one word or reference.", advice="For instance: false-match, or a ticket."
            )
        self._entry(bank, entry)
        if any((one.bank, one.entry) == (bank, entry) for one in self.waiting()):
            raise WithdrawalRefusedError("That is proposed already.", advice="It waits for somebody else.")
        event = Event(_PROPOSED, actor, details={"bank": bank, "entry": entry, "reason": reason})
        return self._workshop.ledger.append(event)

    def approve(self, proposal: Proposal, *, actor: str) -> None:
        """Take the entry back, for good, as somebody else than who proposed it; what was approved before is finished.

        Raises:
            WithdrawalRefusedError: they proposed it, it is declined, or the entry is not there any more.
        """
        if self._is_own(proposal, actor) and not self._workshop.settings.single_operator:
            raise WithdrawalRefusedError("You proposed it.", advice="Somebody else decides it.")
        value = self._entry(proposal.bank, proposal.entry, is_withdrawn_fine=True).value.hex()
        if not proposal.approved_by:
            self._record(_APPROVED, proposal, actor, unless=(_APPROVED, _DECLINED))
        banks = BankStore(self._workshop.home, self._workshop.ledger, actor=actor)
        banks.withdraw(proposal.bank, [value], reason=proposal.reason)
        self._record(_DONE, proposal, actor, unless=(_DONE,))

    def decline(self, proposal: Proposal, *, actor: str) -> None:
        """Leave the entry where it is.

        Raises:
            WithdrawalRefusedError: somebody has approved or declined it meanwhile.
        """
        self._record(_DECLINED, proposal, actor, unless=(_APPROVED, _DECLINED))

    def _record(self, kind: str, proposal: Proposal, actor: str, *, unless: tuple[str, ...]) -> None:
        """Record what became of a proposal, unless one of these did already."""
        alone = self._workshop.settings.single_operator and self._is_own(proposal, actor)
        details: dict[str, str | int | bool] = {
            "proposal": proposal.number,
            "bank": proposal.bank,
            "entry": proposal.entry,
            "proposer": proposal.proposed_by,
            "single_operator": alone,
        }
        with self._workshop.home.database.writing() as connection:
            if proposal.number in _about(connection, *unless):
                raise WithdrawalRefusedError("Somebody was faster.", advice="Look at it again.")
            self._workshop.ledger.append(Event(kind, actor, details=details), connection)

    @staticmethod
    def _is_own(proposal: Proposal, actor: str) -> bool:
        return is_same_person(actor, proposal.proposed_by)

    def _entry(self, bank: str, number: int, *, is_withdrawn_fine: bool = False) -> Entry:
        if bank == TEST_BANK:
            raise WithdrawalRefusedError("The built-in bank never changes.", advice="Choose another one.")
        store = self._workshop.banks
        if sum(store.show(bank).entries.values()) > LARGEST_BANK:
            raise WithdrawalRefusedError(
                "This bank is too large to look for one entry here.",
                advice="Use a shell: safehold bank withdraw.",
            )
        found = next((one for one in store.entries(bank) if one.number == number), None)
        if found is None or (found.is_withdrawn and not is_withdrawn_fine):
            raise WithdrawalRefusedError(
                "There is no such entry, or it is withdrawn already.",
                advice="Its number stands behind the # where a finding names it.",
            )
        return found


def _newest(connection: sa.Connection, *kinds: str) -> list[Recorded]:
    """Return the newest events of these kinds, newest first."""
    query = sa.select(events.c.seq).where(events.c.kind.in_(kinds)).order_by(events.c.seq.desc()).limit(_LISTED)
    return [line for seq in connection.execute(query).scalars().all() for line in entries(connection, seq, seq + 1)]


def _about(connection: sa.Connection, *kinds: str) -> dict[int, str]:
    """Return the proposals that events of these kinds are about, with who caused them."""
    return {int(line.event.details["proposal"]): line.event.actor for line in _newest(connection, *kinds)}


def _proposal(line: Recorded, approved_by: str) -> Proposal:
    details = line.event.details
    return Proposal(
        number=line.seq,
        bank=str(details["bank"]),
        entry=int(details["entry"]),
        reason=str(details["reason"]),
        proposed_by=line.event.actor,
        proposed_at=line.at,
        approved_by=approved_by,
    )
