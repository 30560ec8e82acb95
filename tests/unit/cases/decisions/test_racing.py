"""Clicks at one moment, and deaths at any: everything is decided once, listed once, and never by halves."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa
from tests.unit.cases.decisions.conftest import AMIRA, CLARA, CSAM, DAVID, LEAD, TEST, Bench

from safehold.cases import CaseState, ItemState
from safehold.cases.decisions import Decision, Decisions, ItemDecision, ListingState, OwnLists
from safehold.cases.decisions.signals import SignalListing
from safehold.home.tables import metadata
from safehold.vocabulary import Event, InternalError, SafeholdError

MINE = ("case_decisions", "case_item_decisions", "case_listings", "case_listing_signals", "case_undoings", "jobs")


class KilledError(InternalError):
    """Stands for a process that ends here."""


@dataclass
class DyingLedger:
    """A ledger whose process dies at the n-th event from now."""

    ledger: object
    left: int

    def append(self, event: Event, connection: sa.Connection | None = None) -> int:
        self.left -= 1
        if self.left < 0:
            raise KilledError("made up", advice="Start again.")
        return self.ledger.append(event, connection)


@dataclass
class DyingLists:
    """Own lists whose process dies after the bank was written, and before anybody noted it."""

    lists: OwnLists
    dies: bool = True

    def list(self, listing: SignalListing) -> None:
        self.lists.list(listing)
        self._die()

    def release(self, listing: SignalListing) -> None:
        self.lists.release(listing)
        self._die()

    def entry(self, finding: object) -> object:
        return self.lists.entry(finding)

    def _die(self) -> None:
        if self.dies:
            self.dies = False
            raise KilledError("made up", advice="Start again.")


def rows(bench: Bench) -> dict[str, int]:
    with bench.office.home.database.reading() as connection:
        count = sa.select(sa.func.count())
        return {name: connection.execute(count.select_from(metadata.tables[name])).scalar() for name in MINE}


def with_desk(bench: Bench, **changes: object) -> Decisions:
    return Decisions(bench.office.home.database, bench.office.clock, replace(bench.desk, **changes))


def outcome(work: object) -> str:
    try:
        work()
    except SafeholdError as error:
        return type(error).__name__
    return "done"


def test_clicks_at_one_moment_make_one_decision(either_bench: Bench) -> None:
    bench = either_bench
    case = bench.case(bench.item())
    claim, (item,) = bench.office.queues.claim(case, AMIRA), bench.items(case)
    verdicts = [Decision.CONFIRM, Decision.NOT_A_VIOLATION] * 3

    def click(verdict: Decision) -> str:
        said = ItemDecision(item.id, verdict, TEST if verdict is Decision.CONFIRM else replace(TEST, harm=None))
        return outcome(lambda: bench.decisions.decide(AMIRA, case, [said], seen=1, claim=claim))

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(click, verdicts))
    assert outcomes.count("done") == 1
    assert len(bench.decisions.of_case(case)) == len(bench.kinds("case.decided")) == 1


def test_approvals_and_reversals_at_one_moment_leave_nothing_listed_that_was_reversed(either_bench: Bench) -> None:
    bench = either_bench
    case = bench.case(bench.item())
    decision = bench.say(AMIRA, case, Decision.CONFIRM, CSAM)
    (proposed,) = bench.decisions.proposals()
    works = [
        lambda: bench.decisions.approve_signals(CLARA, [proposed.id]),
        lambda: bench.decisions.reverse(LEAD, decision, "mistaken"),
        lambda: bench.decisions.approve_signals(DAVID, [proposed.id]),
    ]
    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(outcome, works))
    while bench.decisions.settle():
        pass
    assert outcomes[1] == "done"
    assert bench.listed("own-confirmed") == []
    assert bench.office.cases.show(case).state is CaseState.OPEN


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_decision_that_dies_before_its_commit_leaves_nothing(bench: Bench, left: int) -> None:
    case = bench.case(bench.item())
    claim, (item,) = bench.office.queues.claim(case, AMIRA), bench.items(case)
    before = rows(bench)
    dying = DyingLedger(bench.office.ledger, left)
    cases = type(bench.office.cases)(bench.office.home.database, dying, bench.office.clock)
    decisions = with_desk(bench, ledger=dying, cases=cases)
    said = [ItemDecision(item.id, Decision.CONFIRM, TEST)]
    with pytest.raises(KilledError):
        decisions.decide(AMIRA, case, said, seen=1, claim=claim)
    assert rows(bench) == before
    assert bench.office.cases.show(case).version == 1
    bench.decisions.decide(AMIRA, case, said, seen=1, claim=claim)
    assert bench.office.cases.show(case).state is CaseState.DECIDED


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_reversal_that_dies_before_its_commit_leaves_everything(bench: Bench, left: int) -> None:
    case = bench.case(bench.item())
    decision = bench.say(AMIRA, case, Decision.CONFIRM)
    bench.decisions.approve_signals(CLARA, [bench.decisions.proposals()[0].id])
    before = rows(bench)
    dying = DyingLedger(bench.office.ledger, left)
    cases = type(bench.office.cases)(bench.office.home.database, dying, bench.office.clock)
    with pytest.raises(KilledError):
        with_desk(bench, ledger=dying, cases=cases).reverse(LEAD, decision, "mistaken")
    assert rows(bench) == before
    assert [one.state for one in bench.items(case)] == [ItemState.DECIDED]
    assert len(bench.listed("own-confirmed")) == 1


def test_dying_between_the_bank_and_the_note_of_it_lists_and_releases_once(bench: Bench) -> None:
    case = bench.case(bench.item())
    decision = bench.say(AMIRA, case, Decision.CONFIRM)
    (proposed,) = bench.decisions.proposals()
    with_desk(bench, lists=DyingLists(bench.desk.lists)).approve_signals(CLARA, [proposed.id])
    everything = frozenset(ListingState)
    assert bench.decisions.proposals(states=everything)[0].state is ListingState.APPROVED
    assert len(bench.listed("own-confirmed")) == 1
    bench.office.clock.at = bench.office.clock.at.replace(hour=20)
    bench.decisions.settle()
    assert bench.decisions.proposals(states=everything)[0].state is ListingState.LISTED
    assert len(bench.listed("own-confirmed")) == 1

    with_desk(bench, lists=DyingLists(bench.desk.lists)).reverse(LEAD, decision, "mistaken")
    bench.office.clock.at = bench.office.clock.at.replace(hour=23)
    bench.decisions.settle()
    assert bench.decisions.proposals(states=everything)[0].state is ListingState.RELEASED
    assert bench.listed("own-confirmed") == []
