import json
from collections.abc import Callable
from typing import Any

import pytest

from safehold.gateway import Scope

from .conftest import Desks

NOTICE = {"category": "image_of_child", "target": "generation", "reference": "gen-17", "note": "seen in a gallery"}
REQUEST = {
    "kind": "take_down",
    "category": "image_of_me",
    "target": "address",
    "reference": "https://images.example/17",
    "role": "depicted",
    "signature": "A Person",
    "good_faith": True,
    "contact": "person@example.org",
    "fingerprints": [{"algorithm": "sha256", "value": "AB" * 32}],
}


def test_anybody_reports_without_a_key_and_asks_for_the_status_by_token(desks: Desks) -> None:
    received = desks.client.post("/v1/reports", json=NOTICE)
    assert received.status_code == 202
    told = received.json()
    assert told["status"] == "received"
    assert told["due_at"] is None
    status = desks.client.get(f"/v1/reports/{told['token']}")
    assert status.json()["ticket"] == told["ticket"]
    assert status.headers["cache-control"] == "no-store"
    assert "seen in a gallery" in desks.note(told["ticket"])


def test_a_request_to_take_down_has_a_clock_and_lacks_are_named(desks: Desks) -> None:
    assert desks.client.post("/v1/reports", json=REQUEST).json()["due_at"] == "2026-11-24T12:00:00.000000Z"
    refused = desks.client.post("/v1/reports", json={**REQUEST, "signature": " ", "good_faith": False})
    assert refused.status_code == 422
    assert refused.json()["code"] == "incomplete"
    assert [one["at"] for one in refused.json()["errors"]] == ["signature", "good_faith"]


@pytest.mark.parametrize("name", ["file", "image", "data", "attachments", "Files"])
def test_a_field_that_would_hold_the_material_is_refused_with_kind_words(desks: Desks, name: str) -> None:
    refused = desks.client.post("/v1/reports", json={**NOTICE, name: "AAAA"})
    assert (refused.status_code, refused.json()["code"]) == (422, "material")
    assert refused.json()["title"] == "Please don't send the material itself"
    assert desks.people.reports.list() == []


@pytest.mark.parametrize("path", ["/v1/reports", "/v1/feedback", "/report"])
def test_an_upload_is_refused_before_it_is_read(desks: Desks, path: str) -> None:
    read = []

    def body() -> Any:
        read.append(1)
        yield b"--x\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    refused = desks.client.post(path, content=body(), headers=headers)
    assert refused.status_code == 415
    assert "material itself" in refused.text
    assert desks.people.reports.list() == []


def test_a_pasted_file_is_refused(desks: Desks) -> None:
    refused = desks.client.post("/v1/reports", json={**NOTICE, "note": "data:image/png;base64,iVBORw0KGgo="})
    assert (refused.status_code, refused.json()["code"]) == (422, "material")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"not json", 400),
        (b"[]", 400),
        (30_000 * b"[" + 30_000 * b"]", 400),
        (b"{}", 422),
        (json.dumps({**NOTICE, "unknown": 1}).encode(), 422),
        (json.dumps({**NOTICE, "category": "nothing-we-know"}).encode(), 422),
        (json.dumps({**NOTICE, "reference": ""}).encode(), 422),
        (json.dumps({**NOTICE, "note": "x " * 40_000}).encode(), 413),
    ],
)
def test_what_can_not_be_used_is_a_problem_that_repeats_nothing(desks: Desks, body: bytes, status: int) -> None:
    refused = desks.client.post("/v1/reports", content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/problem+json"
    assert "nothing-we-know" not in refused.text
    assert "unknown" not in refused.text


def test_a_source_that_sends_too_much_is_told_when_to_try_again(open_desks: Callable[..., Any]) -> None:
    with open_desks(per_source=2) as desks:
        for _ in range(2):
            assert desks.client.post("/v1/reports", json=NOTICE).status_code == 202
        refused = desks.client.post("/v1/reports", json=NOTICE)
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "3600"
        assert desks.client.post("/v1/reports", json=NOTICE, headers=desks.key("web", Scope.REPORT)).status_code == 202


def test_a_trusted_flaggers_key_is_told_apart_and_may_send_a_perceptual_fingerprint(desks: Desks) -> None:
    listed = {**NOTICE, "fingerprints": [{"algorithm": "pdq", "value": "f0" * 32}]}
    assert desks.client.post("/v1/reports", json=listed).status_code == 422
    assert desks.client.post("/v1/reports", json=listed, headers=desks.key("web", Scope.REPORT)).status_code == 422
    trusted = desks.client.post("/v1/reports", json=listed, headers=desks.key("hotline", Scope.REPORT))
    report = desks.people.reports.show(trusted.json()["ticket"])
    assert (report.is_trusted, report.actor, report.holding) == (True, "hotline", "held")


def test_a_key_that_is_wrong_is_refused_and_not_taken_for_nobody(desks: Desks) -> None:
    wrong = desks.client.post("/v1/reports", json=NOTICE, headers={"Authorization": "Bearer nonsense"})
    assert wrong.status_code == 401
    checks = desks.client.post("/v1/reports", json=NOTICE, headers=desks.key("checks", Scope.CHECK))
    assert checks.status_code == 403


def test_an_unknown_token_is_not_found(desks: Desks) -> None:
    assert desks.client.get("/v1/reports/nothing").json()["code"] == "report_missing"


def test_without_a_review_key_only_ids_of_the_service_are_taken(open_desks: Callable[..., Any]) -> None:
    with open_desks(seals=False) as desks:
        refused = desks.client.post("/v1/reports", json=NOTICE)
        assert (refused.status_code, refused.json()["code"]) == (503, "not_sealed")
        assert desks.client.post("/v1/reports", json={**NOTICE, "note": ""}).status_code == 202


def test_feedback_is_received_counted_and_sealed(desks: Desks) -> None:
    told = {"reference": "check-00000001", "reason": "health", "note": "about a rash"}
    received = desks.client.post("/v1/feedback", json=told)
    assert received.status_code == 202
    assert received.json()["id"].startswith("F-")
    assert desks.people.feedback.counts()["health"] == 1
    assert desks.client.post("/v1/feedback", json={**told, "reference": "two words"}).json()["code"] == "unusable"
    assert desks.client.post("/v1/feedback", json={**told, "note": "x" * 501}).status_code == 422
    assert all(b"about a rash" not in path.read_bytes() for path in desks.home.path.rglob("*") if path.is_file())


def test_no_word_of_a_report_stands_in_the_ledger_or_a_log(desks: Desks, capfd: pytest.CaptureFixture[str]) -> None:
    token = desks.client.post("/v1/reports", json=REQUEST).json()["token"]
    desks.client.get(f"/v1/reports/{token}")
    desks.client.post("/report", data={**REQUEST, "good_faith": "yes", "fingerprints": ""})
    desks.client.post("/v1/feedback", json={"reference": "check-1", "reason": "art", "note": "a painting"})
    told = "\n".join(str(entry.line()) for entry in desks.ledger.events()) + "".join(capfd.readouterr())
    assert "request.answered" in told
    for word in (token, "images.example", "person@example.org", "A Person", "a painting", "192.0.2.7"):
        assert word not in told
    assert "report.received" in told
    assert "feedback.received" in told
