"""Sessions: a cookie of which only the digest is kept, exchanged at every step, over when its user is."""

import threading

import pytest
import sqlalchemy as sa

from safehold.cases import Ability, Role
from safehold.console.users import Stage
from safehold.console.users.errors import SessionEndedError, UserError
from safehold.console.users.tables import sessions as sessions_table

from .conftest import NOW, Staff


def test_who_is_signed_in_is_found_with_what_their_roles_allow_now(staff_on_each: Staff) -> None:
    staff = staff_on_each
    staff.users.first_admin()
    staff.add("amira")
    started = staff.sessions.start("amira", stage=Stage.SIGNED_IN)
    found = staff.sessions.find(started.cookie)
    assert found == started.session
    assert found.person.name == "amira"
    assert found.person.can(Ability.REVIEW)
    staff.users.set_roles("amira", (Role.AUDITOR,), actor="admin")
    again = staff.sessions.find(started.cookie)
    assert again is not None
    assert not again.person.can(Ability.REVIEW)


def test_a_disabled_or_reset_user_is_out_at_once_wherever_they_are(staff_on_each: Staff) -> None:
    staff = staff_on_each
    staff.users.first_admin()
    staff.add("amira")
    cookies = [staff.sessions.start("amira", stage=Stage.SIGNED_IN).cookie for _ in range(2)]
    staff.users.disable("amira", actor="admin")
    assert [staff.sessions.find(one) for one in cookies] == [None, None]
    with pytest.raises(UserError):
        staff.sessions.start("amira", stage=Stage.SIGNED_IN)
    staff.users.enable("amira", actor="admin")
    assert [staff.sessions.find(one) for one in cookies] == [None, None]
    back = staff.sessions.start("amira", stage=Stage.SIGNED_IN)
    staff.users.reset("amira", actor="admin")
    assert staff.sessions.find(back.cookie) is None


def test_the_database_holds_no_cookie_and_no_token(staff: Staff) -> None:
    staff.add("amira")
    started = staff.sessions.start("amira", stage=Stage.SIGNED_IN)
    with staff.database.reading() as connection:
        kept = str(dict(connection.execute(sa.select(sessions_table)).mappings().one()))
    assert started.cookie not in kept
    assert started.session.csrf not in kept
    assert started.cookie not in repr(started)
    assert started.session.csrf not in repr(started)


def test_nobody_is_signed_in_before_the_last_step(staff: Staff) -> None:
    staff.add("amira")
    for stage in (Stage.SECOND_FACTOR, Stage.NEW_PASSWORD, Stage.NEW_FACTOR):
        started = staff.sessions.start("amira", stage=stage)
        assert staff.sessions.find(started.cookie) is None
        arriving = staff.sessions.arriving(started.cookie)
        assert arriving is not None
        assert arriving.stage is stage
        assert arriving.stepped_up_until is None
        with pytest.raises(SessionEndedError):
            staff.sessions.step_up(started.cookie)
    assert staff.events("user.signed_in") == []


def test_each_step_exchanges_the_cookie_and_the_token_so_that_a_planted_one_is_worth_nothing(
    staff_on_each: Staff,
) -> None:
    sessions = staff_on_each.sessions
    staff_on_each.add("amira")
    first = sessions.start("amira", stage=Stage.SECOND_FACTOR)
    second = sessions.advance(first.cookie, Stage.SIGNED_IN)
    third = sessions.step_up(second.cookie)
    assert len({one.cookie for one in (first, second, third)}) == 3
    assert len({one.session.csrf for one in (first, second, third)}) == 3
    assert [sessions.find(one.cookie) is not None for one in (first, second, third)] == [False, False, True]
    assert sessions.arriving(first.cookie) is None
    for old in (first, second):
        with pytest.raises(SessionEndedError):
            sessions.advance(old.cookie, Stage.SIGNED_IN)
    assert [one.kind for one in staff_on_each.events()][1:] == ["user.signed_in", "user.stepped_up"]


def test_signing_in_ends_the_session_that_the_browser_had(staff: Staff) -> None:
    staff.add("amira")
    staff.add("bruno")
    before = staff.sessions.start("amira", stage=Stage.SIGNED_IN)
    after = staff.sessions.start("bruno", stage=Stage.SIGNED_IN, before=before.cookie)
    assert staff.sessions.find(before.cookie) is None
    found = staff.sessions.find(after.cookie)
    assert found is not None
    assert found.person.name == "bruno"


def test_a_session_ends_when_nothing_is_asked_for_and_at_the_latest_after_a_shift(staff: Staff) -> None:
    staff.add("amira")
    idle = staff.sessions.start("amira", stage=Stage.SIGNED_IN)
    busy = staff.sessions.start("amira", stage=Stage.SIGNED_IN)
    for _ in range(24):
        assert staff.sessions.find(busy.cookie) is not None
        staff.later(minutes=29)
    assert staff.sessions.find(idle.cookie) is None
    assert staff.sessions.find(busy.cookie) is not None
    staff.clock.at = busy.session.expires_at
    assert staff.sessions.find(busy.cookie) is None
    assert busy.session.expires_at.hour == 0
    staff.add("bruno")
    staff.sessions.start("bruno", stage=Stage.SIGNED_IN)
    assert staff.sessions.forget() == 2
    assert staff.sessions.count("bruno") == 1


def test_the_time_of_the_last_request_is_written_once_a_minute_and_not_with_each(staff: Staff) -> None:
    staff.add("amira")
    cookie = staff.sessions.start("amira", stage=Stage.SIGNED_IN).cookie
    staff.later(seconds=59)
    staff.sessions.find(cookie)
    with staff.database.reading() as connection:
        assert str(connection.execute(sa.select(sessions_table.c.seen_at)).scalar())[11:19] == "12:00:00"
    staff.later(seconds=1)
    staff.sessions.find(cookie)
    with staff.database.reading() as connection:
        assert str(connection.execute(sa.select(sessions_table.c.seen_at)).scalar())[11:19] == "12:01:00"


def test_a_second_factor_counts_as_shown_just_now_for_a_few_minutes(staff: Staff) -> None:
    staff.add("amira")
    started = staff.sessions.start("amira", stage=Stage.SIGNED_IN)
    until = started.session.stepped_up_until
    assert until is not None
    assert (until - NOW).total_seconds() == staff.rules.sessions.step_up_seconds
    staff.later(minutes=10)
    again = staff.sessions.step_up(started.cookie).session
    assert again.stepped_up_until is not None
    assert again.stepped_up_until > staff.clock.at
    assert again.expires_at == started.session.expires_at


def test_signing_out_ends_one_session_once(staff: Staff) -> None:
    staff.add("amira")
    one, other = (staff.sessions.start("amira", stage=Stage.SIGNED_IN) for _ in range(2))
    staff.sessions.end(one.cookie)
    staff.sessions.end(one.cookie)
    assert staff.sessions.find(one.cookie) is None
    assert staff.sessions.find(other.cookie) is not None
    assert len(staff.events("user.signed_out")) == 1
    assert staff.sessions.end_others(other.session) == 0
    assert staff.sessions.find(other.cookie) is not None


def test_what_is_no_cookie_of_ours_is_nobodys(staff: Staff) -> None:
    for cookie in ("", "x", "a" * 43, "a" * 100_000, "é" * 43, "\ud800" * 43, "a" * 42 + "\0", "' OR 1=1 --"):
        assert staff.sessions.find(cookie) is None
        assert staff.sessions.arriving(cookie) is None
        staff.sessions.end(cookie)
        with pytest.raises(SessionEndedError):
            staff.sessions.step_up(cookie)


def test_of_two_requests_with_one_cookie_one_goes_on(staff_on_each: Staff) -> None:
    staff_on_each.add("amira")
    first = staff_on_each.sessions.start("amira", stage=Stage.SECOND_FACTOR)
    outcomes: list[str] = []
    barrier = threading.Barrier(4)

    def advance() -> None:
        barrier.wait()
        try:
            staff_on_each.sessions.advance(first.cookie, Stage.SIGNED_IN)
        except SessionEndedError:
            outcomes.append("ended")
        else:
            outcomes.append("signed in")

    threads = [threading.Thread(target=advance) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["ended", "ended", "ended", "signed in"]
    assert len(staff_on_each.events("user.signed_in")) == 1


def test_a_challenge_is_taken_once(staff: Staff) -> None:
    staff.add("amira")
    started = staff.sessions.start("amira", stage=Stage.SECOND_FACTOR)
    staff.sessions.set_challenge(started.session, "abc")
    assert [staff.sessions.take_challenge(started.session) for _ in range(2)] == ["abc", ""]
    staff.sessions.end(started.cookie)
    with pytest.raises(SessionEndedError):
        staff.sessions.set_challenge(started.session, "abc")
