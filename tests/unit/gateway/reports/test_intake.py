import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa

from safehold.gateway.reports import (
    BANK_NAME,
    Category,
    Fingerprint,
    Kind,
    Limits,
    MaterialSentError,
    ReportIncompleteError,
    Reports,
    ReportUnknownError,
    Role,
    SealMissingError,
    Sender,
    Status,
    Submission,
    Target,
    TooManyReportsError,
)
from safehold.gateway.reports.tables import report_sources, reports
from safehold.home import HomeBusyError
from safehold.matching import Index
from safehold.matching.hits import HARM_CLASSES
from safehold.vocabulary import Algorithm, HarmClass, Tier

from .conftest import Office

ADDRESS = "192.0.2.7"
PERSON = Sender(source=ADDRESS)
FLAGGER = Sender(actor="hotline", is_trusted=True)
DIGEST = Fingerprint(Algorithm.SHA256, "ab" * 32)
NOTICE = Submission(Category.IMAGE_OF_CHILD, Target.GENERATION, "gen-17", note="it appeared in my gallery")
REQUEST = Submission(
    Category.IMAGE_OF_ME,
    Target.ADDRESS,
    "https://images.example/17",
    kind=Kind.TAKE_DOWN,
    role=Role.DEPICTED,
    contact="person@example.org",
    signature="A Person",
    is_good_faith=True,
    fingerprints=(DIGEST,),
)


def matches(office: Office, value: str) -> set[tuple[HarmClass, Tier]]:
    index = Index.open(office.home)
    hits = index.lookup(Algorithm.SHA256, np.frombuffer(bytes.fromhex(value), np.uint8).reshape(1, -1))
    found = zip(hits.harm_class.tolist(), hits.bank.tolist(), strict=True)
    return {(HARM_CLASSES[code], index.banks[bank].tier) for code, bank in found}


def test_anybody_gets_a_ticket_and_a_token_that_tells_the_status(office: Office) -> None:
    receipt = office.reports().submit(NOTICE, PERSON)
    assert re.fullmatch(r"R-[2-9A-Z]{5}-[2-9A-Z]{5}", receipt.ticket)
    found = office.reports().status(receipt.token)
    assert (found.ticket, found.status, found.due_at) == (receipt.ticket, Status.RECEIVED, None)
    assert re.fullmatch(r"([2-9A-Z]{5}-){4}[2-9A-Z]{5}", receipt.token)
    assert office.reports().status(receipt.token.lower().replace("-", " ")).ticket == receipt.ticket
    with pytest.raises(ReportUnknownError):
        office.reports().status(receipt.token[:-1])
    with pytest.raises(ReportUnknownError):
        office.reports().status(receipt.ticket)


def test_what_people_write_is_sealed_and_no_address_or_token_stands_in_the_database(office: Office) -> None:
    receipt = office.reports().submit(REQUEST, PERSON)
    written = b"".join(path.read_bytes() for path in office.home.path.rglob("*") if path.is_file())
    for plain in (b"images.example", b"person@example.org", b"A Person", receipt.token.encode(), ADDRESS.encode()):
        assert plain not in written
    told = office.unsealed(office.reports().sealed_note(receipt.ticket))
    assert "images.example" in told
    assert "A Person" in told


def test_an_event_tells_that_something_was_reported_and_nothing_of_what(office: Office) -> None:
    receipt = office.reports().submit(NOTICE, PERSON)
    (entry,) = office.events("report.")
    assert entry.event.kind == "report.received"
    assert entry.event.actor == "anonymous"
    assert dict(entry.event.details) == {
        "ticket": receipt.ticket,
        "kind": "notice",
        "category": "image_of_child",
        "target": "generation",
        "trusted": False,
        "representative": False,
        "fingerprints": 0,
    }


def test_an_id_of_ours_is_kept_to_be_looked_up_and_equal_addresses_can_be_told_to_be_equal(office: Office) -> None:
    intake = office.reports()
    for submission in (NOTICE, REQUEST, REQUEST):
        intake.submit(submission, FLAGGER)
    references = sorted(one.reference for one in intake.list())
    assert references[0] == "gen-17"
    assert references[1] == references[2]
    assert references[1].startswith("hmac:")


@pytest.mark.parametrize("missing", ["signature", "contact", "is_good_faith"])
def test_a_request_to_take_down_needs_what_the_law_asks_of_it(office: Office, missing: str) -> None:
    empty = replace(REQUEST, **{missing: type(getattr(REQUEST, missing))()})
    with pytest.raises(ReportIncompleteError) as caught:
        office.reports().submit(empty, PERSON)
    assert caught.value.fields == (missing.removeprefix("is_"),)


def test_a_request_to_take_down_is_due_after_48_hours_and_listed_when_it_is_late(
    office: Office, later: Callable[[float], None]
) -> None:
    intake = office.reports()
    receipt = intake.submit(REQUEST, PERSON)
    intake.submit(NOTICE, PERSON)
    assert receipt.due_at == receipt.received_at + dt.timedelta(hours=48)
    later(48)
    assert intake.list(is_overdue=True) == []
    later(0.001)
    assert [one.ticket for one in intake.list(is_overdue=True)] == [receipt.ticket]
    assert [one.ticket for one in intake.note_overdue()] == [receipt.ticket]
    assert list(intake.note_overdue()) == []
    assert len(office.events("report.overdue")) == 1
    intake.decide(receipt.ticket, Status.ACTED, actor="alice")
    assert intake.list(is_overdue=True) == []


def test_requests_with_a_clock_are_listed_first(office: Office) -> None:
    intake = office.reports()
    intake.submit(NOTICE, PERSON)
    due = intake.submit(REQUEST, PERSON)
    assert next(one.ticket for one in intake.list(is_open=True)) == due.ticket


def test_a_fingerprint_of_a_request_holds_content_in_the_review_tier_until_people_decide(office: Office) -> None:
    intake = office.reports()
    receipt = intake.submit(REQUEST, PERSON)
    assert matches(office, DIGEST.value) == {(HarmClass.NCII, Tier.REVIEW)}
    assert office.banks.show(BANK_NAME).tier is Tier.REVIEW
    intake.decide(receipt.ticket, Status.NO_ACTION, actor="alice")
    assert not matches(office, DIGEST.value)
    assert intake.show(receipt.ticket).holding == "released"


def test_what_was_let_go_for_one_request_is_held_again_for_another(office: Office) -> None:
    intake = office.reports()
    intake.decide(intake.submit(REQUEST, PERSON).ticket, Status.NO_ACTION, actor="alice")
    intake.submit(REQUEST, PERSON)
    assert matches(office, DIGEST.value) == {(HarmClass.NCII, Tier.REVIEW)}


def test_two_requests_for_one_picture_hold_it_until_both_are_let_go(office: Office) -> None:
    intake = office.reports()
    first, second = (intake.submit(REQUEST, PERSON).ticket for _ in range(2))
    intake.decide(first, Status.NO_ACTION, actor="alice")
    assert matches(office, DIGEST.value)
    intake.decide(second, Status.ACTED, actor="alice")
    assert matches(office, DIGEST.value)


def test_a_notice_of_somebody_unknown_holds_nothing_by_a_fingerprint_and_a_trusted_flaggers_does(
    office: Office,
) -> None:
    notice = replace(NOTICE, fingerprints=(DIGEST,))
    assert office.reports().show(office.reports().submit(notice, PERSON).ticket).holding == "none"
    assert not matches(office, DIGEST.value)
    office.reports().submit(notice, FLAGGER)
    assert matches(office, DIGEST.value)


def test_a_fingerprint_that_similar_pictures_share_is_taken_from_trusted_flaggers_alone(office: Office) -> None:
    similar = replace(REQUEST, fingerprints=(Fingerprint(Algorithm.PDQ, "f0" * 32),))
    with pytest.raises(ReportIncompleteError) as caught:
        office.reports().submit(similar, PERSON)
    assert caught.value.fields == ("fingerprints",)
    office.reports().submit(similar, FLAGGER)


class _Broken:
    """A bank that can't be written."""

    def hold(self, ticket: str, fingerprints: Sequence[Fingerprint]) -> None:
        del ticket, fingerprints
        raise HomeBusyError("busy", advice="wait")

    def release(self, ticket: str) -> None:
        del ticket
        raise HomeBusyError("busy", advice="wait")


def test_a_bank_that_can_not_be_written_loses_no_report_and_is_made_up_for(office: Office) -> None:
    broken = office.reports(holding=_Broken())
    receipt = broken.submit(REQUEST, PERSON)
    assert broken.show(receipt.ticket).holding == "pending"
    assert broken.settle() == 0
    assert office.reports().settle() == 1
    assert office.reports().settle() == 0
    assert office.reports().show(receipt.ticket).holding == "held"
    assert matches(office, DIGEST.value)


@pytest.mark.parametrize(
    "note", ["data:image/png;base64,AAAA", "QUJD" * 150, "ff d8 " * 200, "see data:image/jpeg;base64,/9j/4AAQ"]
)
def test_material_pasted_as_text_is_refused_and_nothing_is_kept(office: Office, note: str) -> None:
    with pytest.raises(MaterialSentError, match="must not hold the material"):
        office.reports().submit(replace(NOTICE, note=note), PERSON)
    assert office.reports().list() == []


def test_a_long_ordinary_note_is_no_material(office: Office) -> None:
    office.reports().submit(replace(NOTICE, note="I saw this picture in a public gallery. " * 40), PERSON)


@pytest.mark.parametrize(("field", "value"), [("note", "word " * 500), ("reference", ""), ("reference", "x " * 1500)])
def test_what_can_not_be_used_is_named(office: Office, field: str, value: str) -> None:
    with pytest.raises(ReportIncompleteError) as caught:
        office.reports().submit(replace(NOTICE, **{field: value}), PERSON)
    assert caught.value.fields == (field,)


def test_one_source_is_told_to_wait_and_another_is_heard(office: Office, later: Callable[[float], None]) -> None:
    intake = office.reports(limits=Limits(per_source=2))
    for _ in range(2):
        intake.submit(NOTICE, PERSON)
    with pytest.raises(TooManyReportsError) as caught:
        intake.submit(NOTICE, PERSON)
    assert caught.value.retry_seconds == 3600
    intake.submit(NOTICE, Sender(source="192.0.2.8"))
    intake.submit(NOTICE, FLAGGER)
    later(1)
    intake.submit(NOTICE, PERSON)


def test_all_addresses_of_one_network_count_as_one_source(office: Office) -> None:
    intake = office.reports(limits=Limits(per_source=1))
    intake.submit(NOTICE, Sender(source="2001:db8:1:2::1"))
    with pytest.raises(TooManyReportsError):
        intake.submit(NOTICE, Sender(source="2001:db8:1:2:ffff::9%eth0"))
    intake.submit(NOTICE, Sender(source="2001:db8:1:3::1"))


def test_many_sources_together_are_told_to_wait(office: Office) -> None:
    intake = office.reports(limits=Limits(altogether=2))
    for number in range(2):
        intake.submit(NOTICE, Sender(source=f"192.0.2.{number}"))
    with pytest.raises(TooManyReportsError):
        intake.submit(NOTICE, Sender(source="192.0.2.99"))


def test_a_source_is_counted_under_another_name_on_the_next_day_and_then_forgotten(
    office: Office, later: Callable[[float], None]
) -> None:
    def sources() -> set[str]:
        with office.home.database.reading() as connection:
            return set(connection.execute(sa.select(report_sources.c.source)).scalars()) - {"everybody"}

    office.reports().submit(NOTICE, PERSON)
    first = sources()
    later(24)
    office.reports().submit(NOTICE, PERSON)
    assert len(sources()) == 2
    later(2)
    office.reports().submit(NOTICE, PERSON)
    assert not first & sources()


def test_notes_are_removed_some_time_after_a_report_is_closed_and_the_report_stays(
    office: Office, later: Callable[[float], None]
) -> None:
    intake = office.reports()
    closed, still_open = (intake.submit(NOTICE, PERSON).ticket for _ in range(2))
    intake.decide(closed, Status.ACTED, actor="alice")
    later(89 * 24)
    assert intake.forget() == 0
    later(2 * 24)
    assert intake.forget() == 1
    assert intake.sealed_note(closed) == b""
    assert not intake.show(closed).has_sealed_note
    assert intake.show(still_open).has_sealed_note


def test_deciding_twice_records_one_event(office: Office) -> None:
    intake = office.reports()
    ticket = intake.submit(NOTICE, PERSON).ticket
    for _ in range(2):
        assert intake.decide(ticket, Status.IN_REVIEW, actor="alice").status is Status.IN_REVIEW
    assert [entry.event.actor for entry in office.events("report.decided")] == ["alice"]


def test_tokens_are_kept_as_digests(office: Office) -> None:
    receipt = office.reports().submit(NOTICE, PERSON)
    with office.home.database.reading() as connection:
        kept = connection.execute(sa.select(reports.c.token)).scalar_one()
    assert re.fullmatch("[0-9a-f]{64}", kept)
    assert receipt.token not in repr(receipt)


def test_without_a_review_key_words_are_refused_and_a_number_of_ours_is_taken(office: Office) -> None:
    unsealing = Reports(office.home.database, office.ledger, office.clock, replace(office.desk(), seals=None))
    for submission in (NOTICE, REQUEST, replace(NOTICE, note="", target=Target.ACCOUNT)):
        with pytest.raises(SealMissingError):
            unsealing.submit(submission, PERSON)
    assert unsealing.list() == []
    ticket = unsealing.submit(replace(NOTICE, note=""), PERSON).ticket
    assert not unsealing.show(ticket).has_sealed_note
