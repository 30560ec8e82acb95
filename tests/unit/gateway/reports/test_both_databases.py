"""What a database could do otherwise: counters of several writers, order, clocks, and what is found again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from safehold.gateway.messages import Exposures, load_catalogue
from safehold.gateway.reports import Limits, ReopeningUnfitError, Sender, Status, TooManyReportsError
from safehold.gateway.reports.stored import place_of
from safehold.gateway.reports.tables import report_sources

from .conftest import Office
from .test_intake import DIGEST, FLAGGER, NOTICE, PERSON, REQUEST, matches


def test_a_report_goes_its_whole_way(either_office: Office) -> None:
    intake = either_office.reports()
    notice, request = intake.submit(NOTICE, PERSON), intake.submit(REQUEST, PERSON)
    assert [one.ticket for one in intake.list(is_open=True)] == [request.ticket, notice.ticket]
    assert intake.show(request.ticket).fingerprints == 1
    assert matches(either_office, DIGEST.value)
    either_office.clock.at += (request.due_at or request.received_at) - request.received_at
    either_office.clock.at = either_office.clock.at.replace(second=1)
    assert [one.ticket for one in intake.note_overdue()] == [request.ticket]
    intake.decide(request.ticket, Status.NO_ACTION, actor="alice")
    assert not matches(either_office, DIGEST.value)
    assert "images.example" in either_office.unsealed(intake.sealed_note(request.ticket))
    either_office.clock.at = either_office.clock.at.replace(year=2027)
    assert intake.forget() == 1


def test_several_at_once_are_each_counted(either_office: Office) -> None:
    intake = either_office.reports(limits=Limits(per_source=6))
    with ThreadPoolExecutor(4) as threads:
        receipts = list(threads.map(lambda _: intake.submit(NOTICE, PERSON), range(6)))
    assert len({receipt.ticket for receipt in receipts}) == 6
    with pytest.raises(TooManyReportsError):
        intake.submit(NOTICE, PERSON)
    with either_office.home.database.reading() as connection:
        assert sorted(connection.execute(sa.select(report_sources.c.sent)).scalars()) == [6, 6]


def test_trusted_and_representative_are_told_again(either_office: Office) -> None:
    ticket = either_office.reports().submit(replace(NOTICE, locale="de-AT", country="AT"), FLAGGER).ticket
    found = either_office.reports().show(ticket)
    assert (found.is_trusted, found.is_representative, found.locale, found.country) == (True, False, "de-AT", "AT")
    assert either_office.reports().submit(NOTICE, Sender(source="not an address"))


def test_showings_of_several_processes_add_up(either_office: Office) -> None:
    message = load_catalogue().resolve("limited")
    for _ in range(2):
        counting = Exposures(either_office.home.database, either_office.clock)
        counting.shown(message, None)
        counting.flush()
    summary = counting.summary()
    assert (dict(summary.shown), summary.accounts) == ({"limited": 2}, 0)


def test_a_list_goes_on_behind_its_last_report_and_one_closed_by_hand_is_taken_up_again(either_office: Office) -> None:
    intake = either_office.reports()
    tickets = {intake.submit(told, PERSON).ticket for told in (NOTICE, REQUEST, NOTICE)}
    first = intake.list(limit=2)
    (last,) = intake.list(after=place_of(first[-1]), limit=2)
    assert {one.ticket for one in (*first, last)} == tickets
    assert first[0].due_at is not None
    assert intake.list(after=place_of(last)) == []
    intake.decide(last.ticket, Status.ACTED, actor="alice")
    with pytest.raises(ReopeningUnfitError):
        intake.take_up(last.ticket, "a sentence", actor="alice")
    assert intake.take_up(last.ticket, "mistaken", actor="alice").status is Status.IN_REVIEW
    assert intake.take_up(last.ticket, "mistaken", actor="alice").status is Status.IN_REVIEW
    assert intake.count_overdue() == 0
