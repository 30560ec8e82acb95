import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from safehold.cases import Form, Person, Role
from safehold.cases.exposure import (
    ExposureId,
    ExposureUnknownError,
    Extent,
    OptedOutError,
    OptOut,
    Purpose,
    RestDueError,
    RestKind,
    RevealNotAllowedError,
    Shown,
)
from safehold.cases.exposure.tables import exposures as table

from .conftest import AMIRA, BEN, CASE, Room, item

NOBODY = ExposureId("expo_00000000000000000000")


def test_an_exposure_is_recorded_before_content_is_given_out(room: Room) -> None:
    exposure = room.begin()
    (began,) = room.events("exposure.began")
    assert began.event.actor == "amira"
    assert began.event.details["item"] == item(1)
    assert room.exposures.require(exposure, person=AMIRA, item=item(1)).ended_at is None


def test_content_is_given_out_only_under_ones_own_exposure_of_that_item(room: Room) -> None:
    exposure = room.begin()
    with pytest.raises(ExposureUnknownError):
        room.exposures.require(exposure, person=BEN, item=item(1))
    with pytest.raises(ExposureUnknownError):
        room.exposures.require(exposure, person=AMIRA, item=item(2))
    with pytest.raises(ExposureUnknownError):
        room.exposures.require(NOBODY, person=AMIRA, item=item(1))


def test_nothing_is_given_out_under_an_exposure_that_ended_or_is_too_old(room: Room) -> None:
    ended, old = room.begin(1), room.begin(2)
    room.wait(1)
    room.exposures.end(ended, 900, person=AMIRA)
    with pytest.raises(ExposureUnknownError):
        room.exposures.require(ended, person=AMIRA, item=item(1))
    room.wait(601)
    with pytest.raises(ExposureUnknownError):
        room.exposures.require(old, person=AMIRA, item=item(2))


def test_nobody_else_ends_an_exposure(room: Room) -> None:
    exposure = room.begin()
    with pytest.raises(ExposureUnknownError):
        room.exposures.end(exposure, 1000, person=BEN)
    assert room.exposures.require(exposure, person=AMIRA, item=item(1))


def test_ending_twice_changes_nothing_and_is_recorded_once(room: Room) -> None:
    exposure = room.begin()
    room.wait(3)
    first = room.exposures.end(exposure, 2400, person=AMIRA)
    assert room.exposures.end(exposure, 9, person=AMIRA) == first
    assert [entry.event.details["milliseconds"] for entry in room.events("exposure.ended")] == [2400]


@pytest.mark.parametrize(("told", "believed"), [(2000, 2000), (99_000_000, 3000), (-5, 0)])
def test_no_duration_is_believed_that_can_not_be(room: Room, told: int, believed: int) -> None:
    exposure = room.begin()
    room.wait(3)
    assert room.exposures.end(exposure, told, person=AMIRA).milliseconds == believed


def test_whoever_may_not_reveal_is_shown_nothing(room: Room) -> None:
    for role in (Role.AUDITOR, Role.ADMIN, Role.ENFORCER, Role.POLICY_APPROVER):
        with pytest.raises(RevealNotAllowedError):
            room.begin(person=Person("someone", frozenset({role})))
    assert not room.events("exposure.began")


def test_a_file_counts_as_viewed_only_when_all_of_it_was_before_somebodys_eyes(room: Room) -> None:
    assert not room.exposures.was_viewed(item(1))
    exposure = room.begin()
    room.wait(2)
    assert not room.exposures.was_viewed(item(1)), "while it is shown nobody knows yet"
    room.exposures.end(exposure, 1500, person=AMIRA)
    assert room.exposures.was_viewed(item(1))
    assert not room.exposures.was_viewed(item(2))


def test_who_saw_only_the_circumstances_has_not_seen_the_item(room: Room) -> None:
    exposure = room.exposures.begin(
        AMIRA, item(1), case=CASE, purpose=Purpose.REVIEW, form=Form.TEXT, shown=Shown.CIRCUMSTANCES
    )
    room.wait(9)
    with pytest.raises(ExposureUnknownError):
        room.exposures.require(exposure, person=AMIRA, item=item(1))
    assert room.exposures.require(exposure, person=AMIRA, item=item(1), shown=Shown.CIRCUMSTANCES)
    room.exposures.end(exposure, 9000, person=AMIRA)
    assert not room.exposures.was_viewed(item(1))
    with pytest.raises(ExposureUnknownError):
        room.exposures.require(room.begin(2), person=AMIRA, item=item(2), shown=Shown.CIRCUMSTANCES)


def test_a_slip_of_the_hand_is_no_viewing(room: Room) -> None:
    exposure = room.begin()
    room.wait(1)
    room.exposures.end(exposure, 199, person=AMIRA, extent=Extent.WHOLE)
    assert not room.exposures.was_viewed(item(1))


@pytest.mark.parametrize("form", [Form.VIDEO, Form.AUDIO, Form.FILE])
def test_what_takes_time_to_see_counts_as_viewed_only_when_whoever_showed_it_says_so(room: Room, form: Form) -> None:
    room.show(1, form=form)
    assert not room.exposures.was_viewed(item(1))
    exposure = room.begin(1, form=form)
    room.wait(30)
    room.exposures.end(exposure, 30_000, person=AMIRA, extent=Extent.WHOLE)
    assert room.exposures.was_viewed(item(1))


def test_what_nobody_ended_is_ended_for_them_and_is_no_viewing(room: Room) -> None:
    room.begin()
    assert room.exposures.close_left_open() == 0
    room.wait(601)
    assert room.exposures.close_left_open() == 1
    assert room.exposures.close_left_open() == 0
    (ended,) = room.events("exposure.ended")
    assert ended.event.details["assumed"] is True
    (kept,) = room.exposures.of_item(item(1))
    assert (kept.milliseconds, kept.extent) == (60_000, Extent.PART)


def test_a_break_is_due_after_a_stretch_and_over_by_itself(room: Room) -> None:
    for number in range(3):
        room.show(number)
    with pytest.raises(RestDueError) as caught:
        room.begin(4)
    assert caught.value.until == room.clock.at + dt.timedelta(seconds=900)
    allowance = room.exposures.allowance(AMIRA)
    assert allowance.rest is not None
    assert allowance.rest.kind is RestKind.BREAK
    room.wait(900)
    assert room.exposures.allowance(AMIRA).rest is None
    room.begin(4)


def test_a_day_ends_with_its_dose_and_begins_after_a_long_rest(room: Room) -> None:
    for number in range(6):
        room.show(number)
        room.wait(1000)
    with pytest.raises(RestDueError, match="today"):
        room.begin(7)
    assert room.exposures.allowance(AMIRA).left.items == 0
    room.wait(11 * 3600)
    assert room.exposures.allowance(AMIRA).left.items == 6
    room.begin(7)


def test_nobodys_dose_is_anybody_elses(room: Room) -> None:
    for number in range(3):
        room.show(number)
    room.begin(4, person=BEN)


def test_no_rest_stands_in_the_way_of_a_danger_to_life(room: Room) -> None:
    for number in range(3):
        room.show(number)
    room.begin(4, purpose=Purpose.DANGER)
    (*_, last) = room.events("exposure.began")
    assert last.event.details["purpose"] == "danger"


def test_opting_out_keeps_content_away_leaves_no_trace_and_can_be_taken_back(room: Room) -> None:
    events = len(list(room.ledger.events()))
    room.exposures.opt_out(AMIRA, OptOut(Form.VIDEO))
    room.exposures.opt_out(AMIRA, OptOut(Form.VIDEO))
    room.exposures.opt_out(AMIRA, OptOut(queue="known"))
    assert len(list(room.ledger.events())) == events
    with pytest.raises(OptedOutError):
        room.begin(form=Form.VIDEO)
    room.begin(form=Form.IMAGE)
    allowance = room.exposures.allowance(AMIRA)
    assert set(allowance.opt_outs) == {OptOut(Form.VIDEO), OptOut(queue="known")}
    assert allowance.has_opted_out(Form.IMAGE, "known")
    assert not allowance.has_opted_out(Form.IMAGE, "other")
    assert room.exposures.allowance(BEN).opt_outs == ()
    room.exposures.opt_in(AMIRA, OptOut(Form.VIDEO))
    room.begin(form=Form.VIDEO)


def test_opting_out_of_everything_is_possible(room: Room) -> None:
    room.exposures.opt_out(AMIRA, OptOut())
    for form in Form:
        with pytest.raises(OptedOutError):
            room.begin(form=form)


def test_a_refusal_writes_nothing(room: Room) -> None:
    for number in range(3):
        room.show(number)
    before = len(list(room.ledger.events()))
    with pytest.raises(RestDueError):
        room.begin(4)
    assert len(list(room.ledger.events())) == before
    assert len(room.exposures.of_case(CASE)) == 3


def test_an_exposure_goes_its_whole_way(either_room: Room) -> None:
    room = either_room
    exposure = room.begin()
    room.wait(2)
    room.exposures.end(exposure, 1500, person=AMIRA)
    room.exposures.opt_out(AMIRA, OptOut(Form.AUDIO))
    room.show(2, 3, form=Form.TEXT)
    own = room.exposures.own(AMIRA)
    assert [(day.dose.items, day.dose.seconds) for day in own.days] == [(2, 4.5)]
    assert own.days[0].forms == {Form.IMAGE: 1, Form.TEXT: 1}
    assert own.opt_outs == (OptOut(Form.AUDIO),)
    assert room.exposures.own(BEN).days == ()
    assert room.exposures.was_viewed(item(1))
    assert next(one.id for one in room.exposures.of_case(CASE)) == exposure


def test_several_at_once_are_never_shown_more_than_the_rules_say(either_room: Room) -> None:
    def try_one(number: int) -> bool:
        try:
            either_room.begin(number)
        except RestDueError:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(try_one, range(8))) == 3
    with either_room.home.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 3
