"""Second factors: set up with a right code, used once a code, taken away by their owner alone."""

import base64
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from safehold.console.users import FactorKind, Stage
from safehold.console.users.errors import FactorError, RefusedError, SessionEndedError
from safehold.console.users.session import Session
from safehold.console.users.tables import factors as factors_table
from safehold.console.users.tables import recovery_codes

from .conftest import Staff


def signed_in(staff: Staff, name: str = "amira") -> Session:
    return staff.sessions.start(name, stage=Stage.SIGNED_IN).session


def secret_of(staff: Staff, session: Session) -> bytes:
    return base64.b32decode(staff.factors.begin_app(session).written.replace(" ", ""))


def test_an_app_counts_from_its_first_right_code_on_and_brings_recovery_codes(staff_on_each: Staff) -> None:
    staff = staff_on_each
    staff.add("amira")
    session = signed_in(staff)
    secret = secret_of(staff, session)
    assert not staff.factors.has("amira")
    with pytest.raises(RefusedError):
        staff.factors.confirm_app(session, "000000" if staff.code(secret) != "000000" else "000001")
    assert not staff.factors.accept_code("amira", staff.code(secret))
    codes = staff.factors.confirm_app(session, staff.code(secret))
    assert len(set(codes)) == 10
    (app,) = staff.factors.list("amira")
    assert (app.kind, app.used_at) == (FactorKind.APP, staff.clock.at)
    assert staff.events("user.factor_added")[0].details == {"factor": app.id, "kind": "app", "sessions": 0}


def test_a_code_is_taken_once_also_the_one_that_set_the_app_up_and_across_all_doors(staff_on_each: Staff) -> None:
    staff = staff_on_each
    staff.add("amira")
    session = signed_in(staff)
    secret = secret_of(staff, session)
    code = staff.code(secret)
    staff.factors.confirm_app(session, code)
    assert not staff.factors.accept_code("amira", code)
    staff.later(seconds=30)
    code = staff.code(secret)
    assert [staff.factors.accept_code("amira", code) for _ in range(2)] == [True, False]
    assert not staff.factors.accept_code("amira", staff.code(secret, steps=-1))


def test_of_two_requests_with_one_code_one_gets_in(staff_on_each: Staff) -> None:
    staff = staff_on_each
    secret = staff.settle()
    code = staff.code(secret)
    barrier, taken = threading.Barrier(4), []

    def use() -> None:
        barrier.wait()
        taken.append(staff.factors.accept_code("amira", code))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(taken) == [False, False, False, True]


def test_an_app_that_was_begun_is_shown_again_in_the_same_session_alone(staff: Staff) -> None:
    staff.add("amira")
    session = signed_in(staff)
    secret = secret_of(staff, session)
    assert secret_of(staff, session) == secret
    other = signed_in(staff)
    with pytest.raises(RefusedError):  # whoever saw the first picture is not let in by the second session's app
        staff.factors.confirm_app(other, staff.code(secret))
    assert secret_of(staff, other) != secret
    with pytest.raises(RefusedError):
        staff.factors.confirm_app(session, staff.code(secret))
    staff.add("bruno")
    assert secret_of(staff, signed_in(staff, "bruno")) != secret


def test_nobodys_code_counts_for_somebody_else(staff: Staff) -> None:
    secret = staff.settle("amira")
    staff.settle("bruno")
    assert not staff.factors.accept_code("bruno", staff.code(secret))
    assert not staff.factors.accept_code("nobody", staff.code(secret))


def test_a_recovery_code_lets_in_once_and_only_its_owner(staff_on_each: Staff) -> None:
    staff = staff_on_each
    staff.settle("amira")
    staff.settle("bruno")
    codes = staff.factors.renew_recovery_codes(signed_in(staff))
    assert not staff.factors.accept_recovery("bruno", codes[0])
    assert [staff.factors.accept_recovery("amira", codes[0].upper()) for _ in range(2)] == [True, False]
    assert staff.factors.recovery_codes_left("amira") == 9
    renewed = staff.factors.renew_recovery_codes(signed_in(staff))
    assert not staff.factors.accept_recovery("amira", codes[1])
    assert staff.factors.accept_recovery("amira", renewed[1])
    assert [one.details for one in staff.events("user.recovery_code_used")] == [{"left": 9}, {"left": 9}]


def test_there_are_no_recovery_codes_without_a_factor(staff: Staff) -> None:
    staff.add("amira")
    with pytest.raises(FactorError):
        staff.factors.renew_recovery_codes(signed_in(staff))


def test_the_database_holds_no_secret_and_no_recovery_code(staff: Staff) -> None:
    secret = staff.settle()
    codes = staff.factors.renew_recovery_codes(signed_in(staff))
    with staff.database.reading() as connection:
        kept = [str(row) for table in (factors_table, recovery_codes) for row in connection.execute(sa.select(table))]
        sealed = connection.execute(sa.select(factors_table.c.secret)).scalar()
    assert secret not in sealed
    assert not [code for code in codes for row in kept if code in row or code.replace("-", "") in row]


def test_who_must_have_a_factor_keeps_the_last_one(staff: Staff) -> None:
    staff.settle()
    (app,) = staff.factors.list("amira")
    with pytest.raises(FactorError):
        staff.factors.remove(signed_in(staff), app.id)
    session = signed_in(staff)
    staff.factors.confirm_app(session, staff.code(secret_of(staff, session)))
    other = signed_in(staff)
    staff.factors.remove(session, app.id)
    assert [one.id for one in staff.factors.list("amira")] != [app.id]
    assert not staff.sessions.count("amira") > 1
    with pytest.raises(SessionEndedError):
        staff.factors.begin_app(other)


def test_who_need_not_have_a_factor_loses_the_recovery_codes_with_the_last_one(
    make_staff: Callable[..., Staff],
) -> None:
    staff = make_staff(needs_second_factor=False)
    staff.add("amira")
    session = signed_in(staff)
    staff.factors.confirm_app(session, staff.code(secret_of(staff, session)))
    staff.factors.remove(session, staff.factors.list("amira")[0].id)
    assert not staff.factors.has("amira")
    assert staff.factors.recovery_codes_left("amira") == 0


def test_nobody_takes_away_somebody_elses_factor(staff: Staff) -> None:
    staff.settle("amira")
    staff.settle("bruno")
    (app,) = staff.factors.list("amira")
    for named in (app.id, "app_0000000000000000", ""):
        with pytest.raises(FactorError):
            staff.factors.remove(signed_in(staff, "bruno"), named)
    assert staff.factors.list("amira") == (app,)


def test_a_new_factor_ends_every_other_session_of_its_owner(staff: Staff) -> None:
    staff.add("amira")
    other, session = signed_in(staff), signed_in(staff)
    staff.factors.confirm_app(session, staff.code(secret_of(staff, session)))
    assert staff.sessions.count("amira") == 1
    with pytest.raises(SessionEndedError):
        staff.factors.begin_app(other)


def test_there_is_an_end_to_how_many_factors_somebody_may_have(staff: Staff) -> None:
    staff.settle()
    session = signed_in(staff)
    for _ in range(7):
        staff.factors.confirm_app(session, staff.code(secret_of(staff, session)))
    with pytest.raises(FactorError):
        staff.factors.begin_app(session)
