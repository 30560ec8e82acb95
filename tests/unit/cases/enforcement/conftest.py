import datetime as dt
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from safehold.cases import CaseId, Person, Role, Subject, SubjectKind
from safehold.cases.enforcement import Cause, Enforcement, EnforcementId, Enforcements, Measure
from safehold.cases.enforcement.appeals import Appeals, Filing
from safehold.cases.rules import default_rules
from safehold.home.home import Home
from safehold.home.outbox import Outbox
from safehold.ledger import Ledger, Recorded, open_ledger
from safehold.vocabulary import FixedClock

NOW = dt.datetime(2026, 11, 18, 9, tzinfo=dt.UTC)
CASE = CaseId("case_00000000000000000001")
OTHER_CASE = CaseId("case_00000000000000000002")
ACCOUNT = Subject(SubjectKind.ACCOUNT, "0" * 32)
OTHER = Subject(SubjectKind.ACCOUNT, "1" * 32)
LADDER = default_rules().ladder

AMIRA = "amira"  # a reviewer, who decides
ELI = Person("eli", frozenset({Role.ENFORCER}))
FAY = Person("fay", frozenset({Role.ENFORCER}))
GUS = Person("gus", frozenset({Role.ENFORCER}))
REVIEWER = Person(AMIRA, frozenset({Role.REVIEWER}))


class Mirror:
    """Seals nothing: what was sealed can be looked at."""

    def seal(self, data: bytes) -> bytes:
        return data[::-1]


@dataclass
class Office:
    """A home in which measures are taken."""

    home: Home
    clock: FixedClock
    ledger: Ledger
    outbox: Outbox
    enforcements: Enforcements
    appeals: Appeals

    def decided(
        self,
        ground: str = "csam",
        *,
        cause: str = "dec_1",
        subject: Subject = ACCOUNT,
        case: CaseId = CASE,
        actor: str = AMIRA,
        **more: Any,
    ) -> Mapping[Measure, Enforcement]:
        """Return what follows from a decision."""
        told = Cause(cause, case, subject, ground, ("chk_1#0",), **more)
        with self.home.database.writing() as connection:
            made = self.enforcements.propose(connection, told, actor=actor)
        return {one.measure: one for one in made if one.subject == subject}

    def in_force(self, ground: str = "csam", **more: Any) -> Mapping[Measure, Enforcement]:
        """Return the same, once somebody let all of it come into force."""
        for one in self.decided(ground, **more).values():
            if self.enforcements.show(one.id).applied_at is None:
                self.enforcements.apply(ELI, one.id)
        return self.decided(ground, **more)

    def appealed(self, enforcement: EnforcementId, subject: Subject = ACCOUNT) -> Any:
        return self.appeals.receive(Filing(enforcement, subject, "I was not there"), actor="website")

    def events(self, prefix: str) -> list[Recorded]:
        return [entry for entry in self.ledger.events() if entry.event.kind.startswith(prefix)]

    def wait(self, **duration: float) -> None:
        self.clock.at += dt.timedelta(**duration)

    def told(self) -> list[str]:
        """Return the numbers of steps that the operator's systems are still to be told of."""
        return [str(job.payload["step"]) for job in self.outbox.lease({"enforcement.tell"}, 1, limit=100)]


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "home"
    with Home.open(path, FixedClock(NOW)) as home:
        open_ledger(home).checkpoint()
    return path


def opened(places: Any, path: Path, made_home: Path, *, is_single_operator: bool = False) -> Office:
    clock = FixedClock(NOW)
    if places.server is None:
        shutil.copytree(made_home, path)
    home = places.open(path, clock)
    ledger, outbox = open_ledger(home), Outbox(home.database, clock)
    enforcements = Enforcements(
        home.database, ledger, clock, LADDER, outbox=outbox, is_single_operator=is_single_operator
    )
    appeals = Appeals(home.database, ledger, clock, enforcements, seals=Mirror(), is_single_operator=is_single_operator)
    return Office(home, clock, ledger, outbox, enforcements, appeals)


@pytest.fixture
def office(chosen_places: Any, tmp_path: Path, made_home: Path) -> Office:
    return opened(chosen_places, tmp_path / "home", made_home)


@pytest.fixture
def lone_office(chosen_places: Any, tmp_path: Path, made_home: Path) -> Office:
    """An office of one person."""
    return opened(chosen_places, tmp_path / "home", made_home, is_single_operator=True)


@pytest.fixture
def either_office(places: Any, tmp_path: Path, made_home: Path) -> Office:
    """An office on SQLite, and one on PostgreSQL."""
    return opened(places, tmp_path / "home", made_home)
