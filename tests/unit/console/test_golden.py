"""Golden items in the console: nobody can tell one from what comes in; leads keep, place and retire them."""

import datetime as dt
import json
import re

import pytest
from nacl.public import PrivateKey

from safehold.cases import CaseId, CaseItem, CaseState, Form, ItemState, Origin, Person, Place, Priority, Role, Subject
from safehold.cases.case import SubjectKind
from safehold.cases.decisions.errors import NotAllowedError
from safehold.cases.decisions.quality import GoldenId
from safehold.cases.exports.errors import ExportError
from safehold.gateway.circumstances import circumstances, open_circumstances
from safehold.gateway.item import CheckRequest, Context, Item, ItemKind
from safehold.gateway.particulars import Identifier, IdentifierKind, Occurrence, OccurrenceKind, Particulars
from safehold.ledger.entry import timestamp
from safehold.vault.recipient import RecipientKey
from safehold.vocabulary import Algorithm, Finding, FindingKind, Signal, Tier
from safehold.wiring.goldens import Goldens
from safehold.wiring.guise import Guises

from .desk import Desk, near

LEAD = Person("clara", frozenset({Role.QUALITY_LEAD}))
CONFIRMS = {
    "verdict": "confirm",
    "harm": "csem",
    "realism": "drawn",
    "depicted": "unclear",
    "band": "unclear",
    "confidence": "low",
}
SIGNATURE = Finding(FindingKind.MATCH, "sha256", "test", "test@1#0", tier=Tier.TRUSTED, distance=None)


def arrived(desk: Desk, name: str, number: int, **more: object) -> CaseId:
    """Return the case of a picture that came through the gateway now, from an account."""
    now, check = desk.clock.now(), f"{int(desk.clock.now().timestamp() * 1000):012x}{number:020x}"
    particulars = Particulars(
        identifiers=(Identifier(IdentifierKind.EMAIL, f"{name}@mail.example"),),
        occurrences=(Occurrence(OccurrenceKind.UPLOAD, timestamp(now), "192.0.2.7", 4711, is_proxy=False),),
    )
    context = Context(account=name, session=f"s-{number}", model="m-1", model_version="2", particulars=particulars)
    request = CheckRequest((Item(ItemKind.PROMPT, text="a red cube", id=f"p-{number}"),), context)
    told = {
        "reference": f"{check}#0",
        "at": now,
        "content": desk.picture(number),
        "context": desk.public.box(circumstances(request, check=check, at=now)),
        "policy": policy_of(desk),
        "signals": (Signal(Algorithm.SHA256, bytes([number]) * 32), Signal(Algorithm.MD5, bytes([number]) * 16)),
    }
    about = Subject(SubjectKind.ACCOUNT, desk.casework.marks.of("account", name) or "")
    item = desk.item(number, **(told | more))
    return CaseId(desk.casework.cases.open(about, [item], actor="gateway", label="csem"))


def policy_of(desk: Desk) -> str:
    return str(goldens_of(desk)._policy().label)


def goldens_of(desk: Desk) -> Goldens:
    return Goldens(desk.casework, desk.casework.golden_pool, desk.key)


def decided(desk: Desk, case: CaseId) -> CaseItem:
    """Have two people decide a case, and return its item."""
    for name, role, said in (
        ("amira", Role.REVIEWER, {"verdict": "second_opinion"}),
        ("boris", Role.SPECIALIST, CONFIRMS),
    ):
        desk.take(case, name, role)
        (item,) = desk.items(case)
        fields = {"item": item.id, "version": str(desk.casework.cases.show(case).version), **said}
        answer = desk.as_(role, name=name).send_form(f"/cases/{case}/decide", fields)
        assert answer.status_code == 303, answer.text
    return desk.items(case)[0]


def as_lead(desk: Desk):  # noqa: ANN201 - a browser
    return desk.as_(Role.QUALITY_LEAD, name="clara")


def placed(desk: Desk) -> CaseId:
    return CaseId(str(desk.events("golden.placed")[-1].details["case"]))


def shape(page: str) -> str:
    """Return a page without what differs between any two cases: ids, digests, names of sealed things, tokens."""
    page = re.sub(r"[0-9a-f]{10,}…?|(?<=Case )[0-9a-f]{8}", "HEX", page)
    return re.sub(r"\s+", " ", page)


def test_a_golden_item_is_shown_like_one_that_has_just_come(desk: Desk) -> None:
    golden = goldens_of(desk).add(LEAD, decided(desk, arrived(desk, "a-17", 5)).id)
    desk.clock.at += dt.timedelta(days=9)
    assert as_lead(desk).send_form(f"/golden/{golden}/place").status_code == 303
    pages = []
    for case in (arrived(desk, "a-23", 6), placed(desk)):
        desk.take(case, "david")
        pages.append(shape(desk.as_(Role.REVIEWER, name="david").get(f"/cases/{case}").text))
    assert pages[0] == pages[1]
    assert "data-viewer" in pages[0]
    assert "Circumstances" in pages[0]


def test_its_circumstances_agree_with_its_case_and_with_the_day(desk: Desk) -> None:
    source = decided(desk, arrived(desk, "a-17", 5))
    golden_id = goldens_of(desk).add(LEAD, source.id)
    desk.clock.at += dt.timedelta(days=9)
    as_lead(desk).send_form(f"/golden/{golden_id}/place")
    ordinary, golden = (desk.items(case)[0] for case in (arrived(desk, "a-23", 6), placed(desk)))
    one, other = (open_circumstances(desk.casework.cases.context(item.id), desk.key) for item in (ordinary, golden))
    assert _skeleton(one) == _skeleton(other)
    assert other["account"] not in {"", "a-17"}
    assert other["identifiers"][0]["value"] != "a-17@mail.example"
    hits = desk.casework.cases.find(desk.casework.marks.of("account", other["account"]) or "")
    assert [hit.case for hit in hits] == [golden.case]
    assert golden.told.reference == f"{other['check']}#0"
    assert other["at"] == timestamp(desk.clock.now()) == other["occurrences"][0]["at"]
    assert other["items"][0]["text"] == "a red cube"
    assert golden.told.at == ordinary.told.at
    assert golden.told.policy == ordinary.told.policy
    assert [len(signal.value) for signal in golden.told.signals] == [32, 16]
    assert not set(golden.told.signals) & set(source.told.signals)


def _skeleton(told: object) -> object:
    """Return the shape of circumstances: keys, kinds of values, lengths of what has one length."""
    if isinstance(told, dict):
        return {key: _skeleton(value) for key, value in told.items()}
    if isinstance(told, list):
        return [_skeleton(one) for one in told]
    return re.sub(r"\d+", "0", re.sub(r"[0-9a-f]{16,}", "HEX", told)) if isinstance(told, str) else type(told)


def test_its_content_opens_once_its_source_is_gone_and_is_kept_like_any_other(desk: Desk) -> None:
    item = decided(desk, arrived(desk, "a-17", 5))
    goldens = goldens_of(desk)
    golden = goldens.add(LEAD, item.id)
    desk.clock.at += dt.timedelta(days=90)
    (shown,) = desk.items(goldens.place(LEAD, golden))
    assert shown.told.content.place is Place.HELD
    assert shown.told.content.reference != item.told.content.reference
    held = desk.casework.held
    opened = held.open(shown.told.content.reference, desk.key, actor="david", purpose="review", now=desk.clock.now())
    assert opened.data.startswith(b"\xff\xd8")
    assert desk.events("held.opened")[0].details["purpose"] == "golden"


def test_an_item_is_kept_once_and_placed_as_often_as_a_lead_wants(desk: Desk) -> None:
    item = decided(desk, arrived(desk, "a-17", 5))
    for _ in range(2):
        as_lead(desk).send_form("/golden", {"item": item.id})
    (golden,) = desk.casework.golden_pool.list()
    assert (golden.placed, golden.waiting) == (2, 2)
    as_lead(desk).send_form(f"/golden/{golden.id}/place")
    cases = {str(one.details["case"]) for one in desk.events("golden.placed")}
    assert len(cases) == 3
    marks = {desk.casework.cases.show(CaseId(case)).subject.mark for case in cases}
    assert len(marks) == 3
    shown = as_lead(desk).get("/golden").text
    assert "confirm: CSEM" in shown
    assert "too few" not in shown


def test_what_is_retired_waits_for_nobody_and_leaves_nothing_sealed_behind(desk: Desk) -> None:
    item = decided(desk, arrived(desk, "a-17", 5))
    as_lead(desk).send_form("/golden", {"item": item.id})
    case, (golden,) = placed(desk), desk.casework.golden_pool.list()
    assert as_lead(desk).send_form(f"/golden/{golden.id}/retire").status_code == 303
    assert desk.casework.cases.show(case).state is CaseState.CLOSED
    assert desk.items(case)[0].state is ItemState.DECIDED
    assert [as_lead(desk).send_form(f"/golden/{golden.id}/{what}").status_code for what in ("place", "retire")] == [
        409
    ] * 2
    assert "retired" in as_lead(desk).get("/golden").text
    assert desk.events("golden.retired")[0].details == {"golden": golden.id, "waiting": 1}


def test_figures_are_of_queues_and_of_nobody(desk: Desk) -> None:
    item = decided(desk, arrived(desk, "a-17", 5))
    as_lead(desk).send_form("/golden", {"item": item.id})
    case = placed(desk)
    desk.take(case, "david")
    fields = {"item": desk.items(case)[0].id, "version": "1", **CONFIRMS}
    assert desk.as_(Role.REVIEWER, name="david").send_form(f"/cases/{case}/decide", fields).status_code == 303
    shown = as_lead(desk).get("/golden").text
    assert "too few to be told" in shown
    assert "david" not in shown


@pytest.mark.parametrize(
    "more",
    [
        {"origin": Origin.REPORT, "role": "report", "form": Form.LINK},
        {"origin": Origin.DATASET, "role": "record"},
        {"context": b""},
    ],
)
def test_what_anybody_could_tell_from_the_others_is_no_golden_item(desk: Desk, more: dict[str, object]) -> None:
    item = decided(desk, arrived(desk, "a-17", 5, **more))
    answer = as_lead(desk).send_form("/golden", {"item": item.id})
    assert answer.status_code == 422
    assert "No golden item can be made of it" in answer.text
    assert desk.events("golden.") == []


def test_what_nobody_or_one_person_decided_is_no_golden_item(desk: Desk) -> None:
    (item,) = desk.items(arrived(desk, "a-17", 5))
    for named in (item.id, "item_nothing", ""):
        assert as_lead(desk).send_form("/golden", {"item": named}).status_code == 422


def test_a_danger_to_life_is_placed_as_urgent_work_and_never_as_a_danger(desk: Desk) -> None:
    case = arrived(desk, "a-17", 5)
    item = decided(desk, case)
    desk.casework.cases.prioritise(case, Priority.DANGER, actor="clara")
    as_lead(desk).send_form("/golden", {"item": item.id})
    assert desk.casework.cases.show(placed(desk)).priority is Priority.URGENT


def test_who_decides_cases_learns_of_no_golden_item(desk: Desk) -> None:
    item = decided(desk, arrived(desk, "a-17", 5))
    as_lead(desk).send_form("/golden", {"item": item.id})
    (golden,) = desk.casework.golden_pool.list()
    for role in (Role.REVIEWER, Role.SPECIALIST, Role.ENFORCER):
        client = desk.as_(role, name="david")
        asked = [client.get("/golden"), *(client.send_form(path) for path in ("/golden", f"/golden/{golden.id}/place"))]
        assert [one.status_code for one in asked] == [403] * 3
        assert "olden" not in "".join(client.get(path).text for path in ("/", "/cases", f"/cases/{placed(desk)}"))
    with pytest.raises(NotAllowedError):
        desk.casework.golden_pool.retire(Person("david", frozenset({Role.REVIEWER})), GoldenId(golden.id))


def test_whoever_is_really_called_like_the_account_of_a_golden_item_keeps_a_case_of_their_own(desk: Desk) -> None:
    """Accounts are often numbers: one that is drawn may be somebody's."""
    as_lead(desk).send_form("/golden", {"item": decided(desk, arrived(desk, "a-1", 5)).id})
    named = open_circumstances(desk.casework.cases.context(desk.items(placed(desk))[0].id), desk.key)["account"]
    theirs = arrived(desk, named, 7)
    assert theirs != placed(desk)
    as_lead(desk).send_form(f"/golden/{desk.casework.golden_pool.list()[0].id}/place")
    assert desk.casework.cases.show(theirs).items == 1


def test_names_become_others_of_their_kind_and_the_same_ones_the_same() -> None:
    guises = Guises(dt.timedelta(days=1))
    for name in ("a-1742", "amira", "3f2a9c0d11", "x@mail.example", "+44 20 7946 0000"):
        made = guises.other(name)
        assert made != name
        assert made == guises.other(name)
        assert re.sub(r"[0-9a-f]", "", made) == re.sub(r"[0-9a-f]", "", name)
        assert len(made) - len(name) in ({0, 2} if not re.search(r"\d", name) else {0})
    told = {"at": "2026-11-22T09:00:00Z", "identifiers": [{"kind": "display_name", "value": "A. Person"}]}
    made = guises.circumstances(told, check="")
    assert (made["at"], made["identifiers"]) == ("2026-11-23T09:00:00Z", told["identifiers"])
    assert json.dumps(made)


def test_near_findings_stay_and_what_a_list_settles_is_left_out(desk: Desk) -> None:
    item = decided(desk, arrived(desk, "a-17", 5, findings=(near(),)))
    as_lead(desk).send_form("/golden", {"item": item.id})
    assert desk.items(placed(desk))[0].told.findings == (near(),)


def test_nobody_is_called_for_a_golden_item_and_no_authority_is_given_one(desk: Desk) -> None:
    as_lead(desk).send_form("/golden", {"item": decided(desk, arrived(desk, "a-17", 5)).id})
    case = placed(desk)
    told = desk.as_(Role.REVIEWER, name="david").send_form(f"/cases/{case}/danger", {"kind": "child", "country": "GB"})
    assert (told.status_code, "Nobody is in danger here" in told.text) == (409, True)
    assert desk.casework.dangers.list() == []
    recipient = RecipientKey(bytes(PrivateKey.generate().public_key))
    with pytest.raises(ExportError):
        desk.casework.exports.law(Person("rosa", frozenset({Role.REPORTER})), case, recipient)
