"""What the operator's own systems are told of measures, and hand in of appeals: over HTTP, and by webhook."""

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from nacl.public import PrivateKey, SealedBox
from starlette.testclient import TestClient

from safehold.cases import CaseId, Person, Role, Subject, SubjectKind
from safehold.cases.enforcement import Cause, Enforcement, Measure, Reason
from safehold.cases.enforcement.appeals import AppealState
from safehold.gateway import Scope
from safehold.gateway.sandbox import SandboxChecks
from safehold.home.outbox import Outbox
from safehold.ledger.commit import GroupCommit
from safehold.service.app import make_app
from safehold.service.building import build
from safehold.service.context import Service
from safehold.service.serving.casework import enforcing_duties
from safehold.service.watching import Journal
from safehold.service.webhooks.courier import body_of
from safehold.service.webhooks.endpoints import JOB
from safehold.service.webhooks.setup import endpoints_of
from safehold.vault.review import make_review_key, read_review_key
from safehold.wiring import open_workshop
from safehold.wiring.casework import Casework, open_casework

from .conftest import StandingIndex

ACCOUNT = "a-17 Canary Person"
CASE = CaseId("case_00000000000000000001")
ELI = Person("eli", frozenset({Role.ENFORCER}))
FAY = Person("fay", frozenset({Role.ENFORCER}))
STATEMENT = "canary statement: this was not me"


@dataclass
class Operator:
    """An operator's own system, and the installation that it asks."""

    casework: Casework
    service: Service
    client: TestClient
    headers: dict[str, str]
    log: io.StringIO
    secret: bytes

    @property
    def subject(self) -> Subject:
        return Subject(SubjectKind.ACCOUNT, self.casework.marks.of("account", ACCOUNT) or "")

    def decide(self, ground: str = "ncii_adult", cause: str = "dec_1") -> dict[Measure, Enforcement]:
        told = Cause(cause, CASE, self.subject, ground, ("chk_1#0",))
        with self.casework.workshop.home.database.writing() as connection:
            made = self.casework.enforcement.propose(connection, told, actor="amira")
        return {one.measure: one for one in made}

    def enforce(self, ground: str = "ncii_adult", cause: str = "dec_1") -> dict[Measure, Enforcement]:
        for one in self.decide(ground, cause).values():
            if self.casework.enforcement.show(one.id).applied_at is None:
                self.casework.enforcement.apply(ELI, one.id)
        return self.decide(ground, cause)

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=self.headers)

    def post(self, path: str, body: object) -> Any:
        return self.client.post(path, json=body, headers=self.headers)


@pytest.fixture
def operator(made_home: Path, tmp_path: Path) -> Iterator[Operator]:
    shutil.copytree(made_home, tmp_path / "home")
    make_review_key(tmp_path / "home" / "keys", out=tmp_path / "review.key")
    told = {"SAFEHOLD_ENFORCEMENT_WEBHOOKS": "books,gone"}
    log = io.StringIO()
    with open_workshop(tmp_path / "home", environment=told) as workshop:
        home, ledger = workshop.home, workshop.ledger
        casework = open_casework(workshop)
        with GroupCommit(home.database, ledger) as commits:
            made = build(
                home,
                ledger,
                checks=SandboxChecks({}),
                settings=workshop.settings,
                index=StandingIndex(),
                commits=commits,
            )
            service = replace(made, casework=casework, journal=Journal(home.clock, log))
            token = service.keys.create("backend", (Scope.ENFORCEMENT,))[1].written
            secret = read_review_key(tmp_path / "review.key").secret
            with TestClient(make_app(service)) as client:
                headers = {"Authorization": f"Bearer {token}"}
                yield Operator(casework, service, client, headers, log=log, secret=secret)
            service.lanes.close()


def test_who_polls_by_step_is_told_every_change_once_and_no_proposal(operator: Operator) -> None:
    operator.decide()
    assert operator.get("/v1/enforcement").json() == {"changes": [], "next": 0, "more": False}
    operator.enforce()
    first = operator.get("/v1/enforcement?limit=2").json()
    assert (len(first["changes"]), first["more"]) == (2, True)
    rest = operator.get(f"/v1/enforcement?after={first['next']}").json()
    told = [one["enforcement"]["measure"] for one in (*first["changes"], *rest["changes"])]
    assert sorted(told) == ["remove_content", "strike", "warn"]
    assert rest["more"] is False
    again = operator.get(f"/v1/enforcement?after={rest['next']}").json()
    assert again == {"changes": [], "next": rest["next"], "more": False}
    assert first["changes"][0]["enforcement"]["references"] == ["chk_1#0"]


def test_an_account_is_asked_after_in_a_body_and_told_by_its_mark(operator: Operator) -> None:
    operator.enforce()
    found = operator.post("/v1/enforcement/standing", {"account": ACCOUNT}).json()
    assert (found["gravest"], found["strikes"], found["mark"]) == ("warn", 1, operator.subject.mark)
    assert operator.post("/v1/enforcement/marks", {"accounts": [ACCOUNT, "b"]}).json()["marks"][0] == found["mark"]
    other = operator.post("/v1/enforcement/standing", {"account": "somebody else"}).json()
    assert (other["gravest"], other["strikes"], other["in_force"]) == (None, 0, [])
    model = operator.post("/v1/enforcement/standing", {"model": "painter@2"}).json()
    assert (model["subject"], model["mark"]) == ("model", "painter@2")


def test_exactly_one_is_named(operator: Operator) -> None:
    for body in ({}, {"account": "a", "session": "s"}, {"account": ""}, {"accounts": ["a"]}):
        assert operator.post("/v1/enforcement/standing", body).status_code == 422


def test_what_was_only_proposed_is_nobodys_business_outside(operator: Operator) -> None:
    proposed = operator.decide()[Measure.WARN].id
    for answer in (
        operator.get(f"/v1/enforcement/{proposed}"),
        operator.get("/v1/enforcement/enf_00000000000000000000"),
        operator.post(f"/v1/enforcement/{proposed}/carried-out", {"step": 1}),
        operator.post("/v1/appeals", {"enforcement": proposed, "account": ACCOUNT, "statement": STATEMENT}),
    ):
        assert answer.status_code == 404


def test_a_thousand_identical_uploads_are_one_measure_and_its_references_are_told_in_full_where_asked(
    operator: Operator,
) -> None:
    references = tuple(f"chk_{number}#0" for number in range(1000))
    told = Cause("dec_9", CASE, operator.subject, "test", references, is_by_hash=True)
    with operator.casework.workshop.home.database.writing() as connection:
        (removed,) = operator.casework.enforcement.propose(connection, told, actor="system")
    (change,) = operator.get("/v1/enforcement").json()["changes"]
    assert (len(change["enforcement"]["references"]), change["enforcement"]["references_total"]) == (100, 1000)
    assert operator.get(f"/v1/enforcement/{removed.id}").json()["references"] == list(references)


def test_a_system_says_that_it_obeyed(operator: Operator) -> None:
    warned = operator.enforce()[Measure.WARN].id
    shown = operator.get(f"/v1/enforcement/{warned}").json()
    assert (shown["carried_out_at"], shown["appeals"]) == (None, [])
    done = operator.post(f"/v1/enforcement/{warned}/carried-out", {"step": shown["step"]}).json()
    assert done["carried_out_at"] is not None
    assert operator.post(f"/v1/enforcement/{warned}/carried-out", {"step": 1}).json() == done


def test_an_appeal_comes_in_sealed_and_its_decision_is_told(operator: Operator) -> None:
    warned = operator.enforce()[Measure.WARN].id
    sent = {"enforcement": warned, "account": ACCOUNT, "statement": STATEMENT, "contact": "canary@example.org"}
    received = operator.post("/v1/appeals", sent)
    assert received.status_code == 202
    appeal = received.json()["id"]
    assert operator.post("/v1/appeals", sent).status_code == 409
    sealed = operator.casework.appeals.statement(FAY, appeal)
    assert STATEMENT.encode() in SealedBox(PrivateKey(operator.secret)).decrypt(sealed)
    operator.casework.appeals.decide(FAY, appeal, AppealState.GRANTED, Reason.MISTAKE)
    assert operator.get(f"/v1/appeals/{appeal}").json()["state"] == "granted"
    what = [one["what"] for one in operator.get("/v1/enforcement").json()["changes"]]
    assert what.count("lifted") == 3
    assert what[-1] == "appeal_decided"
    assert operator.get(f"/v1/enforcement/{warned}").json()["appeals"][0]["state"] == "granted"


def test_nobody_appeals_for_another_account(operator: Operator) -> None:
    warned = operator.enforce()[Measure.WARN].id
    sent = {"enforcement": warned, "account": "somebody else", "statement": STATEMENT}
    answer = operator.post("/v1/appeals", sent)
    assert (answer.status_code, answer.json()["code"]) == (404, "appeal_missing")


def test_an_appeal_of_the_wrong_shape_is_refused_without_repeating_it(operator: Operator) -> None:
    right = {"enforcement": "enf_00000000000000000000", "account": ACCOUNT, "statement": STATEMENT}
    wrong: tuple[dict[str, object], ...] = (
        {"statement": ""},
        {"statement": "x" * 8193},
        {"enforcement": "../../etc"},
        {"file": "aGVsbG8="},
        {"surprise": 1},
        {"account": None},
    )
    for change in wrong:
        answer = operator.post("/v1/appeals", right | change)
        assert answer.status_code == 422, change
        assert "canary" not in answer.text.lower()
        assert "surprise" not in answer.text


def test_no_other_key_asks(operator: Operator) -> None:
    others = [scope for scope in Scope if scope is not Scope.ENFORCEMENT]
    token = operator.service.keys.create("other", others)[1].written
    operator.headers = {"Authorization": f"Bearer {token}"}
    asked = [
        operator.get("/v1/enforcement"),
        operator.get("/v1/enforcement/enf_00000000000000000000"),
        operator.get("/v1/appeals/apl_00000000000000000000"),
        operator.post("/v1/enforcement/standing", {"account": ACCOUNT}),
        operator.post("/v1/enforcement/marks", {"accounts": [ACCOUNT]}),
        operator.post("/v1/enforcement/enf_00000000000000000000/carried-out", {"step": 1}),
        operator.post("/v1/appeals", {}),
    ]
    assert {answer.status_code for answer in asked} == {403}
    operator.headers = {}
    assert operator.get("/v1/enforcement").status_code == 401


def test_endpoints_that_are_to_hear_are_told_once_each_and_nothing_is_named(operator: Operator) -> None:
    workshop = operator.casework.workshop
    endpoints = endpoints_of(workshop.home, workshop.ledger)
    endpoints.create("books", "https://books.example.org/hooks", actor="alice")
    duties = {duty.name: duty for duty in enforcing_duties(operator.casework)}
    operator.enforce()
    assert duties["enforcement.tell"].do() == 3
    assert duties["enforcement.tell"].do() == 0
    jobs = Outbox(workshop.home.database, workshop.home.clock).lease({JOB}, 1)
    told = [json.loads(body_of(job)) for job in jobs]
    assert {one["type"] for one in told} == {"enforcement.applied"}
    assert {job.payload["webhook"] for job in jobs} == {"books"}
    assert {one["data"]["reference"] for one in told} == {"chk_1#0"}
    assert {one["data"]["mark"] for one in told} == {operator.subject.mark}
    assert ACCOUNT not in json.dumps(told)


def test_a_worker_ends_what_is_over_and_puts_away_what_was_left_open(operator: Operator) -> None:
    duties = {duty.name: duty.do for duty in enforcing_duties(operator.casework)}
    assert [duties[name]() for name in ("enforcement.expire", "appeals.forget", "exposures.put_away")] == [0, 0, 0]


def test_names_and_words_get_into_no_log_and_no_event(operator: Operator) -> None:
    warned = operator.enforce()[Measure.WARN].id
    operator.post("/v1/enforcement/standing", {"account": ACCOUNT})
    operator.post("/v1/appeals", {"enforcement": warned, "account": ACCOUNT, "statement": STATEMENT})
    ledger = repr(list(operator.casework.workshop.ledger.events()))
    for canary in (ACCOUNT, STATEMENT, operator.subject.mark):
        assert canary not in operator.log.getvalue()
        assert canary not in ledger


def test_without_a_review_key_no_appeal_is_taken(operator: Operator) -> None:
    warned = operator.enforce()[Measure.WARN].id
    (operator.casework.workshop.home.keys / "review.pub").unlink()
    sealless = replace(operator.service, casework=open_casework(operator.casework.workshop))
    with TestClient(make_app(sealless)) as client:
        operator.client = client
        sent = {"enforcement": warned, "account": ACCOUNT, "statement": STATEMENT}
        assert operator.post("/v1/appeals", sent).status_code == 503


def test_a_service_without_cases_has_nothing_there(operator: Operator) -> None:
    with TestClient(make_app(replace(operator.service, casework=None))) as client:
        operator.client = client
        assert operator.get("/v1/enforcement").status_code == 404
