import datetime as dt

from safehold.cases import Form, Person, Role
from safehold.cases.exposure import Purpose

from .conftest import CASE, Room, item

PEOPLE = [Person(name, frozenset({Role.REVIEWER})) for name in ("amira", "ben", "chioma", "dara")]


def shown(room: Room, form: Form, counts: dict[int, int]) -> None:
    """Show so many items of a form to each person; each in a danger, so that no rest comes between."""
    for person, count in counts.items():
        for number in range(count):
            exposure = room.exposures.begin(PEOPLE[person], item(number), case=CASE, purpose=Purpose.DANGER, form=form)
            room.wait(1)
            room.exposures.end(exposure, 1000, person=PEOPLE[person])


def next_week(room: Room) -> None:
    room.wait(7 * 86400)


def test_a_week_that_is_not_over_is_not_told(room: Room) -> None:
    shown(room, Form.IMAGE, {0: 1, 1: 1, 2: 1})
    assert all(week.people == 0 for week in room.exposures.totals(4))
    next_week(room)
    (last, *before) = room.exposures.totals(4)
    assert (last.monday, last.people) == (dt.date(2026, 11, 16), 3)
    assert last.dose is not None
    assert (last.dose.items, last.dose.seconds) == (3, 3.0)
    assert all(week.people == 0 for week in before)


def test_figures_over_too_few_people_are_not_told(room: Room) -> None:
    shown(room, Form.IMAGE, {0: 2, 1: 2})
    next_week(room)
    (last,) = room.exposures.totals(1)
    assert (last.people, last.dose, dict(last.forms)) == (None, None, {})


def test_figures_that_are_mostly_one_persons_are_not_told(room: Room) -> None:
    shown(room, Form.IMAGE, {0: 9, 1: 1, 2: 1})
    next_week(room)
    (last,) = room.exposures.totals(1)
    assert (last.people, last.dose) == (3, None)


def test_a_form_that_is_left_out_can_not_be_found_by_subtraction(room: Room) -> None:
    shown(room, Form.IMAGE, {0: 2, 1: 2, 2: 2})
    shown(room, Form.TEXT, {0: 1, 1: 1, 2: 1})
    shown(room, Form.VIDEO, {0: 1})
    next_week(room)
    (last,) = room.exposures.totals(1)
    assert last.dose is not None
    assert set(last.forms) == {Form.IMAGE}, "video would tell of one person, and text would tell of video"


def test_two_forms_of_one_person_can_not_be_found_by_subtraction_either(room: Room) -> None:
    shown(room, Form.IMAGE, {0: 2, 1: 2, 2: 2})
    shown(room, Form.TEXT, {0: 1, 1: 1, 2: 1})
    shown(room, Form.VIDEO, {0: 1})
    shown(room, Form.AUDIO, {0: 1})
    next_week(room)
    (last,) = room.exposures.totals(1)
    assert set(last.forms) <= {Form.IMAGE}


def test_an_item_counts_once_a_day_and_person(room: Room) -> None:
    for _ in range(3):
        shown(room, Form.IMAGE, {0: 2, 1: 2, 2: 2})
    next_week(room)
    (last,) = room.exposures.totals(1)
    assert last.dose is not None
    assert (last.dose.items, last.dose.seconds) == (6, 18.0)


def test_enough_people_are_told_of_by_form(room: Room) -> None:
    shown(room, Form.IMAGE, {0: 2, 1: 2, 2: 2})
    shown(room, Form.TEXT, {1: 1, 2: 1, 3: 1})
    next_week(room)
    (last,) = room.exposures.totals(1)
    assert {form: dose.items for form, dose in last.forms.items()} == {Form.IMAGE: 6, Form.TEXT: 3}
    assert last.people == 4


def test_totals_name_nobody(room: Room) -> None:
    shown(room, Form.IMAGE, {0: 2, 1: 2, 2: 2})
    next_week(room)
    told = repr(room.exposures.totals(1))
    assert not any(person.name in told for person in PEOPLE)
