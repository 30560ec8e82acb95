import datetime as dt
from dataclasses import replace

import pytest

from safehold.cases import CaseState, Form, ItemState, Origin, Priority, Subject, SubjectKind
from safehold.cases.case import CaseId
from safehold.cases.item import Content, Place
from safehold.cases.listing import CaseFilter, Cursor
from safehold.cases.overview import Day, QueueAge
from safehold.cases.search import FoundBy
from safehold.vocabulary import Algorithm, Seconds, Signal

from .conftest import NOW, Office, account, digest


def listed(office: Office, wanted: CaseFilter | None = None) -> list[CaseId]:
    return [case.id for case in office.cases.list(wanted).cases]


def test_pages_follow_each_other_without_gap_or_repetition(either_office: Office) -> None:
    office = either_office
    made = [office.opened(account(f"{n:02x}"), priority=list(Priority)[n % 4]) for n in range(9)]
    whole = listed(office)
    assert sorted(whole) == sorted(made)
    pages, after = [], None
    while True:
        page = office.cases.list(after=after, limit=2)
        pages.append([case.id for case in page.cases])
        if (after := page.following) is None:
            break
    assert [len(page) for page in pages] == [2, 2, 2, 2, 1]
    assert [one for page in pages for one in page] == whole


def test_a_case_that_becomes_urgent_between_two_pages_makes_none_appear_twice(office: Office) -> None:
    made = [office.opened(account(f"{n:02x}")) for n in range(4)]
    whole = listed(office)
    first = office.cases.list(limit=2)
    office.cases.prioritise(whole[3], Priority.URGENT, actor="lead")
    rest = office.cases.list(after=first.following, limit=9)
    assert [case.id for case in first.cases] + [case.id for case in rest.cases] == [
        one for one in whole if one != whole[3]
    ]
    assert set(made) == set(whole)


def test_filters_name_what_they_leave(either_office: Office) -> None:
    office = either_office
    model = Subject(SubjectKind.MODEL, "m-1")
    gateway, report = office.opened(account("01")), office.opened(account("02"), office.item(origin=Origin.REPORT))
    urgent, escalated = office.opened(model, priority=Priority.URGENT), office.opened(account("03"))
    office.cases.escalate(escalated, "unsure", actor="amira")
    office.cases.assign(gateway, "amira", actor="lead")
    done = office.opened(account("04"))
    office.decide(done)
    with office.home.database.writing() as connection:
        office.cases.change_state(connection, done, CaseState.CLOSED, seen=None, actor="amira")
    assert set(listed(office)) == {gateway, report, urgent, escalated}
    assert listed(office, CaseFilter(state=CaseState.CLOSED)) == [done]
    assert listed(office, CaseFilter(queue="reports")) == listed(office, CaseFilter(origin=Origin.REPORT)) == [report]
    assert listed(office, CaseFilter(assignee="amira")) == [gateway]
    assert set(listed(office, CaseFilter(assignee=""))) == {report, urgent, escalated}
    assert listed(office, CaseFilter(subject_kind=SubjectKind.MODEL)) == [urgent]
    assert set(listed(office, CaseFilter(priority=Priority.URGENT))) == {urgent, escalated}
    assert listed(office, CaseFilter(CaseState.OPEN, "gateway", "", SubjectKind.MODEL, Priority.URGENT)) == [urgent]
    for name in ("nowhere", "a\0b", "\ud800"):
        assert listed(office, CaseFilter(queue=name)) == listed(office, CaseFilter(assignee=name)) == []


@pytest.mark.parametrize("cursor", ["", "'; DROP TABLE cases; --", "\u202e", "9" * 5000, "\0", "\ud800"])
def test_a_cursor_of_anybodys_making_harms_nothing(office: Office, cursor: str) -> None:
    office.opened()
    assert len(office.cases.list(after=Cursor(cursor)).cases) <= 1
    assert len(listed(office)) == 1


def test_no_list_is_longer_than_five_hundred_or_shorter_than_one(office: Office) -> None:
    office.opened()
    assert len(office.cases.list(limit=10**9).cases) == len(office.cases.list(limit=-1).cases) == 1


def test_a_case_is_found_by_everything_that_names_it(either_office: Office) -> None:
    office = either_office
    pdq = Signal(Algorithm.PDQ, b"\xab" * 32, None, 93, "frame 2")
    item = office.item("chk_1#0", signals=(digest(), pdq), content=Content(Place.HELD, "held_9"))
    case = office.opened(account("aa"), item)
    office.opened(account("bb"), office.item("chk_2#0", signals=(digest("77"),)))
    office.cases.refer("case_told_to_a_caller", case)
    office.cases.refer("case_told_to_a_caller", case)
    (stored,) = office.cases.items(case)
    expected = {
        case: (FoundBy.CASE, None),
        f"  {case.upper()} ": (FoundBy.CASE, None),
        stored.id: (FoundBy.ITEM, stored.id),
        "case_told_to_a_caller": (FoundBy.REFERENCE, None),
        "chk_1": (FoundBy.SOURCE, stored.id),
        "chk_1#0": (FoundBy.SOURCE, stored.id),
        "held_9": (FoundBy.CONTENT, stored.id),
        "5A" * 32: (FoundBy.FINGERPRINT, stored.id),
        "ab" * 32: (FoundBy.FINGERPRINT, stored.id),
    }
    for text, (by, of) in expected.items():
        assert [(one.case, one.by, one.item) for one in office.cases.find(text)] == [(case, by, of)], text
    assert {(one.case, one.by) for one in office.cases.find(account("aa").mark)} == {(case, FoundBy.SUBJECT)}


def test_an_account_is_found_in_the_case_that_a_fingerprint_brought_it_into(office: Office) -> None:
    case = office.opened(account("aa"), office.item(signals=(digest(),)))
    office.opened(account("bb"), office.item(signals=(digest(),)))
    (found,) = office.cases.find(account("bb").mark)
    assert (found.case, found.by) == (case, FoundBy.SUBJECT)
    assert found.item == office.cases.items(case)[1].id


def test_what_names_nothing_finds_nothing(either_office: Office) -> None:
    either_office.opened()
    for text in ["", "   ", "%", "chk_", "_", "' OR 1=1", "x" * 301, "a\0b", "\ud800"]:
        assert either_office.cases.find(text) == (), text


def test_items_alike_are_found_across_cases(either_office: Office) -> None:
    office = either_office
    one, other = office.item(signals=(digest(),)), office.item(signals=(digest("77"),))
    case = office.opened(account("aa"), one, other, office.item(signals=(digest(), digest("33"))))
    office.opened(account("bb"))
    office.opened(account("bb"), office.item(signals=(digest(),)))
    first, second, third = office.cases.items(case)
    alike = office.cases.alike(first.id)
    assert [(item.subject, item.number) for item in alike] == [(account("aa"), 3), (account("bb"), 2)]
    assert office.cases.alike(second.id) == ()
    assert {item.id for item in office.cases.alike(third.id)} >= {first.id}
    assert len(office.cases.alike(first.id, limit=1)) == 1


def test_an_overview_tells_what_waits_how_long_and_what_days_brought(either_office: Office) -> None:
    office = either_office
    for hour in range(20):
        office.clock.at = NOW - dt.timedelta(hours=20 - hour)
        office.opened(account(f"{hour:02x}"))
    office.clock.at = NOW
    late = office.opened(account("aa"), office.item(origin=Origin.REPORT))
    office.decide(late)
    office.cases.escalate(office.opened(account("bb")), "unsure", actor="amira")
    seen = office.cases.overview()
    hour = 3600.0
    assert seen.states == {CaseState.OPEN: 20, CaseState.DECIDED: 1, CaseState.ESCALATED: 1}
    assert seen.queues == {"gateway": 20, "escalated": 1}
    assert seen.origins == {Origin.GATEWAY: 21, Origin.REPORT: 1}
    assert seen.ages["gateway"] == QueueAge(20, Seconds(10 * hour), Seconds(19 * hour), Seconds(20 * hour))
    assert seen.ages["escalated"] == QueueAge(1, Seconds(0.0), Seconds(0.0), Seconds(0.0))
    assert seen.days == (
        Day(dt.date(2026, 11, 21), Origin.GATEWAY, 8, 8, 0),
        Day(dt.date(2026, 11, 22), Origin.GATEWAY, 13, 13, 0),
        Day(dt.date(2026, 11, 22), Origin.REPORT, 1, 1, 1),
    )
    office.decide(late, ItemState.UNDECIDED)
    assert office.cases.overview().days[-1].decided == 0


def test_an_overview_of_nothing_is_empty_and_old_days_are_left_out(office: Office) -> None:
    empty = office.cases.overview(NOW)
    assert (dict(empty.states), dict(empty.queues), dict(empty.ages), empty.days) == ({}, {}, {}, ())
    office.opened()
    assert office.cases.overview(NOW + dt.timedelta(days=29)).days != ()
    assert office.cases.overview(NOW + dt.timedelta(days=30)).days == ()


def test_counts_are_what_is_there_after_everything_that_can_happen(office: Office) -> None:
    for number, form in enumerate(Form):
        office.opened(account(f"{number:02x}"), replace(office.item(), form=form))
    first, second, third, *_ = listed(office)
    office.cases.escalate(first, "unsure", actor="amira")
    office.decide(second, ItemState.SECOND_REVIEW)
    office.decide(third)
    office.opened(office.cases.show(third).subject)
    office.cases.move(first, "others", actor="lead")
    office.decide(first)
    assert office.counted() == office.really_there()
