"""Exports of a case: sealed and complete for whom it is for; without content or identities for auditors."""

from pathlib import Path

import pytest

from safehold.cases import CaseId, Form, Role
from safehold.cases.exports import verify_export
from safehold.vault.recipient import RecipientKey, make_recipient_key, read_recipient_key

from .desk import WORDS, Desk


@pytest.fixture
def recipient(tmp_path: Path) -> RecipientKey:
    return make_recipient_key(tmp_path / "recipient.key")


@pytest.fixture
def case(desk: Desk) -> CaseId:
    return desk.case(desk.item(71, content=desk.words(), form=Form.TEXT, role="prompt"), subject="e7")


def test_an_export_for_law_enforcement_is_complete_and_opens_for_its_recipient_alone(
    desk: Desk, case: CaseId, recipient: RecipientKey, tmp_path: Path
) -> None:
    reporter = desk.as_(Role.REPORTER, stepped_up=True)
    answer = reporter.send_form(f"/cases/{case}/export", {"recipient": recipient.text})
    assert answer.status_code == 200
    assert WORDS.encode() not in answer.content
    found = verify_export(answer.content, key=read_recipient_key(tmp_path / "recipient.key"), public_key=None)
    assert (found.profile, found.missing) == ("law", 1), "it came without circumstances, and the manifest says so"
    assert any(WORDS.encode() in data for data in found.files.values())


def test_an_export_for_law_enforcement_asks_for_the_second_factor_first(
    desk: Desk, case: CaseId, recipient: RecipientKey
) -> None:
    answer = desk.as_(Role.REPORTER).send_form(f"/cases/{case}/export", {"recipient": recipient.text})
    assert answer.status_code == 403
    assert desk.events("case.exported") == []


@pytest.mark.parametrize("text", ["", "safehold-recipient:", "an address", "<b>"])
def test_without_a_recipients_key_nothing_leaves(desk: Desk, case: CaseId, text: str) -> None:
    answer = desk.as_(Role.REPORTER, stepped_up=True).send_form(f"/cases/{case}/export", {"recipient": text})
    assert answer.status_code == 422
    assert desk.events("case.exported") == []


def test_an_export_for_auditors_holds_no_content_and_no_name(desk: Desk, case: CaseId) -> None:
    desk.take(case, name="olga")
    answer = desk.as_(Role.AUDITOR).send_form(f"/cases/{case}/audit")
    assert verify_export(answer.content, key=None, public_key=None).profile == "audit"
    assert WORDS.encode() not in answer.content
    assert b"olga" not in answer.content
    assert desk.casework.cases.show(case).subject.mark.encode() not in answer.content


def test_neither_may_make_what_is_for_the_other(desk: Desk, case: CaseId, recipient: RecipientKey) -> None:
    reporter, auditor = desk.as_(Role.REPORTER, stepped_up=True), desk.as_(Role.AUDITOR, stepped_up=True)
    assert reporter.send_form(f"/cases/{case}/audit").status_code == 403
    assert auditor.send_form(f"/cases/{case}/export", {"recipient": recipient.text}).status_code == 403


def test_a_case_that_is_none_is_not_exported(desk: Desk) -> None:
    assert desk.as_(Role.AUDITOR).get("/cases/case_00000000000000000000/audit").status_code == 404
    assert desk.as_(Role.REPORTER).get("/cases/..%2f..%2fetc/export").status_code == 404
