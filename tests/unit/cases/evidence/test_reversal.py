"""What a reversed decision does to the holds on its evidence."""

import sqlalchemy as sa
from tests.unit.cases.evidence.stand import AT, REPORTER, Room

from safehold.cases.awaiting import Preserved
from safehold.cases.axes import Axes, HarmType
from safehold.cases.decisions import Decided, DecidedItem, Decision, DecisionId, Reversal, Standing, Undoing, Undone
from safehold.cases.evidence import Basis, Holds
from safehold.cases.evidence.reversal import HoldsFollow
from safehold.cases.tables import case_preservations
from safehold.ledger.entry import timestamp
from safehold.vault import Label


def reversed_decision(room: Room) -> Decided:
    (item,) = room.cases.items(room.case)
    said = DecidedItem(item.id, Decision.CONFIRM, Axes(HarmType.TEST), "", 1, Standing.REVERSED)
    back = Reversal("sam", AT, "mistake")
    return Decided(DecisionId("dec_" + "1" * 20), room.case, "kim", AT, "q", "r@1", False, False, (said,), back)


def test_a_hold_that_rested_on_the_decision_is_released_and_others_stand_visibly(room: Room) -> None:
    holds = Holds(room.home.database, room.ledger, room.clock, room.vault)
    decided, follows = reversed_decision(room), HoldsFollow(holds)
    assert follows.undo(decided) == (Undone("", Undoing.NOTHING),)
    ours = holds.place(REPORTER, room.evidence, Basis.COUNSEL, reference=decided.id)
    report = holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1")
    follows.follow(decided)
    expected = {Undone(ours.id, Undoing.UNDONE), Undone(report.id, Undoing.STANDS, "other_grounds")}
    assert set(follows.undo(decided)) == expected == set(follows.undo(decided)), "repeating it changes nothing"
    assert [hold.id for hold in holds.list()] == [report.id]
    assert len(room.events("hold.released")) == 1


def test_what_the_law_asks_for_stays_also_where_it_rested_on_the_decision(room: Room) -> None:
    holds = Holds(room.home.database, room.ledger, room.clock, room.vault)
    decided = reversed_decision(room)
    hold = holds.place(REPORTER, room.evidence, Basis.US_PRESERVATION, reference=decided.id)
    assert HoldsFollow(holds).undo(decided) == (Undone(hold.id, Undoing.STANDS, "law_asks"),)
    assert holds.list() == [hold]


def test_a_hold_on_all_of_a_case_that_rested_on_the_decision_is_released_on_each_piece(room: Room) -> None:
    holds = Holds(room.home.database, room.ledger, room.clock, room.vault)
    decided = reversed_decision(room)
    account = room.vault.put(b"told of a red cube", Label(room.case))  # as of a report: it belongs to no content
    row = {
        "item_id": decided.items[0].item,
        "state": Preserved.KEPT.value,
        "at": timestamp(AT),
        "circumstances": account,
    }
    with room.home.database.writing() as connection:
        connection.execute(sa.insert(case_preservations).values(**row))
    ours = holds.place_on_case(REPORTER, room.case, Basis.COUNSEL, reference=decided.id)
    other = holds.place(REPORTER, account, Basis.COUNSEL, reference="letter-1")
    assert {hold.evidence for hold in ours} == {room.evidence, account}
    stands = Undone(other.id, Undoing.STANDS, "other_grounds")
    assert set(HoldsFollow(holds).undo(decided)) == {*(Undone(hold.id, Undoing.UNDONE) for hold in ours), stands}
    assert holds.list() == [other]
