"""Cases hold what they promise through any sequence: no step is silently nothing, counts are what is there, nothing is
lost or doubled, and a case of text goes wherever one of pictures does."""

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safehold.cases import Case, CaseId, CaseState, Form, ItemState, NewItem, Origin, Priority, Subject, SubjectKind
from safehold.cases.errors import UnfitTransitionError
from safehold.cases.listing import CaseFilter
from safehold.cases.state import ITEM_MOVES, MOVES, Tally, require_item_move, require_move, state_after
from safehold.cases.store import CaseStore
from safehold.cases.tables import case_counts, case_items
from safehold.cases.tables import cases as case_rows
from safehold.home.database import Database
from safehold.home.schema import bring_up_to_date
from safehold.ledger import SigningKey
from safehold.ledger.memory import MemoryLedger
from safehold.vocabulary import Action, FixedClock

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
STATES = st.sampled_from(list(CaseState))
TALLIES = st.builds(Tally, st.integers(0, 3), st.integers(0, 3))


@given(STATES, STATES, TALLIES)
def test_what_may_be_moved_to_is_another_state_and_fits_the_items(now: CaseState, to: CaseState, tally: Tally) -> None:
    try:
        require_move(now, to, tally)
    except UnfitTransitionError:
        return
    assert to is not now
    if to in {CaseState.DECIDED, CaseState.CLOSED}:
        assert tally == Tally()
    if to is CaseState.OPEN:
        assert tally.undecided


@given(STATES, TALLIES)
def test_any_case_can_be_escalated_unless_it_is(now: CaseState, tally: Tally) -> None:
    if now is not CaseState.ESCALATED:
        require_move(now, CaseState.ESCALATED, tally)


@given(STATES, TALLIES)
def test_what_needs_somebody_waits_for_somebody(now: CaseState, tally: Tally) -> None:
    after = state_after(now, tally)
    waits = after in {CaseState.OPEN, CaseState.SECOND_REVIEW, CaseState.ESCALATED}
    assert waits is bool(tally.undecided or tally.second)
    assert state_after(after, tally) is after
    assert after is now or after in MOVES[now]


@given(st.sampled_from(list(ItemState)), st.sampled_from(list(ItemState)))
def test_an_item_goes_anywhere_but_where_it_is(now: ItemState, to: ItemState) -> None:
    assert (to in ITEM_MOVES[now]) is (to is not now)
    if to is now:
        with pytest.raises(UnfitTransitionError):
            require_item_move(now, to)


REFERENCES = itertools.count()
STEPS = st.one_of(
    st.tuples(st.just("put"), st.integers(1, 3)),
    st.tuples(st.just("mark"), st.tuples(st.integers(0, 5), st.sampled_from(list(ItemState)))),
    st.tuples(st.just("move"), STATES),
    st.tuples(st.just("escalate"), st.sampled_from(list(Priority))),
    st.tuples(st.just("assign"), st.sampled_from(["amira", "boris", ""])),
    st.tuples(st.just("prioritise"), st.sampled_from(list(Priority))),
)


@dataclass
class Track:
    """One case, of items of one form."""

    cases: CaseStore
    database: Database
    ledger: MemoryLedger
    form: Form
    subject: Subject
    case: CaseId | None = None

    def put(self, number: int) -> None:
        items = [
            NewItem(Origin.GATEWAY, f"chk#{next(REFERENCES)}", self.form, "item", Action.HOLD, NOW)
            for _ in range(number)
        ]
        put_into = self.cases.open(self.subject, items, actor="system")
        self.case = self.case or put_into

    def mark(self, what: tuple[int, ItemState]) -> None:
        items = self.cases.items(self.case)
        chosen = items[what[0] % len(items)].id
        with self.database.writing() as connection:
            self.cases.mark_items(connection, self.case, {chosen: what[1]}, seen=None, actor="amira")

    def move(self, to: CaseState) -> None:
        with self.database.writing() as connection:
            self.cases.change_state(connection, self.case, to, seen=None, actor="amira")

    def escalate(self, priority: Priority) -> None:
        self.cases.escalate(self.case, "unsure", actor="amira", priority=priority)

    def assign(self, name: str) -> None:
        self.cases.assign(self.case, name, actor="lead")

    def prioritise(self, priority: Priority) -> None:
        self.cases.prioritise(self.case, priority, actor="lead")

    def step(self, name: str, argument: Any) -> tuple[str, Case]:
        """Do one step; what is refused changed nothing, and what is done is another version and an event."""
        before, events = self.cases.show(self.case), len(self.ledger.lines)
        try:
            getattr(self, name)(argument)
        except UnfitTransitionError:
            assert (self.cases.show(self.case), len(self.ledger.lines)) == (before, events)
            return "refused", before
        after = self.cases.show(self.case)
        is_other_case = name == "put" and before.state is CaseState.CLOSED
        is_known_already = name == "assign" and before.assignee == argument
        assert is_other_case or is_known_already or after.version == before.version + (name != "put")
        assert is_known_already or len(self.ledger.lines) > events
        self.require_sound(after)
        return "done", after

    def require_sound(self, case: Case) -> None:
        """Compare what the case says of itself with what is there."""
        items = self.cases.items(case.id)
        waiting = [item for item in items if item.state is not ItemState.DECIDED]
        assert (case.items, case.undecided) == (len(items), len(waiting))
        assert [item.number for item in items] == list(range(1, len(items) + 1))
        if waiting:
            assert case.state in {CaseState.OPEN, CaseState.SECOND_REVIEW, CaseState.ESCALATED}
        listed = {one.id for one in self.cases.list(CaseFilter(), limit=500).cases}
        assert (case.id in listed) is (case.state is not CaseState.CLOSED)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CaseStore, Database, MemoryLedger]]:
    database = Database(tmp_path_factory.mktemp("cases") / "safehold.db")
    bring_up_to_date(database)
    clock = FixedClock(NOW)
    ledger = MemoryLedger(clock, SigningKey.generate())
    yield CaseStore(database, ledger, clock), database, ledger
    database.close()


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=4, max_size=10))
def test_no_sequence_is_silently_nothing_and_text_goes_wherever_pictures_do(
    made: tuple[CaseStore, Database, MemoryLedger], steps: list[tuple[str, Any]]
) -> None:
    cases, database, ledger = made
    with database.writing() as connection:
        for table in (case_counts, case_items, case_rows):
            connection.execute(sa.delete(table))
    tracks = [
        Track(cases, database, ledger, form, Subject(SubjectKind.ACCOUNT, f"{form.value}-{next(REFERENCES)}"))
        for form in (Form.TEXT, Form.IMAGE)
    ]
    for track in tracks:
        track.put(1)
    for name, argument in steps:
        (told, text), (said, image) = (track.step(name, argument) for track in tracks)
        assert told == said
        assert (text.state, text.queue, text.priority) == (image.state, image.queue, image.priority)
    require_counts(database)


def require_counts(database: Database) -> None:
    columns = (case_rows.c.queue, case_rows.c.state, case_rows.c.origin)
    with database.reading() as connection:
        there = {
            tuple(row[:3]): row[3]
            for row in connection.execute(sa.select(*columns, sa.func.count()).group_by(*columns))
        }
        counted = {(row.queue, row.state, row.origin): row.number for row in connection.execute(sa.select(case_counts))}
    assert {key: number for key, number in counted.items() if number} == there
