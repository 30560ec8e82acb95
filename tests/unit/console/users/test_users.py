"""Users: made with a password for one use, changed, let in no more; every change is in the ledger."""

import pytest
import sqlalchemy as sa

from safehold.cases import Role
from safehold.console.users import Stage, UserState
from safehold.console.users.errors import (
    LastAdminError,
    NoRoleError,
    PasswordUnfitError,
    SessionEndedError,
    UserNameError,
    UserUnknownError,
)
from safehold.console.users.proofs.passwords import Passwords
from safehold.console.users.tables import users as users_table
from safehold.ledger.admission import admit

from .conftest import CHEAP, GOOD_PASSWORD, NOW, Staff


def test_the_first_start_makes_one_admin_with_a_password_for_one_use_and_no_later_one_does(
    staff_on_each: Staff,
) -> None:
    users = staff_on_each.users
    password = users.first_admin()
    assert password is not None
    assert users.first_admin() is None
    (admin,) = users.list()
    assert (admin.name, admin.roles, admin.must_choose_password) == ("admin", {Role.ADMIN}, True)
    assert users.prove("admin", password) == admin


def test_every_change_of_a_user_is_in_the_ledger_and_no_password_is(staff_on_each: Staff) -> None:
    users = staff_on_each.users
    users.first_admin()
    made, password = users.create("amira", (Role.REVIEWER, Role.SPECIALIST), actor="root")
    assert (made.person.name, made.created_by, made.created_at) == ("amira", "root", NOW)
    users.set_roles("amira", (Role.AUDITOR,), actor="admin")
    users.set_roles("amira", (Role.AUDITOR,), actor="admin")
    again = users.reset("amira", actor="admin")
    users.disable("amira", actor="admin")
    users.disable("amira", actor="admin")
    users.enable("amira", actor="admin")
    events = staff_on_each.events()[1:]
    assert [one.kind for one in events] == [
        "user.created", "user.roles_changed", "user.reset", "user.disabled", "user.enabled"
    ]  # fmt: skip
    assert events[0].details == {"user": "amira", "role_reviewer": True, "role_specialist": True}
    for event in events:
        admit(event)
        assert not {password, again} & set(map(str, event.details.values()))


def test_the_database_keeps_no_password_but_an_argon2id_digest_with_its_own_salt(staff: Staff) -> None:
    shown = [staff.add("amira"), staff.add("bruno")]
    with staff.database.reading() as connection:
        rows = connection.execute(sa.select(users_table)).mappings().all()
    digests = [row["password"] for row in rows]
    assert all(one.startswith("$argon2id$v=19$") for one in digests)
    assert len(set(digests)) == 2
    assert not [one for one in shown if one in str(rows)]


def test_a_name_that_could_be_taken_for_another_or_hold_an_address_is_refused(staff: Staff) -> None:
    for name in ("", "a", "Amira", "amira ", "a" * 33, "am.ira", "am@ira", "1a", "system", "a/b", "ééé", "amira\n"):
        with pytest.raises(UserNameError):
            staff.users.create(name, (Role.REVIEWER,), actor="root")


def test_a_name_is_given_once_for_ever_since_the_ledger_knows_it(staff: Staff) -> None:
    staff.users.first_admin()
    staff.add("amira")
    staff.users.disable("amira", actor="root")
    with pytest.raises(UserNameError):
        staff.add("amira")


def test_a_user_needs_a_role(staff: Staff) -> None:
    with pytest.raises(NoRoleError):
        staff.users.create("amira", (), actor="root")
    staff.add("bruno")
    with pytest.raises(NoRoleError):
        staff.users.set_roles("bruno", (), actor="root")


def test_somebody_who_manages_users_is_always_left(staff_on_each: Staff) -> None:
    users = staff_on_each.users
    users.first_admin()
    users.create("amira", (Role.REVIEWER,), actor="admin")
    with pytest.raises(LastAdminError):
        users.disable("admin", actor="root")
    with pytest.raises(LastAdminError):
        users.set_roles("admin", (Role.AUDITOR,), actor="root")
    assert users.show("admin").state is UserState.ACTIVE
    users.create("bruno", (Role.ADMIN,), actor="admin")
    assert users.disable("admin", actor="bruno").state is UserState.DISABLED


def test_who_is_unknown_disabled_or_types_it_wrong_is_nobody(staff: Staff) -> None:
    staff.users.first_admin()
    password = staff.add("amira")
    assert staff.users.prove("amira", password) is not None
    for name, typed in (
        ("amira", password + "x"), ("amira", ""), ("amira", "x" * 100_000), ("nobody-here", password), ("", ""),
        ("AMIRA", password), ("amira\0", password), ("a" * 10_000, password), ("amira' OR '1'='1", password),
    ):  # fmt: skip
        assert staff.users.prove(name, typed) is None
    staff.users.disable("amira", actor="root")
    assert staff.users.prove("amira", password) is None


def test_a_password_that_somebody_else_set_goes_out_of_date(staff: Staff) -> None:
    password = staff.add("amira")
    staff.later(seconds=CHEAP.one_time_seconds - 1)
    assert staff.users.prove("amira", password) is not None
    staff.later(seconds=1)
    assert staff.users.prove("amira", password) is None


def test_what_is_unknown_is_named_so(staff: Staff) -> None:
    for act in (staff.users.show, lambda name: staff.users.disable(name, actor="root")):
        with pytest.raises(UserUnknownError):
            act("amira")


def test_a_chosen_password_replaces_the_one_time_one_and_ends_every_other_session(staff_on_each: Staff) -> None:
    users, sessions = staff_on_each.users, staff_on_each.sessions
    password = staff_on_each.add("amira")
    other = sessions.start("amira", stage=Stage.SIGNED_IN)
    arriving = sessions.start("amira", stage=Stage.NEW_PASSWORD)
    chosen = users.choose_password(arriving.session, GOOD_PASSWORD)
    assert not chosen.must_choose_password
    assert sessions.find(other.cookie) is None
    assert sessions.arriving(arriving.cookie) is not None
    assert users.prove("amira", password) is None
    assert users.prove("amira", GOOD_PASSWORD) is not None
    assert staff_on_each.events("user.password_chosen")[0].details == {"sessions": 1}


def test_a_password_is_not_chosen_in_a_session_that_a_reset_has_ended(staff: Staff) -> None:
    staff.add("amira")
    arriving = staff.sessions.start("amira", stage=Stage.NEW_PASSWORD)
    fresh = staff.users.reset("amira", actor="root")
    with pytest.raises(SessionEndedError):
        staff.users.choose_password(arriving.session, GOOD_PASSWORD)
    assert staff.users.prove("amira", fresh) is not None


@pytest.mark.parametrize(
    "password",
    [
        *("", "short", "elevenchars", "a" * 40, "password123456", "safehold amira", "amiraamiraamira", "abcdefghijkl"),
        *("012345678901234", "x" * 129, "PASSWORD-password", "qwertyqwerty12"),
    ],
)
def test_an_easy_password_is_refused_without_being_repeated(password: str) -> None:
    with pytest.raises(PasswordUnfitError) as caught:
        Passwords(CHEAP).require_fit(password, "amira", None)
    assert len(password) < 5 or password not in f"{caught.value} {caught.value.advice}"


def test_the_password_that_somebody_has_is_no_new_one() -> None:
    passwords = Passwords(CHEAP)
    with pytest.raises(PasswordUnfitError):
        passwords.require_fit(GOOD_PASSWORD, "amira", passwords.digest(GOOD_PASSWORD))
    passwords.require_fit("Gruenes Boot mit 7 Segeln", "amira", passwords.digest(GOOD_PASSWORD))


def test_a_password_typed_on_another_keyboard_is_the_same_one() -> None:
    passwords = Passwords(CHEAP)
    assert passwords.matches(passwords.digest("caf\u00e9 am grünen Fluss"), "cafe\u0301 am gru\u0308nen Fluss")


def test_a_digest_of_another_cost_is_made_anew_when_its_password_is_shown(staff: Staff) -> None:
    password = staff.add("amira")
    dearer = Passwords(CHEAP.__class__(rounds=2, memory_kib=16, lanes=1))
    with staff.database.writing() as connection:
        connection.execute(sa.update(users_table).values(password=dearer.digest(password)))
    assert staff.users.prove("amira", password) is not None
    with staff.database.reading() as connection:
        assert "t=1,p=1" in str(connection.execute(sa.select(users_table.c.password)).scalar())
    assert staff.users.prove("amira", password) is not None


def test_a_digest_that_is_none_proves_nobody() -> None:
    assert not Passwords(CHEAP).matches("not a digest", "not a digest")
