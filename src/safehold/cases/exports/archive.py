"""The archive that exports are made from: the stores of cases and of what was done about them, only read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from safehold.cases.case import CaseId
from safehold.cases.decisions import Decided
from safehold.cases.enforcement.enforcement import Enforcement
from safehold.cases.evidence import Holds, Opening, Openings
from safehold.cases.evidence.listing import place_of_hold, place_of_opening
from safehold.cases.evidence.preservation import circumstances_of
from safehold.cases.exposure.exposure import Exposure
from safehold.cases.item import CaseItem, ItemId, Place
from safehold.cases.paging import every
from safehold.cases.store import CaseStore
from safehold.home.database import Database
from safehold.ledger import EventLog
from safehold.ledger.proofs import Provable
from safehold.vault import EvidenceId, Hold

_PAGE = 500


class DecisionsOf(Protocol):
    """Decisions, by case."""

    def of_case(self, case_id: CaseId) -> Sequence[Decided]:
        """Return a case's decisions, the oldest first."""
        ...


class EnforcementsOf(Protocol):
    """Enforcement, by case."""

    def of_case(self, case: CaseId) -> Sequence[Enforcement]:
        """Return the enforcements of a case."""
        ...


class ExposuresOf(Protocol):
    """Exposures, by case."""

    def of_case(self, case: CaseId) -> Sequence[Exposure]:
        """Return the exposures of a case."""
        ...


class Log(EventLog, Provable, Protocol):
    """A ledger whose events can be proven."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Where everything about a case is.

    Attributes:
        database: of the home.
        ledger: the events.
        cases: with their items.
        decisions: on them.
        enforcement: that followed.
        exposures: of staff to items.
        openings: of evidence.
        holds: on evidence.
        is_single_operator: whether one person alone may do what else takes two.
    """

    database: Database
    ledger: Log
    cases: CaseStore
    decisions: DecisionsOf
    enforcement: EnforcementsOf
    exposures: ExposuresOf
    openings: Openings
    holds: Holds
    is_single_operator: bool = False

    def items(self, case: CaseId) -> Iterator[CaseItem]:
        """Give every item of a case, in order."""
        after = 0
        while page := self.cases.items(case, after=after, limit=_PAGE):
            yield from page
            after = page[-1].number

    def evidence(self, items: Sequence[CaseItem]) -> tuple[EvidenceId, ...]:
        """Return the evidence that items lie in, each once, and that which tells of them."""
        found = (item.told.content for item in items if item.told.content.place is Place.VAULT)
        lies = (EvidenceId(content.reference) for content in found)
        return tuple(dict.fromkeys((*lies, *self.accounts(items).values())))

    def accounts(self, items: Sequence[CaseItem]) -> Mapping[ItemId, EvidenceId]:
        """Return, by item, the evidence that tells of it, of those that the vault has."""
        names = [item.id for item in items]
        pages = (names[start : start + _PAGE] for start in range(0, len(names), _PAGE))
        with self.database.reading() as connection:
            return {item: name for page in pages for item, name in circumstances_of(connection, page).items()}

    def holds_on(self, evidence: Sequence[EvidenceId]) -> tuple[Hold, ...]:
        """Return every hold that there ever was on evidence."""
        return tuple(hold for one in evidence for hold in self._held(one))

    def _held(self, evidence: EvidenceId) -> Iterator[Hold]:
        return every(lambda after: self.holds.list(evidence=evidence, with_ended=True, after=after), place_of_hold)

    def openings_of(self, case: CaseId) -> tuple[Opening, ...]:
        """Return the openings for a case, latest first."""
        return tuple(every(lambda after: self.openings.list(case=case, after=after), place_of_opening))

    def places(self, case: CaseId, words: Sequence[str]) -> tuple[int, ...]:
        """Return the places of the events that tell of a case or of what belongs to it.

        Args:
            case: which.
            words: ids of its decisions, evidence, holds, openings and enforcement.
        """
        opened = self.ledger.places((case,), kinds=("case.opened",))
        sealed = self.ledger.places(words, kinds=("evidence.sealed",))
        start = min((*opened, *sealed), default=0)
        return self.ledger.places((case, *words), start=start)
