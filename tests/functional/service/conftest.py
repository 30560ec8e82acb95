"""A service over sandbox checks, asked in this process: one home a test, copied from one that is made once."""

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from safehold.gateway import Scope
from safehold.gateway.sandbox import SandboxChecks
from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.ledger.commit import GroupCommit
from safehold.service.app import make_app
from safehold.service.building import build
from safehold.service.context import Service
from safehold.service.watching import Journal
from safehold.settings import Settings
from safehold.vocabulary import Action, SystemClock

TABLE = {"red cube": Action.DENY, "grey cone": Action.HOLD, b"held bytes": Action.HOLD}


class StandingIndex:
    """An index that is there, and misbehaves on demand."""

    behind = 0
    failure: Exception | None = None

    def current(self) -> object:
        if self.failure is not None:
            raise self.failure
        return self


@dataclass
class Served:
    """A service under test.

    Attributes:
        app: its ASGI app.
        service: what its views work with.
        checks: what decides.
        client: asks it, from loopback.
        key: a key that may check.
        log: what it wrote.
    """

    app: FastAPI
    service: Service
    checks: SandboxChecks
    index: StandingIndex
    client: TestClient
    key: str
    log: io.StringIO

    def headers(self, *scopes: Scope, key: str | None = None) -> dict[str, str]:
        """Return the headers of a key: the usual one, or a new one with these scopes."""
        if scopes:
            name = "-".join(scope.value for scope in scopes)
            key = self.service.keys.create(f"{name}-{len(self.service.keys.all())}", scopes)[1].written
        return {"Authorization": f"Bearer {key or self.key}"}

    def post(self, body: object, path: str = "/v1/checks", **headers: str) -> Any:
        return self.client.post(path, json=body, headers=self.headers() | headers)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "home"
    with Home.open(path, SystemClock()) as home:
        open_ledger(home).checkpoint()
    return path


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def served(made_home: Path, tmp_path: Path, settings: Settings) -> Iterator[Served]:
    shutil.copytree(made_home, tmp_path / "home")
    checks, index, log = SandboxChecks(TABLE), StandingIndex(), io.StringIO()
    with Home.open(tmp_path / "home", SystemClock()) as home:
        ledger = open_ledger(home)
        with GroupCommit(home.database, ledger) as commits:
            made = build(home, ledger, checks=checks, settings=settings, index=index, commits=commits)
            service = replace(made, journal=Journal(home.clock, log))
            _, token = service.keys.create("web", (Scope.CHECK,))
            app = make_app(service)
            with TestClient(app, client=("127.0.0.1", 40000)) as client:
                yield Served(app, service, checks, index, client, key=token.written, log=log)
            service.lanes.close()
