"""A home in which the test signature was refused, with its circumstances, and its case decided by a trusted list."""

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import sqlalchemy as sa

from safehold.cases import CaseItem, Person, Role
from safehold.cases.awaiting import Preserved
from safehold.cases.evidence.preservation import circumstances_of, state_of
from safehold.cases.tables import case_preservations
from safehold.console.preserver import Preserver
from safehold.gateway import Caller
from safehold.gateway.item import CheckRequest, Context, Item, ItemKind
from safehold.gateway.particulars import Identifier, IdentifierKind, Occurrence, OccurrenceKind, Particulars
from safehold.gateway.policy import Retention
from safehold.gateway.purge import Purged, purge
from safehold.gateway.reports import Category, Sender, Submission, Target
from safehold.gateway.turn import Turn
from safehold.home.database import Database
from safehold.home.outbox import Outbox
from safehold.home.outbox.tables import jobs
from safehold.media import test_signature_png as signature_png
from safehold.vault import CustodianKey, EvidenceId, Label, LocalVault, Reference, read_custodian_key
from safehold.vault.port import Guard, unguarded
from safehold.vault.review import make_review_key, read_review_key
from safehold.vocabulary import FixedClock
from safehold.wiring.casework import Casework, case_rules, open_casework
from safehold.wiring.gateway import open_gateway
from safehold.wiring.workshop import Workshop, open_workshop

CUSTODIANS = ("amira", "jonas")
NOWHERE_ELSE: Mapping[str, str] = MappingProxyType({})
LEAD = Person("nadia", frozenset({Role.QUALITY_LEAD}))
PROMPT = "a red cube beside a blue ball"
REPORTED = "somebody shows a red cube there"
PARTICULARS = Particulars(
    identifiers=(Identifier(IdentifierKind.SCREEN_NAME, "cube-friend"),),
    occurrences=(Occurrence(OccurrenceKind.UPLOAD, "2026-11-22T10:00:00Z", "192.0.2.7", 4711),),
    conversation=(Turn("user", "a blue ball, please"),),
)


class KilledError(BaseException):
    """Stands for a kill: nothing catches it."""


class Vault(LocalVault):
    """A vault that does something else before or after a put, such as dying."""

    before: Callable[[int], None] | None = None
    after: Callable[[int], None] | None = None
    erasing: Callable[[EvidenceId], None] | None = None
    puts = 0

    def put(self, data: bytes | memoryview, label: Label) -> EvidenceId:
        self.puts += 1
        if self.before is not None:
            self.before(self.puts)
        name = super().put(data, label)
        if self.after is not None:
            self.after(self.puts)
        return name

    def erase(
        self, identifier: EvidenceId, reference: Reference, *, actor: str = "system", unless: Guard = unguarded
    ) -> None:
        if self.erasing is not None:
            self.erasing(identifier)
        super().erase(identifier, reference, actor=actor, unless=unless)


class Interrupted:
    """A database whose first writer comes right after somebody else did something."""

    def __init__(self, database: Database, act: Callable[[], None]) -> None:
        self._database = database
        self._acts = [act]

    def reading(self) -> AbstractContextManager[sa.Connection]:
        return self._database.reading()

    def writing(self) -> AbstractContextManager[sa.Connection]:
        while self._acts:
            self._acts.pop()()
        return self._database.writing()


@dataclass
class Place:
    """The opened home, and whoever does its duties."""

    casework: Casework
    clock: FixedClock
    outbox: Outbox
    preserver: Preserver
    vault: Vault
    folder: Path

    @property
    def item(self) -> CaseItem:
        """Return the item that is evidence."""
        found = self.items()
        return next(one for one in found if one.told.origin.value == "gateway" and one.told.role == "image")

    def items(self) -> tuple[CaseItem, ...]:
        cases = self.casework.cases.list().cases
        return tuple(item for case in cases for item in self.casework.cases.items(case.id))

    def kinds(self, beginning: str = "") -> list[str]:
        told = (entry.event.kind for entry in self.casework.workshop.ledger.events())
        return [kind for kind in told if kind.startswith(beginning)]

    def told(self, kind: str) -> list[Mapping[str, Any]]:
        return [entry.event.details for entry in self.casework.workshop.ledger.events() if entry.event.kind == kind]

    def state(self, item: CaseItem | None = None) -> Preserved | None:
        with self.casework.workshop.home.database.reading() as connection:
            return state_of(connection, (item or self.item).id)

    def account_of(self, item: CaseItem) -> EvidenceId:
        with self.casework.workshop.home.database.reading() as connection:
            return circumstances_of(connection, [item.id])[item.id]

    def private_keys(self) -> list[CustodianKey]:
        return [read_custodian_key(self.folder / f"{name}.key") for name in CUSTODIANS]

    def opened(self, name: str) -> bytes:
        return self.vault.open(EvidenceId(name), self.private_keys(), purpose="test", case="case")

    def account(self, item: CaseItem) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.opened(self.account_of(item)))
        return found

    def reverse(self) -> None:
        """Take the decision back, as a lead does."""
        (decided,) = self.casework.decisions.of_case(self.item.case)
        self.casework.decisions.reverse(LEAD, decided.id, "mistake")

    def sealed(self) -> list[str]:
        return [row.id for row in self.vault.list() if row.state.value != "erased"]

    def left_by_an_earlier_version(self) -> EvidenceId:
        """Let the content be preserved as it was before there were accounts; return what it is called."""
        item = self.item
        evidence = self.vault.put(signature_png(), Label(item.case))
        with self.casework.workshop.home.database.writing() as connection:
            connection.execute(sa.delete(case_preservations))
            connection.execute(sa.delete(jobs))
            moved = sa.text("UPDATE case_items SET place = 'vault', content = :to WHERE id = :id")
            connection.execute(moved, {"to": evidence, "id": item.id})
        return evidence

    def forget(self, interrupted: Interrupted | None = None) -> Purged:
        """Do what workers do now and then."""
        home, ledger = self.casework.workshop.home, self.casework.workshop.ledger
        rules = case_rules(self.casework.workshop.settings).retention
        retention = Retention(decisions_days=90, accounts_days=90, held_hours=72, held_bytes=1 << 20)
        database = home.database if interrupted is None else cast("Database", interrupted)
        purged = purge(database, ledger, retention, self.clock.now(), actor="system", rules=rules)
        self.casework.cases.close_settled(actor="system")
        return purged

    def pass_days(self, days: float) -> None:
        self.clock.at += dt.timedelta(days=days)

    def without_custodians(self, *, left: int = 0) -> None:
        for file in sorted((self.casework.workshop.home.keys / "custodians").glob("*.pub"))[left:]:
            file.unlink()


def make_home(folder: Path, environment: Mapping[str, str] = NOWHERE_ELSE) -> None:
    """Make the home; `folder` gets the keys too."""
    home = folder / "home"
    with open_workshop(home, environment=environment) as workshop:
        make_review_key(workshop.home.keys, out=folder / "review.key")
        for name in CUSTODIANS:
            workshop.vault.custodians.generate(name, out=folder / f"{name}.key")
    with open_gateway(home, environment=environment) as gateway:
        items = (Item(ItemKind.IMAGE, data=signature_png(), file_name="cube.png"), Item(ItemKind.PROMPT, text=PROMPT))
        context = Context(account="a-17", session="s-3", model="cubes", model_version="7", particulars=PARTICULARS)
        gateway.checks.check(CheckRequest(items, context), Caller("service"))


def decide(casework: Casework) -> None:
    """Let the trusted list decide."""
    for case in casework.cases.list().cases:
        casework.decisions.decide_automatically(case.id)
    casework.decisions.settle()


def report(casework: Casework) -> str:
    """Report the account in somebody's own words; return the ticket."""
    submission = Submission(Category.OTHER, Target.ACCOUNT, "a-17", note=REPORTED, contact="reporter@example.org")
    return casework.reports.submit(submission, Sender()).ticket


def with_vault(workshop: Workshop) -> tuple[Workshop, Vault]:
    vault = Vault(workshop.home, workshop.ledger.append)
    return replace(workshop, vault=vault), vault


@contextmanager
def opened_place(made: Path, folder: Path, *, is_decided: bool = True) -> Iterator[Place]:
    """Open a copy of the home."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    with standing_place(folder, NOWHERE_ELSE, is_decided=is_decided) as opened:
        yield opened


@contextmanager
def standing_place(folder: Path, environment: Mapping[str, str], *, is_decided: bool = True) -> Iterator[Place]:
    """Open the home itself."""
    clock = FixedClock(dt.datetime.now(dt.UTC))
    with open_workshop(folder / "home", environment=environment, clock=clock) as plain:
        workshop, vault = with_vault(plain)
        casework = open_casework(workshop)
        outbox = Outbox(workshop.home.database, clock)
        if is_decided:
            decide(casework)
        preserver = Preserver(casework, read_review_key(folder / "review.key"), outbox)
        yield Place(casework, clock, outbox, preserver, vault, folder)
