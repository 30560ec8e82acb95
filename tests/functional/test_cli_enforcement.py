"""Measures, appeals and danger to life at the installation's own terminal."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.functional.conftest import Call

from safehold.cases import CaseId, Form, NewItem, Origin, Subject, SubjectKind
from safehold.cases.enforcement import Cause, EnforcementId
from safehold.cases.enforcement.appeals import Filing
from safehold.vault.review import make_review_key
from safehold.vocabulary import Action
from safehold.wiring import open_workshop
from safehold.wiring.casework import open_casework

Shown = Callable[..., tuple[int, str]]

ACCOUNT = Subject(SubjectKind.ACCOUNT, "a" * 32)
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CaseId]:
    """Make a home with a case of an account whose one item was confirmed, with what follows from that proposed."""
    path = tmp_path_factory.mktemp("made") / "home"
    with open_workshop(path) as workshop:
        casework = open_casework(workshop)
        item = NewItem(Origin.GATEWAY, "chk_1#0", Form.TEXT, "prompt", Action.DENY, NOW)
        opened = casework.cases.open(ACCOUNT, [item], actor="amira")
        with workshop.home.database.writing() as connection:
            cause = Cause("dec_1", opened, ACCOUNT, "ncii_adult", ("chk_1#0",))
            casework.enforcement.propose(connection, cause, actor="amira")
        make_review_key(workshop.home.keys, out=path.parent / "review.key")
    return path, opened


@pytest.fixture
def case(home: Path, made: tuple[Path, CaseId]) -> CaseId:
    """Give a home of one's own with that case."""
    shutil.copytree(made[0], home)
    return made[1]


def test_measures_are_listed_shown_applied_and_lifted(call: Call, shown: Shown, case: CaseId) -> None:
    listed = call("enforcement", "list", "--state", "proposed").data["enforcements"]
    by_measure = {one["measure"]: one["id"] for one in listed}
    assert set(by_measure) == {"strike", "warn", "remove_content"}
    warn = by_measure["warn"]
    assert call("enforcement", "apply", warn).data["enforcement"]["state"] == "in_force"
    told = call("enforcement", "show", warn).data
    assert [one["step"] for one in told["steps"]] == ["proposed", "applied"]
    assert told["enforcement"]["references"] == ["chk_1#0"]
    assert "chk_1#0" in shown("enforcement", "show", warn)[1]
    assert call("enforcement", "decline", by_measure["remove_content"]).data["enforcement"]["state"] == "declined"
    assert call("enforcement", "lift", warn, "--reason", "mistake").data["enforcement"]["state"] == "lifted"
    assert call("enforcement", "list", "--state", "in_force", "--case", case).data == {"enforcements": []}
    assert "No measure" in shown("enforcement", "list", "--measure", "ban")[1]


def test_what_takes_two_people_waits_for_the_second(
    call: Call, shown: Shown, case: CaseId, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = ("enforcement", "apply", "--measure", "ban", "--case", case, "--ground", "csam")
    monkeypatch.setenv("SAFEHOLD_ACTOR", "eli")
    banned = call(*order).data["enforcement"]
    assert (banned["state"], banned["references"]) == ("proposed", ["chk_1#0"])
    assert call("enforcement", "apply", banned["id"]).code == 2
    monkeypatch.setenv("SAFEHOLD_ACTOR", "fay")
    assert call("enforcement", "apply", banned["id"]).data["enforcement"]["state"] == "in_force"
    assert "second person" in shown("enforcement", "lift", banned["id"], "--reason", "new_facts")[1]
    assert call("enforcement", "lift", banned["id"], "--reason", "new_facts").code == 2
    monkeypatch.setenv("SAFEHOLD_ACTOR", "gus")
    refused = call("enforcement", "lift", banned["id"], "--reason", "new_facts", "--refuse").data["enforcement"]
    assert (refused["state"], refused["lift_asked_by"]) == ("in_force", "")


def test_what_can_not_be_meant_is_refused(call: Call, case: CaseId) -> None:
    none = "enf_00000000000000000000"
    for arguments in (
        ("apply",),
        ("apply", none),
        ("apply", none, "--measure", "ban"),
        ("apply", "--measure", "ban", "--case", case),
        ("apply", "--measure", "hold_model", "--case", case, "--ground", "csam"),
        ("show", none),
        ("lift", none),
    ):
        assert call("enforcement", *arguments).code == 2, arguments


def test_appeals_are_listed_opened_with_the_review_key_and_decided_by_somebody_else(
    call: Call, shown: Shown, case: CaseId, home: Path, made: tuple[Path, CaseId], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No appeal waits" in shown("appeal", "list")[1]
    proposed = call("enforcement", "list", "--measure", "warn").data["enforcements"]
    monkeypatch.setenv("SAFEHOLD_ACTOR", "eli")
    warn = call("enforcement", "apply", proposed[0]["id"]).data["enforcement"]["id"]
    key = made[0].parent / "review.key"
    with open_workshop(home) as workshop:
        filing = Filing(EnforcementId(warn), ACCOUNT, "This was not me", contact="person@example.org")
        appeal = open_casework(workshop).appeals.receive(filing, actor="website").id
    (listed,) = call("appeal", "list").data["appeals"]
    assert (listed["id"], listed["overdue"]) == (appeal, False)
    assert "--review-key opens it" in shown("appeal", "show", appeal)[1]
    assert call("appeal", "show", appeal).data["written"] is None
    written = call("appeal", "show", appeal, "--review-key", key).data["written"]
    assert written == {"statement": "This was not me", "contact": "person@example.org"}
    assert call("appeal", "decide", appeal, "granted", "--reason", "mistake").code == 2, "eli applied it"
    monkeypatch.setenv("SAFEHOLD_ACTOR", "fay")
    assert call("appeal", "decide", appeal, "granted", "--reason", "mistake").data["appeal"]["state"] == "granted"
    assert call("appeal", "list").data == {"appeals": []}
    assert call("appeal", "list", "--all").data["appeals"][0]["decided_by"] == "fay"
    assert call("enforcement", "show", warn).data["enforcement"]["state"] == "lifted"
    assert case


def test_whom_to_call_is_shown_without_a_home_and_without_a_record(call: Call, shown: Shown, home: Path) -> None:
    told = call("danger", "route", "GB").data
    assert told["contacts"][0]["phone"] == "999"
    assert told["contacts"][0]["sources"]
    assert told["steps"][0]["id"] == "call"
    code, text = shown("danger", "route", "de")
    assert code == 0
    assert "110" in text
    assert "112" in text
    assert "Nobody here has called these numbers" in text
    assert "No contact is known" in shown("danger", "route", "ZZ")[1]
    assert "No contact is known" in shown("danger", "route")[1]
    assert not home.exists()


def test_a_danger_is_raised_noted_and_closed(call: Call, shown: Shown, case: CaseId) -> None:
    raised = call("danger", "raise", case, "--kind", "child", "--country", "gb").data
    danger = raised["danger"]["id"]
    assert raised["contacts"][0]["id"] == "gb-999"
    assert call("case", "show", case).data["case"]["priority"] == "danger"
    assert call("danger", "note", danger, "called", "--contact", "gb-999").data["step"]["contact"] == "gb-999"
    assert danger in shown("danger", "list")[1]
    assert call("danger", "close", danger, "handed_over").data["danger"]["outcome"] == "handed_over"
    assert call("danger", "list").data == {"dangers": []}
    assert len(call("danger", "list", "--all").data["dangers"]) == 1
    assert call("danger", "close", danger, "handed_over").code == 2
    assert call("danger", "raise", "case_00000000000000000000", "--kind", "child").code == 2
