"""The service's views for people: in this process for what they answer, on loopback for a real browser."""

import datetime as dt
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from nacl.public import PrivateKey, SealedBox
from starlette.testclient import TestClient

from safehold.gateway import Scope
from safehold.gateway.feedback import FeedbackBook
from safehold.gateway.messages import Catalogue, Exposures, Messages, load_catalogue
from safehold.gateway.reports import BankHolding, Desk, Limits, Reports, ReviewSeal
from safehold.gateway.sandbox import SandboxChecks
from safehold.home.home import Home
from safehold.ledger import GroupCommit, Ledger, open_ledger
from safehold.matching import BankStore
from safehold.service.app import make_app
from safehold.service.building import build
from safehold.service.context import Service
from safehold.service.reporting import pages
from safehold.service.reporting.form_texts import FormTexts, load_form_texts
from safehold.settings import Settings
from safehold.vocabulary import FixedClock
from safehold.wiring.people import People

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
EMBEDDER = "http://127.0.0.1:9"


@dataclass
class Desks:
    """A service with everything for people.

    Attributes:
        app: its ASGI app.
        client: asks it, from loopback.
        service: what its views work with.
        people: reports, feedback and messages.
        home, ledger, clock: what stands behind them.
        review_key: opens what people wrote.
    """

    app: FastAPI
    client: TestClient
    service: Service
    people: People
    home: Home
    ledger: Ledger
    clock: FixedClock
    review_key: PrivateKey

    def key(self, name: str, *scopes: Scope) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.service.keys.create(name, scopes)[1].written}"}

    def note(self, ticket: str) -> str:
        return SealedBox(self.review_key).decrypt(self.people.reports.sealed_note(ticket)).decode()


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Return the shipped messages, read once: reading them takes longer than most tests."""
    return load_catalogue()


@lru_cache(maxsize=1)
def form_texts() -> dict[str, FormTexts]:
    """Return the words of the form, read once."""
    return load_form_texts()


@contextmanager
def opened(folder: Path, *, per_source: int = 50, seals: bool = True) -> Iterator[Desks]:
    clock, key = FixedClock(NOW), PrivateKey.generate()
    with Home.open(folder, clock) as home:
        ledger = open_ledger(home)
        sealing = ReviewSeal(bytes(key.public_key)) if seals else None
        desk = Desk(sealing, BankHolding(BankStore(home, ledger)), b"k" * 32, Limits(per_source=per_source))
        people = People(
            messages=Messages(catalogue(), Exposures(home.database, clock)),
            reports=Reports(home.database, ledger, clock, desk),
            feedback=FeedbackBook(home.database, ledger, clock, desk),
            trusted=frozenset({"hotline"}),
            embedders=(EMBEDDER,),
        )
        with GroupCommit(home.database, ledger) as commits:
            built = build(home, ledger, checks=SandboxChecks(), commits=commits, settings=Settings(), index=None)
            service = replace(built, messages=people.messages, reports=people)
            app = make_app(service)
            app.state.report_pages = pages.Pages(form_texts(), people.messages, people.embedders)
            client = TestClient(app, client=("192.0.2.7", 50_000), raise_server_exceptions=False)
            yield Desks(app, client, service, people, home, ledger, clock, key)
            service.lanes.close()


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "home"
    with Home.open(path, FixedClock(NOW)) as home:
        open_ledger(home).checkpoint()
    return path


@pytest.fixture
def open_desks(tmp_path: Path, made_home: Path) -> Callable[..., AbstractContextManager[Desks]]:
    if os.environ.get("TEST_DATABASE") != "postgresql":  # there a home is given tables that are made already
        shutil.copytree(made_home, tmp_path / "home")
    return lambda **options: opened(tmp_path / "home", **options)


@pytest.fixture
def desks(open_desks: Callable[..., AbstractContextManager[Desks]]) -> Iterator[Desks]:
    with open_desks() as found:
        yield found


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an app on a free port of loopback while the block runs; give its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
