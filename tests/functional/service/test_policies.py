"""``/v1/policies``: two keys bring a policy into force, one takes it back, and no other key sees any of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounded
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method
from starlette.testclient import TestClient
from tests.functional.service.conftest import Served

from safehold.gateway import Scope
from safehold.gateway.lifecycle import PolicyStore
from safehold.gateway.policy_file import default_gateway_policy
from safehold.home.home import Home
from safehold.ledger import Ledger, open_ledger
from safehold.service.app import make_app
from safehold.vocabulary import SystemClock

OWN = json.loads(default_gateway_policy().canonical)


def text(version: str = "1", **changed: object) -> str:
    return json.dumps({**OWN, "name": "house", "version": version, **changed})


@dataclass
class Desk:
    """The views of policies, with the keys of two people."""

    client: TestClient
    app: Any
    ledger: Ledger
    keys: dict[str, dict[str, str]]

    def post(self, path: str, key: str, body: object = None) -> Any:
        return self.client.post(f"/v1/policies{path}", headers=self.keys[key], json=body)


@pytest.fixture
def desk(served: Served, tmp_path: Path) -> Iterator[Desk]:
    keys = {name: served.service.keys.create(name, (Scope.POLICY,))[1].written for name in ("ada", "ben")}
    with Home.open(tmp_path / "home", SystemClock()) as home:
        ledger = open_ledger(home)
        store = PolicyStore(home.database, ledger, home.clock)
        app = make_app(replace(served.service, policies=store))
        with TestClient(app, client=("127.0.0.1", 40001)) as client:
            made = {name: {"Authorization": f"Bearer {key}"} for name, key in keys.items()}
            yield Desk(client, app, ledger, {**made, "web": served.headers()})


def test_two_keys_bring_a_policy_into_force_and_one_takes_it_back(desk: Desk) -> None:
    assert desk.post("", "ada", {"text": text()}).status_code == 201
    assert desk.post("/house@1/shadow", "ada").json()["state"] == "shadow"
    refused = desk.post("/house@1/approve", "ada")
    assert (refused.status_code, refused.json()["code"]) == (403, "four_eyes")
    assert desk.post("/house@1/approve", "ben").json()["approved_by"] == "ben"
    assert desk.post("/house@1/activate", "ada").json()["state"] == "active"
    listed = desk.client.get("/v1/policies", headers=desk.keys["ben"]).json()
    assert listed["active"].startswith("house@1 sha256:")
    assert listed["single_operator"] is False
    assert desk.client.get("/v1/policies/house@1", headers=desk.keys["ben"]).json() == listed["policies"][0]
    assert desk.post("/rollback", "ben").json() == {"active": None}
    assert desk.post("/rollback", "ben").status_code == 409
    actors = [entry.event.actor for entry in desk.ledger.events() if entry.event.kind.startswith("policy.")]
    assert actors == ["ada", "ada", "ben", "ada", "ben"]


@pytest.mark.parametrize("path", ["", "/house@1/activate", "/rollback"])
def test_a_key_without_the_scope_is_refused(desk: Desk, path: str) -> None:
    assert desk.post(path, "web", {"text": text()}).status_code == 403
    assert desk.client.post(f"/v1/policies{path}").status_code == 401


def test_what_can_not_be_done_is_a_problem_of_its_own(desk: Desk) -> None:
    desk.post("", "ada", {"text": text()})
    answers = {
        "gone": desk.post("/house@9/shadow", "ada"),
        "early": desk.post("/house@1/activate", "ada"),
        "other": desk.post("", "ben", {"text": text(reviewed_by=["ben"])}),
        "none": desk.post("", "ben", {"text": "kanarienvogel: [1"}),
        "step": desk.post("/house@1/forget", "ben"),
    }
    told = {name: (answer.status_code, answer.json()["code"]) for name, answer in answers.items()}
    assert told == {
        "gone": (404, "policy_missing"),
        "early": (409, "policy_state"),
        "other": (409, "policy_exists"),
        "none": (422, "policy_unusable"),
        "step": (422, "invalid"),
    }
    assert "kanarienvogel" not in answers["none"].text


VIEWS = (
    ("POST", "/v1/policies"),
    ("GET", "/v1/policies/{reference}"),
    ("POST", "/v1/policies/{reference}/{step}"),
)


@pytest.mark.parametrize(("method", "path"), VIEWS, ids=lambda part: part)
def test_whatever_is_sent_is_answered_as_the_document_says(desk: Desk, method: str, path: str) -> None:
    operation = schemathesis.openapi.from_asgi("/openapi.json", desk.app)[path][method]

    @bounded(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(GenerationMode.POSITIVE))
    def whatever(case: schemathesis.Case) -> None:
        beyond = [positive_data_acceptance, unsupported_method]
        case.call_and_validate(headers=desk.keys["ada"], excluded_checks=beyond)

    whatever()
