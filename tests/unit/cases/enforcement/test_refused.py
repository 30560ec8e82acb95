"""Accounts whose checks are refused: those that are suspended or banned now, known at once and for hardly any cost."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from safehold.cases.enforcement import Measure, Reason
from safehold.cases.enforcement.refused import RefusedAccounts

from .conftest import ACCOUNT, ELI, FAY, GUS, OTHER, Office


@contextmanager
def asked(office: Office) -> Iterator[list[str]]:
    """Give the questions that the database is asked meanwhile."""
    told: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("SELECT"):
            told.append(statement)

    sa.event.listen(office.home.database.engine, "before_cursor_execute", note)
    yield told
    sa.event.remove(office.home.database.engine, "before_cursor_execute", note)


def test_a_suspension_holds_within_a_second_until_its_time_is_over_or_it_is_lifted(either_office: Office) -> None:
    office = either_office
    accounts = RefusedAccounts(office.home.database, office.clock)
    suspend = office.decided("grooming")[Measure.SUSPEND]
    assert not accounts.is_refused(ACCOUNT.mark)
    office.enforcements.apply(ELI, suspend.id)
    office.wait(seconds=1)
    assert [accounts.is_refused(one.mark) for one in (ACCOUNT, OTHER)] == [True, False]
    office.wait(days=29, hours=23)
    assert accounts.is_refused(ACCOUNT.mark)
    office.wait(hours=1)
    assert not accounts.is_refused(ACCOUNT.mark), "whether or not a worker has noted that its time is over"


def test_a_ban_holds_until_two_people_lift_it_and_milder_measures_refuse_nobody(office: Office) -> None:
    accounts = RefusedAccounts(office.home.database, office.clock)
    made = office.in_force("csam")
    assert accounts.is_refused(ACCOUNT.mark)
    for person in (FAY, GUS):
        office.enforcements.lift(person, made[Measure.BAN].id, Reason.MISTAKE)
    office.wait(seconds=1)
    assert not accounts.is_refused(ACCOUNT.mark)
    office.in_force("ncii_adult", cause="dec_2", subject=OTHER)
    office.wait(seconds=1)
    assert not accounts.is_refused(OTHER.mark)


def test_a_clock_that_is_set_back_makes_nothing_that_was_known_true_for_longer(office: Office) -> None:
    accounts = RefusedAccounts(office.home.database, office.clock)
    office.in_force("csam")
    office.wait(hours=1)
    assert not accounts.is_refused(OTHER.mark)
    office.wait(hours=-1)
    office.in_force("csam", cause="dec_2", subject=OTHER)
    assert accounts.is_refused(OTHER.mark)


def test_an_unknown_account_costs_one_look_at_an_index_and_its_next_check_none(office: Office) -> None:
    accounts = RefusedAccounts(office.home.database, office.clock)
    accounts.is_refused(ACCOUNT.mark)
    with asked(office) as told:
        accounts.is_refused(OTHER.mark)
        first = len([one for one in told if "FROM enforcements" in one])
        told.clear()
        for _ in range(50):
            accounts.is_refused(OTHER.mark)
        again = list(told)
        office.wait(seconds=2)
        accounts.is_refused(OTHER.mark)
    assert (first, again) == (1, [])
    assert not [one for one in told if "FROM enforcements" in one], "nothing has changed: one question for all accounts"
    if office.home.database.path is None:
        return  # a server chooses by how many rows there are
    with office.home.database.reading() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT ends_at FROM enforcements WHERE mark = 'x' AND subject_kind = 'account' "
            "AND state = 'in_force' AND measure IN ('suspend', 'ban')"
        ).fetchall()
    assert "ix_enforcements_mark" in str(plan)
