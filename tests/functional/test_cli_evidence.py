"""Openings by two custodians, holds with a rule, and destroy requests, on the command line."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.functional.conftest import Call

from safehold.cases import Content, Form, NewItem, Origin, Place, Subject, SubjectKind
from safehold.vault import EvidenceId, Label
from safehold.vault.review import read_review_key
from safehold.vocabulary import Action
from safehold.wiring import open_workshop
from safehold.wiring.casework import open_cases, open_openings

pytestmark = pytest.mark.long

NOW = dt.datetime.now(dt.UTC)
CANARY = "zanzibar-xylophone-4711"


@pytest.fixture
def evidence(call: Call, home: Path, tmp_path: Path) -> tuple[EvidenceId, str]:
    """Seal something harmless that a case holds, with two custodians and a review key; return both ids."""
    for name in ("amira", "jonas"):
        call("vault", "keygen", name, "--out", tmp_path / f"{name}.key")
    call("vault", "review-key", "--out", tmp_path / "review.key")
    with open_workshop(home, environment={}) as workshop:
        identifier = workshop.vault.put(CANARY.encode(), Label(case="chk-1"))
        item = NewItem(
            Origin.GATEWAY, "chk-1#0", Form.TEXT, "prompt", Action.HOLD, NOW, content=Content(Place.VAULT, identifier)
        )
        case = open_cases(workshop).open(Subject(SubjectKind.ACCOUNT, "0" * 32), [item], actor="tester")
    return identifier, case


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda name: monkeypatch.setenv("SAFEHOLD_ACTOR", name)


def test_two_custodians_grant_an_opening_with_files_of_their_own_machines(
    call: Call, home: Path, tmp_path: Path, evidence: tuple[EvidenceId, str], as_user: Callable[[str], None]
) -> None:
    identifier, case = evidence
    as_user("noor")
    asked = call("vault", "ask", identifier[:12], "--case", case, "--purpose", "report", "--minutes", "5")
    opening, review = asked.data["opening"]["id"], asked.data["opening"]["review_key"]
    assert (asked.code, asked.data["opening"]["needed"]) == (0, 2)
    request = tmp_path / "request"
    assert call("vault", "requests", opening, "--out", request).code == 0
    assert CANARY.encode() not in request.read_bytes()
    for name in ("amira", "jonas"):
        as_user(name)
        grant = ("vault", "grant", request, "--key", tmp_path / f"{name}.key", "--out", tmp_path / f"{name}.grant")
        for wrong in ("0" * 16, review[:15]):
            assert call(*grant, "--review-key", wrong).code == 2, "another review key, or too few digits of it"
        assert call(*grant).code == 2, "a custodian must name the review key"
        assert call(*grant, "--review-key", review[:16]).code == 0
        handed = call("vault", "grant", tmp_path / f"{name}.grant")
        assert (handed.code, handed.data["opening"]["state"] == "granted") == (0, name == "jonas")
    assert call("vault", "requests").data["openings"][0]["granted_by"] == ["amira", "jonas"]
    with open_workshop(home, environment={"SAFEHOLD_ACTOR": "noor"}) as workshop:
        from safehold.cases import Person, Role

        asker = Person("noor", frozenset({Role.SPECIALIST}))
        content = open_openings(workshop).read(asker, opening, read_review_key(tmp_path / "review.key"))
    assert content == CANARY.encode()


def test_who_asked_can_not_grant_and_nobody_twice_on_the_machine_itself(
    call: Call, tmp_path: Path, evidence: tuple[EvidenceId, str], as_user: Callable[[str], None]
) -> None:
    identifier, case = evidence
    as_user("noor")
    opening = call("vault", "ask", identifier, "--case", case, "--purpose", "report").data["opening"]["id"]
    amira, jonas = (("--key", tmp_path / f"{name}.key") for name in ("amira", "jonas"))
    assert call("vault", "grant", opening, *amira).code == 2, "who asked"
    as_user("amira")
    assert call("vault", "grant", opening, *amira).code == 0
    assert call("vault", "grant", opening, *jonas).code == 2, "one person with two keys"
    assert call("vault", "grant", opening, "--key", tmp_path / "review.key").code == 2, "no custodian's key"
    as_user("jonas")
    assert call("vault", "grant", opening, *jonas).data["opening"]["state"] == "granted"
    assert call("vault", "grant", "open_00", *jonas).code == 2
    assert call("vault", "ask", identifier, "--case", "case-2", "--purpose", "report").code == 2, "another case"


def test_a_reported_case_is_held_for_a_year_and_destroyed_when_an_agency_asks(
    call: Call,
    shown: Callable[..., tuple[int, str]],
    tmp_path: Path,
    evidence: tuple[EvidenceId, str],
    as_user: Callable[[str], None],
) -> None:
    identifier, case = evidence
    as_user("robin")
    assert call("hold", "place", identifier, "--basis", "us_report").code == 2, "it needs its receipt"
    day = f"{NOW:%Y-%m-%d}"
    placed = call("hold", "place", identifier, "--basis", "us_report", "--reference", "r-1", "--submitted", day)
    hold = placed.data["hold"]
    assert (hold["rule"], hold["reference"], hold["expires_at"][:4]) == ("us_report", "r-1", str(NOW.year + 1))
    assert call("hold", "release", hold["id"], "--reference", "oops").code == 2, "the law asks for it"
    assert call("hold", "extend", hold["id"], "--until", "2999-01-01").code == 2, "an extension needs its reference"
    again = ("hold", "place-case", case, "--basis", "us_report", "--reference", "r-1")
    assert call(*again).data["holds"] == [], "all that its case has is held so already"
    assert call("hold", "place-case", "case_none", "--basis", "counsel", "--reference", "l-1").code == 2
    asked = call("hold", "destroy-request", identifier, "--agency", "agency-1").data["destruction"]["id"]
    assert call("hold", "destroy-approve", asked).code == 2, "who asked"
    assert "1 hold" in shown("hold", "destroy-requests")[1]
    as_user("sam")
    assert call("hold", "destroy-approve", asked).data["destruction"]["state"] == "done"
    assert call("vault", "list").data["evidence"][0]["state"] == "erased"
    proof = tmp_path / "proof.json"
    assert call("hold", "erasure-proof", identifier, "--out", proof).data["events"] == 2
    assert call("hold", "settle").data == {"done": 0, "waiting": 0}
    verified = call("case", "verify-export", proof).data
    assert (verified["profile"], verified["events"]) == ("erasure", 2)


def test_a_request_for_erasure_waits_for_a_hold(
    call: Call, evidence: tuple[EvidenceId, str], as_user: Callable[[str], None]
) -> None:
    identifier, _ = evidence
    as_user("robin")
    hold = call("hold", "place", identifier, "--basis", "counsel", "--reference", "letter-1").data["hold"]["id"]
    both = ("--agency", "a-1", "--person", "p-1")
    assert call("hold", "destroy-request", identifier, *both).code == 2
    assert call("hold", "destroy-request", identifier, "--agency", "a-1").code == 2, "counsel's hold does not end"
    assert call("hold", "destroy-request", identifier, "--person", "p-1").code == 2, "nothing was reported"
    request = call("hold", "destroy-request", identifier, "--person", "p-1", "--counsel", "letter-0")
    asked = request.data["destruction"]["id"]
    as_user("sam")
    assert call("hold", "destroy-approve", asked).data["destruction"]["state"] == "approved"
    assert call("hold", "destroy-requests").data["destructions"][0]["waits_for"] == "1 hold"
    assert call("hold", "release", hold, "--reference", "letter-2").code == 0
    assert call("hold", "settle").data == {"done": 1, "waiting": 0}
    assert call("hold", "destroy-refuse", asked, "--reason", "late").code == 2, "it is done"


def test_a_case_leaves_sealed_for_the_law_and_bare_for_auditors_and_both_verify(
    call: Call, shown: Callable[..., tuple[int, str]], tmp_path: Path, evidence: tuple[EvidenceId, str]
) -> None:
    _, case = evidence
    theirs, law, audit = tmp_path / "authority.key", tmp_path / "case.sealed", tmp_path / "case.audit"
    public = call("case", "recipient-key", "--out", theirs).data["public_key"]
    export = ("case", "export", case, "--profile", "law", "--out", law)
    assert call(*export).code == 2, "to whom?"
    assert call(*export, "--to", public, "--review-key", tmp_path / "review.key").code == 0
    assert CANARY.encode() not in law.read_bytes()
    signed_by = call("ledger", "checkpoint", "--out", tmp_path / "checkpoint").data["public_key"]
    assert call("case", "verify-export", law).code == 2, "it is sealed"
    opened = tmp_path / "opened"
    found = call("case", "verify-export", law, "--key", theirs, "--public-key", signed_by, "--out", opened)
    assert (found.code, found.data["profile"], found.data["anchored"], found.data["missing"]) == (0, "law", True, 2)
    assert (opened / "manifest.json").stat().st_mode & 0o777 == 0o600
    assert call("case", "verify-export", law, "--key", theirs, "--out", opened).code == 2, "the folder is there"
    tomorrow = f"{NOW + dt.timedelta(days=1):%Y-%m-%d}"
    bare = ("case", "export", "--profile", "audit", "--out", audit, "--until", tomorrow)
    assert call(*bare).code == 2, "since when?"
    assert call(*bare, "--since", f"{NOW:%Y-%m-%d}").data["cases"] == 1
    assert "Self-consistent only" in shown("case", "verify-export", audit)[1]
    told = tmp_path / "told"
    place = next(
        line["value"]["ledger_place"]
        for line in map(json.loads, audit.read_bytes().splitlines())
        if line["record"] == "event"
    )
    assert call("case", "disclose-export", audit, "--event", place, "--out", told).data["events"] == 1
    verified = call("case", "verify-export", audit, "--disclosure", told, "--public-key", signed_by)
    assert (verified.code, verified.data["disclosed"]) == (0, 1)
    assert call("case", "verify-export", audit, "--disclosure", audit).code == 2, "that is none"
    audit.write_bytes(audit.read_bytes().replace(b'"hold":1', b'"hold":2'))
    assert call("case", "verify-export", audit).code == 2
