"""The service on SQLite and on PostgreSQL: keys, repeated requests, answers for later, readiness."""

import time
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient
from tests.functional.service.conftest import TABLE, StandingIndex

from safehold.gateway import Scope
from safehold.gateway.sandbox import SandboxChecks
from safehold.ledger import open_ledger
from safehold.ledger.commit import GroupCommit
from safehold.service.app import make_app
from safehold.service.building import build
from safehold.settings import Settings
from safehold.vocabulary import SystemClock

CUBE = {"items": [{"kind": "prompt", "text": "a red cube"}]}


def test_the_service_answers_alike_on_both(places: Any, tmp_path: Path) -> None:
    home = places.open(tmp_path / "home", SystemClock())
    ledger = open_ledger(home)
    with GroupCommit(home.database, ledger) as commits:
        service = build(
            home, ledger, checks=SandboxChecks(TABLE), settings=Settings(), index=StandingIndex(), commits=commits
        )
        _, token = service.keys.create("web", (Scope.CHECK,))
        headers = {"Authorization": f"Bearer {token.written}"}
        with TestClient(make_app(service), client=("127.0.0.1", 1)) as client:
            repeated = [
                client.post("/v1/checks", json=CUBE, headers=headers | {"Idempotency-Key": "one"}) for _ in range(2)
            ]
            assert repeated[0].json() == repeated[1].json()
            assert repeated[1].headers["idempotent-replayed"] == "true"
            place = client.post("/v1/checks", json={**CUBE, "mode": "async"}, headers=headers).headers["location"]
            until = time.monotonic() + 10
            while client.get(place, headers=headers).json()["state"] == "pending":
                assert time.monotonic() < until
                time.sleep(0.01)
            assert client.get(place, headers=headers).json()["answer"]["action"] == "deny"
            assert client.get("/health/ready").json() == {"ready": True, "failures": []}
        assert service.keys.all()[0].last_used_at is not None  # noted at the end
        service.lanes.close()
