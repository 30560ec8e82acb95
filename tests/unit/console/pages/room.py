"""A console over a real home, for tests of pages: nothing is simulated but sessions and the decoding child."""

import datetime as dt
import hashlib
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image
from tests.unit.console.standing import NOW, Asking, Standing, standing

from safehold.cases import CaseId, Form, NewItem, Origin, Role, Subject, SubjectKind
from safehold.console.explorer import Verification
from safehold.console.instruments import Instruments, open_instruments
from safehold.console.lookup import FileLookup
from safehold.gateway.in_force import FixedPolicies, InForce
from safehold.gateway.media_child import examine
from safehold.gateway.media_wire import MediaTerms
from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.matching import BankStore
from safehold.media.sandbox import Reply
from safehold.settings import Settings
from safehold.vault import LocalVault
from safehold.vault.review import make_review_key
from safehold.vocabulary import Action, Algorithm, FixedClock, Signal
from safehold.wiring.casework import Casework, open_casework
from safehold.wiring.workshop import Workshop

EVERYBODY = tuple(Role)
_SOUND = (sys.executable, "-S", "-c", 'print(\'{"end": "sound", "size": 3}\')')
"""Stands for the process that verifies: the explorer's own tests start the real one."""


class InProcess:
    """A decoding child that is a function."""

    def ask(self, _task: str, request: Any, *, data: bytes, waiting_seconds: float) -> Reply:
        del waiting_seconds
        return Reply(examine(data, MediaTerms.from_json(request["terms"]), (), lambda _record: None))

    def close(self) -> None:
        """Nothing to end."""


@dataclass
class Room:
    """A home with a console."""

    workshop: Workshop
    casework: Casework
    instruments: Instruments
    clock: FixedClock
    standing: Standing

    def as_(self, *roles: Role, **more: Any) -> Asking:
        return self.standing.as_(*(roles or EVERYBODY), **more)

    def kinds(self) -> list[str]:
        return [line.event.kind for line in self.workshop.ledger.events()]

    def case(self, reference: str = "chk_1#0", account: str = "a-17", **more: Any) -> CaseId:
        told: dict[str, Any] = {"form": Form.IMAGE, "role": "source_image", "action": Action.HOLD, "at": NOW}
        told |= {"origin": Origin.GATEWAY} | more
        mark = self.casework.marks.of("account", account) or ""
        item = NewItem(reference=reference, **told)
        return self.casework.cases.open(Subject(SubjectKind.ACCOUNT, mark), [item], actor="system", label="test")


@contextmanager
def open_room(folder: Path, opened: Home, **settings: Any) -> Iterator[Room]:
    clock = opened.clock
    assert isinstance(clock, FixedClock)
    told = Settings(**settings)
    ledger = open_ledger(opened)
    make_review_key(opened.keys, out=folder / "review.key")
    workshop = Workshop(
        opened, told, ledger, BankStore(opened, ledger, actor="ada"), LocalVault(opened, ledger.append), "ada"
    )
    casework = open_casework(workshop)
    with open_instruments(workshop) as made:
        lookup = FileLookup(made.index, FixedPolicies(InForce(made.own_policy)))
        lookup._crew = InProcess()  # type: ignore[assignment]
        verification = Verification(_SOUND, clock, ledger.append)
        instruments = replace(made, lookup=lookup, verification=verification)
        console = standing(casework, clock=clock, settings=told, instruments=instruments)
        yield Room(workshop, casework, instruments, clock, console)


def picture(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(out, "PNG")
    return out.getvalue()


def sha256(data: bytes) -> Signal:
    return Signal(Algorithm.SHA256, hashlib.sha256(data).digest())


def days(number: float) -> dt.timedelta:
    return dt.timedelta(days=number)
