"""A home with sealed evidence that a case holds, three custodians of whom two open, and a review key."""

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nacl.public import PrivateKey

from safehold.cases import CaseId, Content, Form, NewItem, Origin, Person, Place, Role, Subject, SubjectKind
from safehold.cases.evidence import Ceremony, Openings
from safehold.cases.store import CaseStore
from safehold.home.home import Home
from safehold.ledger import Ledger, open_ledger
from safehold.vault import CustodianKey, EvidenceId, Label, LocalVault
from safehold.vault.granting import Grant, Request, grant
from safehold.vault.review import ReviewKey
from safehold.vocabulary import Action, Algorithm, FixedClock, Signal

AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
CANARY = b"zanzibar-xylophone-4711 "
CONTENT = CANARY * 4000
NAMES = ("amira", "jonas", "wen")
SUBJECT = Subject(SubjectKind.ACCOUNT, "0123456789abcdef0123456789abcdef")
ASKER = Person("noor", frozenset({Role.SPECIALIST}))
REPORTER = Person("robin", frozenset({Role.REPORTER}))
AMIRA, JONAS, WEN = (Person(name, frozenset({Role.CUSTODIAN})) for name in NAMES)


@dataclass
class Room:
    """What evidence of a case is worked on with."""

    home: Home
    clock: FixedClock
    ledger: Ledger
    vault: LocalVault
    cases: CaseStore
    case: CaseId
    evidence: EvidenceId
    keys: dict[str, CustodianKey]
    review: CustodianKey
    public: ReviewKey

    @property
    def openings(self) -> Openings:
        return self.made_with()

    def made_with(self, *, is_single_operator: bool = False) -> Openings:
        ceremony = Ceremony(self.vault, self.public, is_single_operator)
        return Openings(self.home.database, self.ledger, self.clock, ceremony)

    def grant_of(self, opening: str, name: str) -> Grant:
        return grant(Request.from_bytes(self.openings.package(opening)), self.keys[name])

    def granted(self, *, seconds: int = 3600) -> str:
        opening = self.openings.request(ASKER, self.evidence, case=self.case, purpose="report", seconds=seconds)
        for person in (AMIRA, WEN):
            self.openings.grant(person, self.grant_of(opening.id, person.name))
        return opening.id

    def pass_time(self, **span: float) -> None:
        self.clock.at += dt.timedelta(**span)

    def events(self, kind: str) -> list[Mapping[str, Any]]:
        return [dict(entry.event.details) for entry in self.ledger.events() if entry.event.kind == kind]

    def kinds(self, beginning: str) -> list[str]:
        return [entry.event.kind for entry in self.ledger.events() if entry.event.kind.startswith(beginning)]


@cache
def _new_home() -> tempfile.TemporaryDirectory[str]:
    """Return a folder with a home that was just made; made once, since its tables take a while."""
    folder = tempfile.TemporaryDirectory()
    with Home.open(Path(folder.name) / "home", FixedClock(AT)) as home:
        open_ledger(home)
    return folder


@contextmanager
def open_room(folder: Path) -> Iterator[Room]:
    """Open a home with evidence of a case in it."""
    clock = FixedClock(AT)
    shutil.copytree(Path(_new_home().name) / "home", folder / "home", dirs_exist_ok=True)
    with Home.open(folder / "home", clock) as home:
        ledger = open_ledger(home)
        vault = LocalVault(home, ledger.append)
        keys = {name: CustodianKey(name, bytes(PrivateKey.generate())) for name in NAMES}
        for name, key in keys.items():
            vault.custodians.register(name, key.public_key)
        evidence = vault.put(CONTENT, Label(case="chk_1", actor="system"))
        cases = CaseStore(home.database, ledger, clock)
        case = cases.open(SUBJECT, [item(evidence)], actor="system")
        private = PrivateKey.generate()
        review = CustodianKey("review", bytes(private))
        public = ReviewKey(bytes(private.public_key))
        yield Room(home, clock, ledger, vault, cases, case, evidence, keys, review, public)


def item(evidence: EvidenceId, number: int = 0) -> NewItem:
    return NewItem(
        origin=Origin.GATEWAY,
        reference=f"chk_1#{number}",
        form=Form.IMAGE,
        role="upload",
        action=Action.HOLD,
        at=AT,
        signals=(Signal(Algorithm.SHA256, bytes([number]) * 32),),
        content=Content(Place.VAULT, evidence),
    )
