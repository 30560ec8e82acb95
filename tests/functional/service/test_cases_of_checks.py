"""What a service sends is held over HTTP and waits in a case; what it tells of people comes up nowhere but sealed."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.functional.service.conftest import StandingIndex
from tests.unit.gateway.made_up import CANARY, Desk, Made, open_desk

from safehold.gateway import Scope
from safehold.gateway.circumstances import open_circumstances
from safehold.ledger.commit import GroupCommit
from safehold.service.app import make_app
from safehold.service.building import build
from safehold.service.watching import Journal
from safehold.settings import Settings
from safehold.vault.review import make_review_key, read_review_key

TOLD = {
    "identifiers": [{"kind": "screen_name", "value": CANARY}],
    "occurrences": [{"kind": "login", "at": "2026-11-22T12:00:00+01:00", "address": "192.0.2.7", "proxy": True}],
    "conversation": [{"role": "user", "text": f"before {CANARY}"}],
}
DENIED: dict[str, Any] = {
    "items": [{"kind": "prompt", "text": f"a red cube and a blue ball {CANARY}"}],
    "account": CANARY,
    "model": "painter",
    "model_version": "7",
    "particulars": TOLD,
}


@contextmanager
def served(desk: Desk, log: io.StringIO) -> Iterator[tuple[TestClient, dict[str, str], Any]]:
    with GroupCommit(desk.home.database, desk.ledger) as commits:
        made = build(
            desk.home, desk.ledger, checks=desk.checks, settings=Settings(), index=StandingIndex(), commits=commits
        )
        service = replace(made, journal=Journal(desk.home.clock, log))
        _, token = service.keys.create("web", (Scope.CHECK,))
        with TestClient(make_app(service), client=("192.0.2.9", 1)) as client:
            yield client, {"Authorization": f"Bearer {token.written}"}, service
        service.lanes.close()


@pytest.mark.parametrize("form", [False, True])
def test_what_is_told_of_somebody_is_in_their_case_sealed_and_nowhere_else(tmp_path: Path, *, form: bool) -> None:
    (tmp_path / "elsewhere" / "keys").mkdir(parents=True)
    key = make_review_key(tmp_path / "elsewhere" / "keys", out=tmp_path / "review.key")
    log = io.StringIO()
    with (
        open_desk(tmp_path / "desk", Made(review_key=key)) as desk,
        served(desk, log) as (client, headers, service),
    ):
        if form:
            fields = {name: (None, str(value)) for name, value in DENIED.items() if isinstance(value, str)}
            files = {"prompt": (None, DENIED["items"][0]["text"]), "particulars": (None, json.dumps(TOLD)), **fields}
            answer = client.post("/v1/checks", files=files, headers=headers)
        else:
            answer = client.post("/v1/checks", json=DENIED, headers=headers)
        told = answer.json()
        assert (answer.status_code, told["action"]) == (200, "deny"), answer.text
        (found,) = desk.cases.find(told["case_id"])
        (item,) = desk.cases.items(found.case)
        sealed = open_circumstances(desk.cases.context(item.id), read_review_key(tmp_path / "review.key"))
        measures = service.measures.text().decode()
        stored = b"".join(path.read_bytes() for path in (tmp_path / "desk").rglob("*") if path.is_file())
    assert (sealed["model"], sealed["model_version"], sealed["account"]) == ("painter", "7", CANARY)
    assert sealed["identifiers"][0]["value"] == CANARY
    assert sealed["occurrences"][0]["proxy"] is True
    for place in (log.getvalue(), measures, answer.text, stored.decode("latin-1")):
        assert CANARY not in place
        assert "192.0.2.7" not in place


def test_particulars_that_are_wrong_are_refused_and_nothing_is_decided(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk, served(desk, io.StringIO()) as (client, headers, _):
        wrong = {**DENIED, "particulars": {"occurrences": [{"address": CANARY}]}}
        answer = client.post("/v1/checks", json=wrong, headers=headers)
        assert answer.status_code == 422
        assert CANARY not in answer.text
        assert desk.rows("gateway_decisions") == desk.rows("cases") == []
