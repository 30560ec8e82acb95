"""Checks over harmless stand-ins: red cubes, blue balls, made-up lists, and a decoding child that is a function."""

import datetime as dt
import io
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from PIL import Image

from safehold.cases.store import CaseStore
from safehold.classification.remote import RemoteClassifier
from safehold.classification.text import PromptRules, stand_in_prompt_lexicons, stand_in_rules
from safehold.gateway import Answer, Caller, CheckRequest, Context, Item, ItemKind, Scope
from safehold.gateway.checking import GatewayChecks, Records
from safehold.gateway.further import Further
from safehold.gateway.in_force import FixedPolicies, InForce
from safehold.gateway.marks import Marks
from safehold.gateway.media import MediaRoom, StandingLists
from safehold.gateway.media_child import examine
from safehold.gateway.media_wire import MediaTerms
from safehold.gateway.observing import Detectors
from safehold.gateway.policy import GatewayPolicy
from safehold.gateway.policy_file import default_gateway_policy, parse_gateway_policy
from safehold.gateway.text import TextReader
from safehold.home.home import Home
from safehold.home.tables import metadata
from safehold.ledger import Ledger, open_ledger
from safehold.ledger.commit import GroupCommit
from safehold.matching import Index
from safehold.matching.banks.builtin import builtin_bank
from safehold.matching.banks.catalogue import BankContents
from safehold.media.sandbox import Reply
from safehold.vault.review import ReviewKey
from safehold.vocabulary import FixedClock, GapReason, Seconds

AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
OPERATOR = Caller("operator", frozenset(Scope))
SERVICE = Caller("service")
CANARY = "zanzibar-xylophone-4711"
"""Stands for what people write: found nowhere but where it was sealed."""

_STAND_INS = {"adult_sexual": "blue_ball", "minor": "red_cube", "nudify": "paint_cube", "undress": "paint"}


def policy(**changes: Any) -> GatewayPolicy:
    """Return the default policy over stand-in concepts, with parts of it replaced.

    Args:
        changes: path, with two underscores for a dot, to what stands there: surfaces__input__fail_open=True.
    """
    text = default_gateway_policy().canonical
    for concept, stand_in in _STAND_INS.items():
        text = text.replace(concept, stand_in)
    tree = json.loads(text)
    for path, value in changes.items():
        *steps, last = path.split("__")
        place = tree
        for step in steps:
            place = place[step]
        place[last] = value
    return parse_gateway_policy(json.dumps(tree), called="made up")


def picture(seed: int = 0, side: int = 128) -> bytes:
    """Return a PNG of soft blotches."""
    noise = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


def in_process(data: bytes, terms: MediaTerms, _waiting_seconds: float) -> Reply:
    """Examine as a decoding child does, here."""
    return Reply(examine(data, terms, (), lambda _record: None))


def failing(reason: GapReason) -> Any:
    """Return a crew whose children never answer."""
    return lambda _data, _terms, _seconds: Reply(b"", reason, "made up")


class FailingReader:
    """A text reader that raises."""

    version = "0"

    def read(self, _texts: object, *, carried: frozenset[str] = frozenset()) -> Any:
        del carried
        raise ValueError(CANARY)


@dataclass
class Desk:
    """Checks with what they stand on."""

    checks: GatewayChecks
    home: Home
    ledger: Ledger
    clock: FixedClock
    cases: CaseStore

    def ask(self, *items: Item, caller: Caller = OPERATOR, **context: Any) -> Answer:
        return self.checks.check(CheckRequest(items, Context(**context)), caller)

    def say(self, text: str, **context: Any) -> Answer:
        return self.ask(Item(ItemKind.PROMPT, text=text), **context)

    def pass_seconds(self, seconds: float) -> None:
        self.clock.at += dt.timedelta(seconds=seconds)

    def rows(self, table: str) -> list[Mapping[str, Any]]:
        with self.home.database.reading() as connection:
            return [dict(row) for row in connection.execute(sa.select(metadata.tables[table])).mappings()]

    def events(self, kind: str) -> list[Mapping[str, Any]]:
        return [dict(entry.event.details) for entry in self.ledger.events() if entry.event.kind == kind]


@cache
def _usual() -> tuple[GatewayPolicy, PromptRules]:
    return policy(), PromptRules(stand_in_prompt_lexicons(), stand_in_rules())


@dataclass
class Made:
    """What a desk is made of, where a test says otherwise."""

    policy: GatewayPolicy = field(default_factory=lambda: _usual()[0])
    shadow: GatewayPolicy | None = None
    banks: tuple[BankContents, ...] = ()
    ask: Any = in_process
    lists: Any = None
    text: TextReader = field(default_factory=lambda: _usual()[1])
    further: tuple[RemoteClassifier, ...] = ()
    review_key: ReviewKey | None = None
    has_cases: bool = True
    accounts: Any = None


@cache
def _new_home() -> tempfile.TemporaryDirectory[str]:
    """Return a folder with a home that was just made; made once, since its tables take a while."""
    folder = tempfile.TemporaryDirectory()
    with Home.open(Path(folder.name) / "home", FixedClock(AT)) as home:
        open_ledger(home)
    return folder


@contextmanager
def open_desk(folder: Path, made: Made | None = None) -> Iterator[Desk]:
    """Open checks over a new home."""
    made, clock = made or Made(), FixedClock(AT)
    lists = made.lists or StandingLists(Index.over([builtin_bank(), *made.banks]))
    shutil.copytree(Path(_new_home().name) / "home", folder / "home", dirs_exist_ok=True)
    with Home.open(folder / "home", clock) as home:
        ledger = open_ledger(home)
        with GroupCommit(home.database, ledger) as commits:
            cases = CaseStore(home.database, ledger, clock)
            checks = GatewayChecks(
                FixedPolicies(InForce(made.policy, made.shadow)),
                Detectors(made.text, MediaRoom(made.ask, lists), Further(made.further)),
                Records(
                    home.database,
                    commits,
                    ledger,
                    Marks(b"k" * 32),
                    b"k" * 32,
                    made.review_key,
                    cases if made.has_cases else None,
                    made.accounts,
                ),
                clock,
            )
            yield Desk(checks, home, ledger, clock, cases)


SHORT = Seconds(0.2)
