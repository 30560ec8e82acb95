"""Exports for auditors: line by line, without content or identities, and with nothing that a name could be tried on."""

import datetime as dt
import hashlib
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cases.evidence.stand import ASKER, AT, CANARY, REPORTER, SUBJECT, item
from tests.unit.cases.exports.test_exports import AUDITOR, NAMES, PROMPT, Desk, Given, desk

from safehold.cases import CaseId, Content, Place, Subject, SubjectKind
from safehold.cases.decisions import DecisionId
from safehold.cases.errors import NotForThemError
from safehold.cases.exports import Disclosure, Exports, Scope, verify_disclosure, verify_export
from safehold.cases.exports.audit_file import events
from safehold.cases.exports.errors import ExportBrokenError, ExportError
from safehold.ledger import SigningKey
from safehold.ledger.canonical import canonical
from safehold.ledger.entry import Recorded
from safehold.vocabulary import Event

__all__ = ["desk"]
HOUR = dt.timedelta(hours=1)
EARLIER = Path(__file__).parents[3] / "vectors" / "audit-export-1.json"


def records(data: bytes, kind: str) -> list[dict[str, Any]]:
    found = (json.loads(line) for line in data.splitlines())
    return [one["value"] for one in found if one["record"] == kind]


def test_an_auditor_gets_decisions_events_and_statistics(desk: Desk) -> None:
    room = desk.room
    data = desk.audit()
    found = verify_export(data, public_key=room.ledger.checkpoint().public_key)
    assert (found.profile, found.cases, found.is_anchored, dict(found.files)) == ("audit", 1, True, {})
    (decision,) = records(data, "decision")
    assert (decision["decided_by"], decision["reversed_by"]) == ("person-2", "person-3")
    assert records(data, "statistics") == [
        {
            "cases_by_state": {"open": 1},
            "items_by_origin": {"gateway": 2},
            "items_by_action": {"deny": 1, "hold": 1},
            "verdicts": {"confirm": 1, "not_a_violation": 1},
            "decisions_without_people": 0,
            "decisions_reversed": 1,
            "second_reviews": 1,
            "hours_to_first_decision": 2,
        }
    ]
    assert {event["event_kind"] for event in records(data, "event")} >= {"case.opened"}
    assert room.events("case.exported")[0]["profile"] == "audit"


def test_an_auditor_gets_no_content_no_identity_and_nothing_that_leads_to_either(desk: Desk) -> None:
    room = desk.room
    room.granted()
    text = re.sub(r"ed25519:[\w+/]{43}=", "", desk.audit().decode())  # chance may put any short word into a key
    hidden = [*NAMES, CANARY.decode().strip(), PROMPT, SUBJECT.mark, room.evidence, "07" * 32, "f" * 64, "chk_1"]
    for word in (*hidden, "bank@1", "clear", "frame 3", "B2", "industry", "unclear"):
        assert word not in text, word


def guesses(recorded: Recorded) -> Iterator[str]:
    """Give every digest that a reader could compute of an event whose every other field they know, for each name."""
    for name in NAMES:
        event = replace(recorded.event, actor=name)
        leaf = Recorded.of(recorded.seq, recorded.at, event).leaf_hex
        yield leaf
        yield hashlib.sha256(bytes.fromhex(leaf)).hexdigest()
        for key in (b"", AUDITOR.name.encode(), bytes(32)):
            yield hashlib.blake2b(bytes.fromhex(leaf), key=key, digest_size=32).hexdigest()


def test_no_name_of_the_staff_can_be_tried_on_an_export(desk: Desk) -> None:
    room = desk.room
    for name in NAMES:
        room.ledger.append(Event("case.assigned", name, details={"case": room.case, "to": name}))
    data = desk.audit().decode()
    for entry in room.ledger.events():
        for digest in guesses(entry):
            assert digest not in data
    leaves = {entry.leaf_hex for entry in room.ledger.events()}
    assert not any(leaf in data for leaf in leaves), "nor do leaves of the events beside it"
    assert len(records(data.encode(), "event")) >= len(NAMES)


def test_the_same_event_is_bound_otherwise_in_every_export(desk: Desk) -> None:
    first, second = ({one["ledger_place"]: one["commitment"] for one in records(desk.audit(), "event")} for _ in "ab")
    assert first.keys() <= second.keys()
    assert set(first.values()).isdisjoint(second.values())


def test_single_events_can_be_opened_and_are_what_the_export_was_bound_to(desk: Desk) -> None:
    room = desk.room
    data = desk.audit()
    digest = hashlib.sha256(b"".join(data.splitlines(keepends=True)[:-1])).hexdigest()
    place = records(data, "event")[0]["ledger_place"]
    with pytest.raises(NotForThemError):
        desk.exports.disclose(AUDITOR, digest, [place])
    told = desk.exports.disclose(REPORTER, digest, [place])
    public_key = room.ledger.checkpoint().public_key
    again = Disclosure.from_json(told.to_json())
    assert verify_disclosure(io.BytesIO(data), again, public_key) == 1
    assert room.events("case.export_disclosed") == [{"digest": digest, "events": 1}]
    other = desk.exports.disclose(REPORTER, digest, [place + 1])
    lied = Disclosure(digest, {place: other.keys[place + 1], **other.keys}, told.proof)
    for broken in (lied, replace(again, export="0" * 64), Disclosure(digest, {}, told.proof)):
        with pytest.raises(ExportBrokenError):
            verify_disclosure(io.BytesIO(data), broken, public_key)
    with pytest.raises(ExportError):
        desk.exports.disclose(REPORTER, "0" * 64, [place])
    with pytest.raises(ExportBrokenError):
        Disclosure.from_json(b"{}")


def test_an_altered_export_is_refused(desk: Desk) -> None:
    data = desk.audit()
    lines = data.splitlines(keepends=True)
    assert verify_export(b"".join(lines)).profile == "audit"
    for number in range(len(lines)):
        without = [*lines[:number], *lines[number + 1 :]]
        twice = [*lines[: number + 1], *lines[number:]]
        swapped = [*lines[:number], *lines[number : number + 2][::-1], *lines[number + 2 :]]
        for broken in (without, twice, *([swapped] if number + 1 < len(lines) else [])):
            with pytest.raises(ExportBrokenError):
                verify_export(b"".join(broken))
    for changed in (
        data[:-1],
        data[:-20],
        data + b"\n",
        data + lines[-1],
        data.replace(b"case.opened", b"case.moved"),
        b"",
    ):
        with pytest.raises(ExportBrokenError):
            verify_export(changed)
    with pytest.raises(ExportBrokenError, match="another key"):
        verify_export(data, public_key=SigningKey.generate().public_key)


def test_a_seal_fits_its_own_lines_alone(desk: Desk) -> None:
    data, other = (desk.audit().splitlines(keepends=True) for _ in "ab")
    with pytest.raises(ExportBrokenError, match="altered"):
        verify_export(b"".join([*data[:-1], other[-1]]))
    sealed = json.loads(data[-1])
    for name, value in {"place": sealed["value"]["place"] + 1, "digest": "0" * 64, "more": 1}.items():
        changed = canonical({**sealed, "value": {**sealed["value"], name: value}}) + b"\n"
        with pytest.raises(ExportBrokenError):
            verify_export(b"".join([*data[:-1], changed]))


def test_an_export_of_the_earlier_version_is_still_read() -> None:
    data = EARLIER.read_bytes()
    found = verify_export(data, public_key="safehold-ed25519:shvKvaiIR1N2jis1Utftrsz+nnIU1eoz2wl4pjUu2/0=")
    assert (found.profile, found.cases, found.is_anchored) == ("audit", 1, True)
    fields = json.loads(data)
    document = {**fields["document"], "decisions": []}
    with pytest.raises(ExportBrokenError):
        verify_export(canonical({**fields, "document": document}))


def test_cases_are_chosen_by_when_they_were_opened(desk: Desk) -> None:
    database = desk.room.home.database
    for since, until, found in ((AT, AT + HOUR, 1), (AT - HOUR, AT, 0), (AT + HOUR, AT + 2 * HOUR, 0)):
        assert len(list(Scope((), since, until).each(database))) == found
    with pytest.raises(ExportError):
        desk.exports.audit(AUDITOR, Scope((), AT - HOUR, AT), io.BytesIO())
    with pytest.raises(NotForThemError):
        desk.exports.audit(ASKER, Scope((), AT, AT + HOUR), io.BytesIO())


def open_many(desk: Desk, number: int) -> list[CaseId]:
    room, made = desk.room, []
    with room.home.database.writing() as connection:
        for one in range(number):
            subject = Subject(SubjectKind.ACCOUNT, f"{one:032x}")
            told = replace(item(room.evidence, 9), reference=f"chk_{one}#7", signals=(), content=Content(Place.NOWHERE))
            made.append(room.cases.open(subject, [told], connection, actor="system"))
    return made


def test_many_cases_are_exported_with_their_events(desk: Desk) -> None:
    made = open_many(desk, 60)
    desk.room.pass_time(days=2)
    desk.room.cases.assign(made[0], "kim", actor="kim")
    out = io.BytesIO()
    assert desk.exports.audit(AUDITOR, Scope((), AT, AT + HOUR), out) == 61
    data = out.getvalue()
    assert verify_export(data).events == len(records(data, "event"))
    told = {one["event_kind"] for one in records(data, "event")}
    assert told >= {"case.opened", "case.assigned"}
    by_id = io.BytesIO()
    desk.exports.audit(AUDITOR, Scope((desk.room.case, *made)), by_id)
    places = [[one["ledger_place"] for one in records(each, "event")] for each in (data, by_id.getvalue())]
    assert set(places[0]) == set(places[1])
    assert len(made) > events.FEW_CASES


def test_what_was_read_of_a_case_has_left_before_the_next_one_is_read(desk: Desk) -> None:
    out, left = io.BytesIO(), []

    class Watched(Given):
        def of_case(self, case: CaseId) -> Sequence[Any]:
            left.append(out.tell())
            return super().of_case(case)

    open_many(desk, 5)
    archive = replace(desk.exports._archive, decisions=Watched(desk.decisions.rows))
    Exports(desk.room.home.database, desk.room.clock, archive, desk.exports._signing).audit(
        AUDITOR, Scope((), AT, AT + HOUR), out
    )
    assert len(set(left)) == 6, "each time more of the file was written"


def test_people_have_other_names_in_every_export(desk: Desk) -> None:
    desk.decisions.rows.append(replace(desk.decisions.rows[0], id=DecisionId("dec_" + "4" * 20), person="auda"))
    assert [one["decided_by"] for one in records(desk.audit(), "decision")] == ["person-2", "person-1"]
