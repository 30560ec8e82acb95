"""Signing in: step by step, in the same words and with the same work whatever is wrong, and never by guessing."""

import base64
import datetime as dt
import statistics
import threading
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from safehold.cases import Role
from safehold.console.users import PasswordRules, Stage
from safehold.console.users.errors import RefusedError, SessionEndedError, TooManyTriesError, UserError
from safehold.console.users.tables import tries as tries_table

from .conftest import GOOD_PASSWORD, Staff

HOME, AWAY = "192.0.2.1", "198.51.100.7"


def test_a_new_user_chooses_a_password_and_sets_up_an_app_before_anything_else(staff_on_each: Staff) -> None:
    staff = staff_on_each
    password = staff.add("amira")
    first = staff.signing_in.enter("amira", password, address=HOME)
    assert first.session.stage is Stage.NEW_PASSWORD
    second = staff.signing_in.choose_password(first.cookie, GOOD_PASSWORD)
    assert second.session.stage is Stage.NEW_FACTOR
    assert staff.sessions.find(second.cookie) is None
    secret_text = staff.factors.begin_app(second.session).written.replace(" ", "")

    third, codes = staff.signing_in.set_up_app(second.cookie, staff.code(base64.b32decode(secret_text)))
    assert third.session.stage is Stage.SIGNED_IN
    assert len(codes) == 10
    assert staff.sessions.find(third.cookie) is not None
    assert len({first.cookie, second.cookie, third.cookie}) == 3
    assert [one.kind for one in staff.events()][1:] == ["user.password_chosen", "user.factor_added", "user.signed_in"]


def test_who_has_a_factor_shows_it_every_time(staff_on_each: Staff) -> None:
    staff = staff_on_each
    secret = staff.settle()
    started = staff.signing_in.enter("amira", GOOD_PASSWORD, address=HOME)
    assert started.session.stage is Stage.SECOND_FACTOR
    assert staff.sessions.find(started.cookie) is None
    done = staff.signing_in.show_code(started.cookie, staff.code(secret))
    found = staff.sessions.find(done.cookie)
    assert found is not None
    assert found.stepped_up_until is not None
    assert staff.users.show("amira").signed_in_at == staff.clock.at


def test_a_recovery_code_stands_in_for_the_factor(staff: Staff) -> None:
    staff.settle()
    codes = staff.factors.renew_recovery_codes(staff.sessions.start("amira", stage=Stage.SIGNED_IN).session)
    started = staff.signing_in.enter("amira", GOOD_PASSWORD, address=HOME)
    assert staff.signing_in.show_code(started.cookie, codes[3]).session.stage is Stage.SIGNED_IN


def test_no_step_can_be_left_out_or_taken_in_another_order(staff: Staff) -> None:
    password = staff.add("amira")
    secret = staff.settle("bruno")
    at_password = staff.signing_in.enter("amira", password, address=HOME)
    at_factor = staff.signing_in.enter("bruno", GOOD_PASSWORD, address=HOME)
    for act in (
        lambda: staff.signing_in.show_code(at_password.cookie, "123456"),
        lambda: staff.signing_in.set_up_app(at_password.cookie, "123456"),
        lambda: staff.signing_in.confirm_code(at_password.cookie, "123456"),
        lambda: staff.signing_in.choose_password(at_factor.cookie, "another good sentence"),
        lambda: staff.signing_in.set_up_app(at_factor.cookie, staff.code(secret)),
        lambda: staff.signing_in.confirm_code(at_factor.cookie, staff.code(secret)),
        lambda: staff.signing_in.show_code("x" * 43, staff.code(secret)),
    ):
        with pytest.raises(SessionEndedError):
            act()


def test_a_factor_can_not_be_added_by_who_has_only_the_password(staff: Staff) -> None:
    staff.settle("bruno")
    staff.later(hours=1)
    arriving = staff.signing_in.enter("bruno", GOOD_PASSWORD, address=HOME)
    with pytest.raises(SessionEndedError):
        staff.signing_in.at(arriving.cookie, Stage.NEW_FACTOR)


def test_whatever_is_wrong_is_said_in_the_same_words(staff: Staff) -> None:
    password = staff.add("amira")
    staff.add("gone")
    staff.users.disable("gone", actor="root")
    said = set()
    for name, typed in (("amira", "x"), ("nobody", password), ("gone", password), ("", ""), ("a" * 9999, "b" * 9999)):
        for _ in range(8):  # into the wait and beyond
            with pytest.raises(RefusedError) as caught:
                staff.signing_in.enter(name, typed, address=f"203.0.113.{len(name) % 250}")
            said.add((str(caught.value), caught.value.advice))
    assert len(said) == 1


def test_a_name_waits_longer_with_each_further_try_whether_or_not_it_is_a_users(staff: Staff) -> None:
    staff.add("amira")
    waits = {}
    for name in ("amira", "nobody"):
        waits[name] = [waited(staff, name) for _ in range(14)]
    assert waits["amira"] == waits["nobody"]
    assert waits["amira"][:4] == [0, 0, 0, 0]
    assert waits["amira"][4:] == [15, 30, 60, 120, 240, 480, 900, 900, 900, 900]


def waited(staff: Staff, name: str) -> int:
    """Try once in vain and return for how long the next try of this name would be refused unseen."""
    with pytest.raises(RefusedError):
        staff.signing_in.enter(name, "wrong", address=f"2001:db8:{len(name):x}::1")
    mark = staff.tries.mark("password", name)
    with staff.database.reading() as connection:
        row = connection.execute(sa.select(tries_table).where(tries_table.c.mark == mark)).mappings().one()
    if row["wait_until"] is None:
        return 0

    seconds = (dt.datetime.fromisoformat(row["wait_until"]) - staff.clock.at).total_seconds()
    with pytest.raises(TooManyTriesError):
        staff.signing_in.enter(name, "wrong", address="203.0.113.9")
    with staff.database.writing() as connection:  # as if the other marks were another machine's
        connection.execute(sa.delete(tries_table).where(tries_table.c.mark != mark))
    staff.later(seconds=seconds)
    return int(seconds)


def test_the_right_password_is_refused_while_its_name_waits_and_taken_after(staff: Staff) -> None:
    password = staff.add("amira")
    for _ in range(5):
        with pytest.raises(RefusedError):
            staff.signing_in.enter("amira", "wrong", address=HOME)
    with pytest.raises(TooManyTriesError):
        staff.signing_in.enter("amira", password, address=AWAY)
    assert [one.details for one in staff.events("user.tries_used_up")] == [{"user": "amira"}]
    staff.later(seconds=15)
    assert staff.signing_in.enter("amira", password, address=AWAY).session.person.name == "amira"


def test_nothing_that_was_typed_as_a_name_is_kept_or_recorded(staff: Staff) -> None:
    for _ in range(6):
        with pytest.raises(RefusedError):
            staff.signing_in.enter("my-secret-password", "x", address=HOME)
    with staff.database.reading() as connection:
        kept = str(connection.execute(sa.select(tries_table)).all())
    assert "my-secret" not in kept
    assert HOME not in kept
    assert staff.events() == []


def test_an_address_that_tries_many_names_waits_and_others_do_not(staff: Staff) -> None:
    password = staff.add("amira")
    for number in range(30):
        with pytest.raises(RefusedError):
            staff.signing_in.enter(f"name-{number}", "wrong", address="2001:db8:1:2::77")
    with pytest.raises(TooManyTriesError):
        staff.signing_in.enter("amira", password, address="2001:db8:1:2:ffff::1")
    assert staff.signing_in.enter("amira", password, address=HOME).session.person.name == "amira"


def test_who_signs_in_rightly_all_day_never_waits(staff: Staff) -> None:
    staff.settle()
    for _ in range(35):
        staff.signing_in.enter("amira", GOOD_PASSWORD, address=HOME)


def test_tries_are_forgotten_with_time(staff: Staff) -> None:
    for _ in range(4):
        with pytest.raises(RefusedError):
            staff.signing_in.enter("amira", "wrong", address=HOME)
    staff.later(minutes=30)  # two of them leak away
    for _ in range(3):
        with pytest.raises(RefusedError) as caught:
            staff.signing_in.enter("amira", "wrong", address=HOME)
        assert not isinstance(caught.value, TooManyTriesError)
    with pytest.raises(TooManyTriesError):
        staff.signing_in.enter("amira", "wrong", address=HOME)
    assert staff.tries.forget() == 0
    staff.later(days=1)
    assert staff.tries.forget() == 2


def test_guessing_the_second_factor_waits_too_and_the_password_does_not_begin_it_anew(staff: Staff) -> None:
    secret = staff.settle()
    started = staff.signing_in.enter("amira", GOOD_PASSWORD, address=HOME)
    for number in range(5):
        with pytest.raises(RefusedError):
            staff.signing_in.show_code(started.cookie, wrong(staff, secret, number))
    again = staff.signing_in.enter("amira", GOOD_PASSWORD, address=HOME)
    with pytest.raises(TooManyTriesError):
        staff.signing_in.show_code(again.cookie, staff.code(secret))
    staff.later(seconds=15)
    assert staff.signing_in.show_code(again.cookie, staff.code(secret)).session.stage is Stage.SIGNED_IN


def wrong(staff: Staff, secret: bytes, number: int) -> str:
    right = {staff.code(secret, steps=away) for away in (-1, 0, 1)}
    return next(code for code in (f"{one:06d}" for one in range(number, 1000)) if code not in right)


def test_many_guesses_at_the_same_moment_are_no_more_than_one_after_the_other(staff_on_each: Staff) -> None:
    staff = staff_on_each
    staff.add("amira")
    looked_at: list[bool] = []
    barrier = threading.Barrier(12)

    def guess() -> None:
        barrier.wait()
        try:
            staff.signing_in.enter("amira", "wrong", address=HOME)
        except TooManyTriesError:
            looked_at.append(False)
        except RefusedError:
            looked_at.append(True)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(looked_at) == 5
    assert len(looked_at) == 12


def test_stepping_up_asks_for_the_factor_again_and_ends_the_session_of_who_guesses(staff: Staff) -> None:
    secret = staff.settle()
    started = staff.sessions.start("amira", stage=Stage.SIGNED_IN)
    code = staff.code(secret)
    up = staff.signing_in.confirm_code(started.cookie, code)
    assert up.cookie != started.cookie
    with pytest.raises(RefusedError):
        staff.signing_in.confirm_code(up.cookie, code)  # replayed
    for number in range(4):
        with pytest.raises(RefusedError):
            staff.signing_in.confirm_code(up.cookie, wrong(staff, secret, number))
    with pytest.raises(SessionEndedError):
        staff.signing_in.confirm_code(up.cookie, wrong(staff, secret, 9))
    assert staff.sessions.find(up.cookie) is None


def test_somebody_outside_can_not_end_the_session_of_who_is_in(staff: Staff) -> None:
    secret = staff.settle()
    started = staff.sessions.start("amira", stage=Stage.SIGNED_IN)
    for _ in range(9):
        with pytest.raises(RefusedError):
            staff.signing_in.enter("amira", "wrong", address=AWAY)
    assert staff.signing_in.confirm_code(started.cookie, staff.code(secret)).session.person.name == "amira"


def test_where_no_factor_is_asked_for_the_password_steps_up(make_staff: Callable[..., Staff]) -> None:
    staff = make_staff(needs_second_factor=False)
    first = staff.signing_in.enter("amira", staff.add("amira"), address=HOME)
    done = staff.signing_in.choose_password(first.cookie, GOOD_PASSWORD)
    assert done.session.stage is Stage.SIGNED_IN
    with pytest.raises(RefusedError):
        staff.signing_in.confirm_code(done.cookie, "123456")
    assert staff.signing_in.confirm_code(done.cookie, GOOD_PASSWORD).session.stepped_up_until is not None


def test_a_user_who_is_reset_while_signing_in_is_not_let_in_by_the_old_password(staff: Staff) -> None:
    staff.settle()
    user = staff.users.prove("amira", GOOD_PASSWORD)
    assert user is not None
    staff.users.reset("amira", actor="root")
    with pytest.raises(SessionEndedError):
        staff.sessions.start("amira", stage=Stage.NEW_PASSWORD, seen=user.version)
    with pytest.raises(UserError):
        staff.signing_in.enter("amira", GOOD_PASSWORD, address=HOME)


def test_as_much_work_is_done_for_nobody_as_for_a_user(make_staff: Callable[..., Staff]) -> None:
    staff = make_staff(passwords=PasswordRules(rounds=2, memory_kib=16384, lanes=1))
    staff.add("amira")
    staff.users.create("gone", (Role.AUDITOR,), actor="root")
    staff.users.disable("gone", actor="root")
    took: dict[str, list[float]] = {name: [] for name in ("amira", "gone", "nobody", "", "no name", "x" * 5000)}
    for _ in range(5):
        for name, times in took.items():
            begun = time.process_time()
            assert staff.users.prove(name, "wrong password") is None
            times.append(time.process_time() - begun)
    medians = [statistics.median(times) for times in took.values()]
    assert max(medians) < 1.6 * min(medians)
