"""A bench: an office with decisions, the own lists as banks, a party that acts on decisions, and people."""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from tests.conftest import KINDS
from tests.unit.cases.conftest import NOW, Office, account, digest, opening

from safehold.cases import Person, Role
from safehold.cases.axes import Age, AgeBand, Axes, Confidence, Depicted, HarmType, Realism
from safehold.cases.case import CaseId
from safehold.cases.decisions import (
    BankLists,
    Decided,
    Decision,
    DecisionId,
    Decisions,
    Desk,
    ItemDecision,
    Undoing,
    Undone,
)
from safehold.cases.item import CaseItem, NewItem
from safehold.cases.queues import Queues
from safehold.cases.rules import CaseRules, default_source, parse_rules
from safehold.cases.store import CaseStore
from safehold.home.tables import metadata
from safehold.ledger import open_ledger
from safehold.matching import BankStore
from safehold.vocabulary import (
    Algorithm,
    Bits,
    Finding,
    FindingKind,
    FixedClock,
    HarmClass,
    InternalError,
    PdqFlavour,
    Signal,
    Tier,
)

AMIRA, BORIS = (Person(name, frozenset({Role.REVIEWER})) for name in ("amira", "boris"))
CLARA, DAVID, ELENA = (Person(name, frozenset({Role.SPECIALIST})) for name in ("clara", "david", "elena"))
LEAD = Person("lead", frozenset({Role.QUALITY_LEAD}))
AUDITOR = Person("auditor", frozenset({Role.AUDITOR}))

SEEN_AGE = Age(AgeBand.UNCLEAR, Confidence.LOW)
CSAM = Axes(HarmType.CSAM, Realism.PHOTOGRAPHIC, Depicted.UNCLEAR, SEEN_AGE)
TEST = Axes(HarmType.TEST)
NEAR_TEST = Finding(FindingKind.MATCH, "pdq", "test", "test@1#3", Tier.TRUSTED, Bits(8))
PDQ = Signal(Algorithm.PDQ, bytes(range(32)), PdqFlavour.FULL, 90)


def rules(**changes: Any) -> CaseRules:
    """Return the shipped rules without sampling, with parts of them replaced: review__second__third_person=False."""
    quiet = {"review__second__share": {"confirm": 0, "not_a_violation": 0, "automatic": 0}}
    return _rules(json.dumps(quiet | changes))


@cache
def _rules(changes: str) -> CaseRules:
    tree = yaml.safe_load(default_source())
    for path, value in json.loads(changes).items():
        *steps, last = path.split("__")
        place = tree
        for step in steps:
            place = place[step]
        place[last] = value
    return parse_rules(json.dumps(tree), called="made up")


def confirmed_by(subject: str = "csam", reference: str = "industry@1#0", detector: str = "sha256") -> Finding:
    return Finding(FindingKind.MATCH, detector, subject, reference, Tier.TRUSTED, Bits(0))


class UnreachableError(InternalError):
    """What a party raises that is told to."""


@dataclass
class Party:
    """A party that acts on decisions: it remembers what it was asked, and can fail."""

    name: str = "enforcement"
    followed: list[Decided] = field(default_factory=list)
    undone: list[Decided] = field(default_factory=list)
    outcomes: Sequence[Undone] = (Undone("enf_1", Undoing.UNDONE), Undone("rep_1", Undoing.STANDS, "filed"))
    fails: int = 0

    def follow(self, decided: Decided) -> None:
        self._fail()
        self.followed.append(decided)

    def undo(self, decided: Decided) -> Sequence[Undone]:
        self._fail()
        self.undone.append(decided)
        return self.outcomes

    def _fail(self) -> None:
        if self.fails:
            self.fails -= 1
            raise UnreachableError("made up", advice="Try again.")


class Killed(Decisions):
    """Decisions of a process that ends right after each commit: others carry out what follows."""

    def _carry_out(self, items: int | None = None) -> None:
        del items


@dataclass
class Bench:
    """An office with decisions."""

    office: Office
    banks: BankStore
    party: Party
    desk: Desk
    decisions: Decisions

    @property
    def killed(self) -> Decisions:
        return Killed(self.office.home.database, self.office.clock, self.desk)

    def under(self, **changes: Any) -> "Bench":
        """Return the bench under other rules."""
        desk = replace(self.desk, rules=rules(**changes))
        return replace(self, desk=desk, decisions=Decisions(self.office.home.database, self.office.clock, desk))

    def case(self, *items: NewItem, name: str = "aa", **more: Any) -> CaseId:
        return self.office.opened(account(name), *items, **more)

    def item(self, **more: Any) -> NewItem:
        return self.office.item(**({"signals": (digest(),), "findings": (NEAR_TEST,)} | more))

    def items(self, case_id: CaseId) -> tuple[CaseItem, ...]:
        return self.office.cases.items(case_id, limit=5000)

    def say(
        self, person: Person, case_id: CaseId, verdict: Decision, axes: Axes = TEST, *, number: int = 1, **more: Any
    ) -> DecisionId:
        """Claim the case, and decide one of its items."""
        claim = self.office.queues.claim(case_id, person)
        item = self.items(case_id)[number - 1]
        said = ItemDecision(item.id, verdict, axes if verdict is Decision.CONFIRM else Axes(), **more)
        seen = self.office.cases.show(case_id).version
        return self.decisions.decide(person, case_id, [said], seen=seen, claim=claim)

    def pass_over(self, case_id: CaseId) -> None:
        """Let time pass until nobody holds the case."""
        held = self.office.queues.held_by(case_id)
        assert held is not None
        self.office.clock.at = held.expires_at

    def listed(self, bank: str) -> list[tuple[str, str, HarmClass | None]]:
        """Return what a bank lists and was not taken back: algorithm, value, class."""
        if bank not in {one.name for one in self.banks.list()}:
            return []
        living = (one for one in self.banks.entries(bank) if not one.is_withdrawn)
        return [(one.algorithm.value, one.value.hex(), one.harm_class) for one in living]

    def kinds(self, prefix: str) -> list[str]:
        return [one.kind for one in self.office.events(prefix)]


def bench_of(office: Office) -> Bench:
    banks, party = BankStore(office.home, office.ledger), Party()
    desk = Desk(office.ledger, office.cases, office.queues, BankLists(banks), rules(), (party,))
    return Bench(office, banks, party, desk, Decisions(office.home.database, office.clock, desk))


@pytest.fixture(scope="session")
def one_office(tmp_path_factory: pytest.TempPathFactory, empty_home: Path) -> Iterator[Office]:
    """Give the one home that tests on SQLite share: to ask a database anew what it was asked before costs little."""
    path, clock = tmp_path_factory.mktemp("decisions") / "home", FixedClock(NOW)
    shutil.copytree(empty_home, path)
    with opening(path, clock) as home:
        ledger = open_ledger(home)
        cases_, queues = CaseStore(home.database, ledger, clock), Queues(home.database, ledger, clock)
        yield Office(home, clock, ledger, cases_, queues)


@pytest.fixture
def office(request: pytest.FixtureRequest) -> Office:
    """Give an office with nothing in it, on the kind of database that is tried."""
    if KINDS == ["postgresql"]:
        given: Office = request.getfixturevalue("office")
        return given
    shared: Office = request.getfixturevalue("one_office")
    with shared.home.database.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))
    shared.clock.at = NOW
    return shared


@pytest.fixture
def bench(office: Office) -> Bench:
    """Give a bench on the kind of database that is tried."""
    return bench_of(office)


@pytest.fixture
def either_bench(either_office: Office) -> Bench:
    """Give a bench on each kind of database."""
    return bench_of(either_office)
