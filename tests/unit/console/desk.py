"""A console over a real home: cases, queues, sealed items and exposures; sessions and the decoding child stand in.

The child's work is done in this process, on pictures of our own: what hostile files do to a child is tried elsewhere.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests.vectors import media

from safehold.cases import (
    CaseId,
    CaseItem,
    Content,
    Form,
    NewItem,
    Origin,
    Person,
    Place,
    Priority,
    Role,
    Subject,
    SubjectKind,
)
from safehold.cases.axes import HarmType
from safehold.cases.decisions import Decision, GoldenAnswer
from safehold.cases.decisions.quality.pool import Capture
from safehold.cases.enforcement.danger import DangerKind
from safehold.console.exporter import Exporter
from safehold.console.instruments import open_instruments
from safehold.console.serving.opening import openers_of
from safehold.console.users import PasswordRules, UserRules, open_accounts
from safehold.console.users.proofs.sealing import user_key
from safehold.console.viewing.child import SOUND, STILL, TASKS
from safehold.console.viewing.viewer import Viewer
from safehold.gateway.item import Item, ItemKind
from safehold.gateway.recording import content_of
from safehold.gateway.tables import held
from safehold.ledger.entry import timestamp
from safehold.media import MediaError
from safehold.media.sandbox import Reply
from safehold.vault import CustodianKey
from safehold.vault.review import ReviewKey, make_review_key, read_review_key
from safehold.vocabulary import (
    Action,
    Algorithm,
    Bits,
    Event,
    Finding,
    FindingKind,
    FixedClock,
    Fraction,
    Gap,
    GapReason,
    PdqFlavour,
    Signal,
    Tier,
)
from safehold.wiring.casework import Casework, open_casework
from safehold.wiring.jobs import outbox_of
from safehold.wiring.workshop import open_workshop

from .standing import NOW, Asking, Standing, standing

WORDS = "a red cube beside a blue ball"
SETTINGS = {"SAFEHOLD_ACTOR": "installation"}
CHEAP = PasswordRules(rounds=1, memory_kib=8, lanes=1)


def ask_here(task: str, request: Mapping[str, object], data: bytes) -> Reply:
    """Do a decoding child's work in this process."""
    try:
        return Reply(bytes(TASKS[task]({**request, "data": memoryview(data)}, lambda _record: None)))
    except MediaError as error:
        return Reply(b"", error.reason, "MediaError")


@dataclass
class Desk:
    """A console, and what stands behind it."""

    casework: Casework
    clock: FixedClock
    key: CustodianKey
    public: ReviewKey
    viewer: Viewer
    standing: Standing

    def as_(self, *roles: Role, name: str = "amira", stepped_up: bool = False) -> Asking:
        return self.standing.as_(*roles, name=name, stepped_up=stepped_up)

    def seal(self, item: Item, *, hours: float = 72) -> Content:
        """Keep an item as the gateway does."""
        sealed = self.public.seal(content_of(item), check_key=b"k" * 32)
        row = {"id": sealed.id, "decision": f"chk_{sealed.id[:8]}", "item": 0, "kind": item.kind.value}
        told = {"size": sealed.size, "sealed": sealed.object, "share": sealed.share, "review_key": sealed.review_key}
        expires = timestamp(self.clock.now() + dt.timedelta(hours=hours))
        with self.casework.workshop.home.database.writing() as connection:
            connection.execute(sa.insert(held).values(**row, **told, expires_at=expires))
        return Content(Place.HELD, sealed.id)

    def picture(self, seed: int = 3) -> Content:
        """Keep a harmless picture."""
        return self.seal(Item(ItemKind.SOURCE_IMAGE, data=media.encoded(media.picture(900, 600, seed), "jpeg")))

    def words(self, text: str = WORDS) -> Content:
        """Keep harmless words."""
        return self.seal(Item(ItemKind.PROMPT, text=text))

    def item(self, number: int = 0, *, content: Content | None = None, **more: Any) -> NewItem:
        told = {
            "origin": Origin.GATEWAY,
            "reference": f"chk_{number:020x}#0",
            "form": Form.IMAGE,
            "role": "source_image",
            "action": Action.HOLD,
            "at": NOW - dt.timedelta(minutes=number),
            "policy": "default@1 sha256:" + "0" * 64,
            "findings": (near(),),
            "signals": (Signal(Algorithm.SHA256, number.to_bytes(32, "big")),),
            "content": content or Content(Place.NOWHERE),
        }
        return NewItem(**(told | more))

    def case(self, *items: NewItem, subject: str = "aa", **more: Any) -> CaseId:
        about = Subject(SubjectKind.ACCOUNT, subject * 16)
        return CaseId(self.casework.cases.open(about, items or [self.item()], actor="system", **more))

    def items(self, case: CaseId) -> tuple[CaseItem, ...]:
        return tuple(self.casework.cases.items(case))

    def take(self, case: CaseId, name: str = "amira", role: Role = Role.REVIEWER) -> None:
        self.casework.queues.claim(case, Person(name, frozenset({role})))

    def events(self, kind: str) -> list[Event]:
        return [one.event for one in self.casework.workshop.ledger.events() if one.event.kind.startswith(kind)]


def near() -> Finding:
    """Return that a picture is near to something on a list."""
    return Finding(
        FindingKind.MATCH, "pdq", "csam", "stand-in@1#7", tier=Tier.TRUSTED, distance=Bits(18), place="upright"
    )


def many(desk: Desk) -> dict[str, CaseId]:
    """Fill a home with cases of every kind, all of them harmless, so that every page has something to show."""
    pdq = Signal(Algorithm.PDQ, bytes(range(32)), PdqFlavour.LUMA, 90) if hasattr(PdqFlavour, "LUMA") else None
    signals = (Signal(Algorithm.SHA256, b"\x5a" * 32), *(() if pdq is None else (pdq,)))
    score = Finding(FindingKind.SCORE, "stand-in", "explicit", "stand-in@1#explicit", value=Fraction(0.83))
    made = {
        "pictures": desk.case(
            desk.item(1, content=desk.picture(), signals=signals, findings=(near(), score)),
            desk.item(2, content=desk.picture(9)),
            desk.item(3, content=desk.words(), form=Form.TEXT, role="prompt", findings=()),
            desk.item(4, gaps=(Gap("pdq", GapReason.CRASHED, "frame 2"),), findings=()),
            label="csam",
            due_at=NOW + dt.timedelta(hours=20),
        ),
        "danger": desk.case(desk.item(10), subject="bb", priority=Priority.NORMAL),
        "late": desk.case(
            desk.item(20, origin=Origin.REPORT, role="report", form=Form.LINK),
            subject="cc",
            priority=Priority.URGENT,
            due_at=NOW - dt.timedelta(hours=3),
        ),
        "data": desk.case(
            *(desk.item(number, origin=Origin.DATASET, role="record") for number in range(100, 160)), subject="dd"
        ),
    }
    amira = Person("amira", frozenset({Role.REVIEWER}))
    desk.casework.dangers.open(amira, made["danger"], kind=DangerKind.CHILD, country="GB")
    lead, known = Person("lena", frozenset({Role.QUALITY_LEAD})), GoldenAnswer(Decision.CONFIRM, HarmType.CSEM)
    desk.casework.golden_pool.add(lead, Capture(desk.items(made["pictures"])[0], known))
    _give_up(desk)
    return made


def _give_up(desk: Desk) -> None:
    """Leave a job that is tried no more."""
    outbox = outbox_of(desk.casework.workshop)
    with desk.casework.workshop.home.database.writing() as connection:
        outbox.enqueue(connection, "webhook.deliver", {"number": 1})
    for job in outbox.lease({"webhook.deliver"}, 60):
        outbox.failed(job, "Timeout", for_good=True)


@contextmanager
def opened_desk(
    folder: Path, *, ask: Any = ask_here, clock: Any = None, is_whole: bool = False, **others: Any
) -> Iterator[Desk]:
    """Open a home and a console over it while the block runs; with accounts and instruments where it is whole."""
    clock = clock or FixedClock(NOW)
    with open_workshop(folder / "home", environment=SETTINGS, clock=clock) as workshop, ExitStack() as stack:
        public = ReviewKey.load(workshop.home.keys)
        if public is None:
            public = make_review_key(workshop.home.keys, out=folder / "review.key")
        key = read_review_key(folder / "review.key")
        casework = open_casework(workshop)
        viewer = Viewer(key, ask, openers_of(casework))
        if is_whole:
            rules = UserRules(user_key(workshop.home.keys), passwords=CHEAP)
            accounts = open_accounts(workshop.home, workshop.ledger, rules)
            others |= {
                "users": accounts,
                "sessions": accounts.sessions,
                "instruments": stack.enter_context(open_instruments(workshop)),
                "settings": workshop.settings,
                "exporter": Exporter(casework, key),
            }
        exporter = Exporter(casework, key)
        stood = standing(casework, **{"viewer": viewer, "exporter": exporter, "clock": clock, **others})
        yield Desk(casework, clock, key, public, viewer, stood)


__all__ = ["SOUND", "STILL", "WORDS", "Desk", "many", "near", "opened_desk"]
