"""What is held or denied waits in the case of its account; what passes leaves no trace of a case."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.unit.gateway import made_up
from tests.unit.gateway.made_up import CANARY, Desk, Made, open_desk, picture

from safehold.cases import CaseItem, CaseState, Form, Origin, Place, Priority, SubjectKind
from safehold.cases.tables import case_contexts
from safehold.gateway import (
    CheckRequest,
    Context,
    Identifier,
    IdentifierKind,
    Item,
    ItemKind,
    Occurrence,
    OccurrenceKind,
    Particulars,
    Turn,
)
from safehold.gateway.casework import PROPOSAL, UNEXAMINED
from safehold.gateway.circumstances import MOST_CHARACTERS, circumstances, open_circumstances
from safehold.gateway.held import HeldItems
from safehold.media.signature_picture import test_signature_png as signature_png
from safehold.vault import CustodianKey
from safehold.vault.errors import ReviewKeyError
from safehold.vault.review import ReviewKey, make_review_key, read_review_key
from safehold.vocabulary import Action, Algorithm, FindingKind, GapReason

BOTH = f"a red cube and a blue ball {CANARY}"
PROMPT, IMAGE = ItemKind.PROMPT, ItemKind.IMAGE
TOLD = Particulars(
    identifiers=(Identifier(IdentifierKind.EMAIL, f"{CANARY}@example.org"),),
    occurrences=(Occurrence(OccurrenceKind.UPLOAD, "2026-11-22T12:00:00Z", "2001:db8::4711"),),
    conversation=(Turn("user", f"earlier {CANARY}"), Turn("assistant", "later")),
)


@pytest.fixture
def keys(tmp_path: Path) -> tuple[ReviewKey, CustodianKey]:
    folder = tmp_path / "elsewhere" / "keys"
    folder.mkdir(parents=True)
    made = make_review_key(folder, out=tmp_path / "review.key")
    return made, read_review_key(tmp_path / "review.key")


def items_of(desk: Desk) -> list[CaseItem]:
    return [item for case in desk.cases.list().cases for item in desk.cases.items(case.id, limit=10_000)]


def statements_of_a_check(folder: Path, *, has_cases: bool) -> list[str]:
    said: list[str] = []

    def hear(connection: Any, *_: object) -> None:
        connection.set_trace_callback(lambda statement: said.append(re.sub(r"'[^']*'|\d+", "?", statement)))

    with open_desk(folder, Made(has_cases=has_cases)) as desk:
        desk.say("a green tree", account="a", session="s")  # the first one makes what is made once
        sa.event.listen(desk.home.database.engine, "checkout", hear)
        assert desk.say("a green tree", account="a", session="s").case_id is None
        asked = list(said)
        assert desk.cases.list().cases == ()
    return asked


def test_what_passes_opens_no_case_and_asks_nothing_more_of_the_database(tmp_path: Path) -> None:
    with_cases, without = (statements_of_a_check(tmp_path / str(one), has_cases=one) for one in (True, False))
    assert with_cases == without
    assert any("gateway_decisions" in statement for statement in with_cases)


def test_a_held_or_denied_item_waits_in_its_accounts_case_with_everything_but_its_words(desk: Desk) -> None:
    answer = desk.ask(
        Item(PROMPT, text=BOTH), Item(PROMPT, text="a green tree"), account="a-17", session="s", model="m"
    )
    (case,) = desk.cases.list().cases
    (item,) = items_of(desk)
    assert (case.subject.kind, case.state, case.priority) == (SubjectKind.ACCOUNT, CaseState.OPEN, Priority.NORMAL)
    assert case.subject.mark == desk.rows("gateway_decisions")[0]["account"]
    told = item.told
    assert (told.origin, told.reference, told.form) == (Origin.GATEWAY, f"{answer.id}#0", Form.TEXT)
    assert (told.role, told.action, told.policy, told.at) == ("prompt", Action.DENY, answer.policy, made_up.AT)
    assert {finding.subject for finding in told.findings} >= {"sexualised-red_cube"} or told.findings
    assert all("#" not in finding.reference for finding in told.findings if finding.kind is FindingKind.RULE)
    assert told.signals == ()


def test_what_a_caller_was_told_to_call_the_case_finds_it_and_no_two_checks_were_told_the_same(desk: Desk) -> None:
    first, second = desk.say(BOTH, account="a"), desk.say(BOTH, account="a")
    (case,) = desk.cases.list().cases
    assert len({first.case_id, second.case_id, case.id}) == 3
    for known in map(str, (first.case_id, second.case_id, first.id, second.id)):
        assert {found.case for found in desk.cases.find(known)} == {case.id}
    assert re.fullmatch(r"case_[0-9a-f]{20}", str(first.case_id))


def test_fingerprints_are_those_of_the_bytes_as_they_came(desk: Desk) -> None:
    desk.ask(Item(IMAGE, data=signature_png()), account="a")
    (item,) = items_of(desk)
    made = {one.algorithm: one.value.hex() for one in item.told.signals}
    assert set(made) == set(Algorithm)
    assert desk.cases.find(made[Algorithm.SHA256])
    assert item.told.form is Form.IMAGE


def test_the_same_bytes_from_many_accounts_are_one_case(desk: Desk) -> None:
    for number in range(5):
        desk.ask(Item(IMAGE, data=signature_png()), account=f"a-{number}")
    (case,) = desk.cases.list().cases
    assert (case.items, case.undecided) == (5, 5)
    assert len({item.subject for item in items_of(desk)}) == 5


def test_who_is_named_decides_whose_case_it_is(desk: Desk) -> None:
    desk.say(BOTH, account="a", session="s")
    desk.say(BOTH, session="s")
    desk.say(BOTH)
    desk.say(BOTH)
    kinds = sorted(case.subject.kind.value for case in desk.cases.list().cases)
    assert kinds == ["account", "nobody", "nobody", "session"]


@pytest.mark.parametrize(
    ("item", "form"),
    [
        (Item(ItemKind.FILE, data=b"a red cube and a blue ball"), Form.TEXT),
        (Item(ItemKind.FILE, data=signature_png()), Form.IMAGE),
        (Item(IMAGE, data=b"no picture", file_name="a red cube, blue ball.png"), Form.FILE),
        (Item(IMAGE, data=b""), Form.FILE),
        (Item(ItemKind.LINK, text="https://example.org/red cube, blue ball"), Form.LINK),
        (Item(ItemKind.MESSAGES, turns=(Turn("user", BOTH),)), Form.TEXT),
    ],
)
def test_an_item_is_to_a_reviewer_what_its_bytes_are(desk: Desk, item: Item, form: Form) -> None:
    desk.ask(item)
    assert [one.told.form for one in items_of(desk)] == [form]


def test_what_was_not_examined_waits_too_and_says_so(tmp_path: Path) -> None:
    with open_desk(tmp_path, Made(ask=made_up.failing(GapReason.CRASHED))) as desk:
        desk.ask(Item(IMAGE, data=picture()), account="a")
        (case,) = desk.cases.list().cases
        (item,) = items_of(desk)
    assert (case.priority, case.label) == (Priority.LOW, UNEXAMINED)
    assert {gap.reason for gap in item.told.gaps} == {GapReason.CRASHED}
    assert {one.algorithm for one in item.told.signals} == {Algorithm.SHA256, Algorithm.SHA1, Algorithm.MD5}


def test_a_check_that_only_a_limit_refuses_opens_no_case(tmp_path: Path) -> None:
    conduct = [
        {
            "id": "limit",
            "of": "account",
            "counts": "blocked",
            "at_least": 1,
            "within_seconds": 600,
            "limit_seconds": 600,
            "proposes": "suspend",
            "reason": "made up for a test",
        }
    ]
    with open_desk(tmp_path, Made(made_up.policy(conduct=conduct))) as desk:
        desk.say(BOTH, account="a")
        assert desk.say("a green tree", account="a").case_id is None
        items = items_of(desk)
        (proposal,) = desk.rows("gateway_proposals")
    assert [item.told.role for item in items] == ["prompt", PROPOSAL]
    told = items[1].told
    assert (told.form, told.action, told.content.place) == (Form.FINGERPRINT, Action.HOLD, Place.NOWHERE)
    assert told.reference.endswith(proposal["id"])
    assert (told.findings[0].detector, told.findings[0].subject) == ("conduct", "suspend")


def test_without_a_review_key_nothing_is_kept_and_the_case_says_so(desk: Desk) -> None:
    desk.ask(Item(PROMPT, text=BOTH), account="a", particulars=TOLD)
    (item,) = items_of(desk)
    assert (item.told.content.place, item.told.content.reference) == (Place.NOWHERE, "no-review-key")
    assert desk.cases.context(item.id) == b""
    assert desk.rows("gateway_held") == []


@pytest.mark.parametrize(
    ("changes", "why", "has_context"),
    [({"retention__held_hours": 0}, "by-policy", False), ({"retention__held_bytes": 1}, "too-large", True)],
)
def test_what_a_policy_does_not_keep_is_said(
    tmp_path: Path, keys: tuple[ReviewKey, CustodianKey], changes: dict[str, int], why: str, *, has_context: bool
) -> None:
    with open_desk(tmp_path, Made(made_up.policy(**changes), review_key=keys[0])) as desk:
        desk.ask(Item(IMAGE, data=signature_png()), account="a")
        (item,) = items_of(desk)
        assert (item.told.content.place, item.told.content.reference) == (Place.NOWHERE, why)
        assert bool(desk.cases.context(item.id)) is has_context


def test_circumstances_open_with_the_review_key_alone_and_hold_all_that_was_told(
    tmp_path: Path, keys: tuple[ReviewKey, CustodianKey]
) -> None:
    with open_desk(tmp_path, Made(review_key=keys[0])) as desk:
        answer = desk.ask(
            Item(PROMPT, text=BOTH),
            Item(ItemKind.NEGATIVE_PROMPT, text="blurred"),
            account="a-17",
            session="s-1",
            model="painter",
            model_version="7",
            particulars=TOLD,
        )
        (item,) = items_of(desk)
        sealed = desk.cases.context(item.id)
        (held,) = HeldItems(desk.home.database, desk.ledger).list(answer.id)
    told = open_circumstances(sealed, keys[1])
    assert (told["check"], told["account"], told["session"]) == (answer.id, "a-17", "s-1")
    assert (told["model"], told["model_version"], told["is_cut"]) == ("painter", "7", False)
    assert [(one["kind"], one["text"]) for one in told["items"]] == [("prompt", BOTH), ("negative_prompt", "blurred")]
    assert told["identifiers"] == [{"kind": "email", "value": f"{CANARY}@example.org"}]
    assert told["occurrences"][0]["address"] == "2001:db8::4711"
    assert [turn["role"] for turn in told["conversation"]] == ["user", "assistant"]
    assert (item.told.content.place, item.told.content.reference) == (Place.HELD, held.id)
    other = make_review_key(tmp_path / "elsewhere" / "keys", out=tmp_path / "other.key", replaces=True)
    assert other.name != keys[0].name
    with pytest.raises(ReviewKeyError):
        open_circumstances(sealed, read_review_key(tmp_path / "other.key"))
    with pytest.raises(ReviewKeyError):
        open_circumstances(sealed[:-1] + bytes([sealed[-1] ^ 1]), keys[1])


def test_of_too_many_words_the_latest_are_kept_and_it_is_said_that_some_are_not() -> None:
    long = "x" * (MOST_CHARACTERS - 10)
    turns = (Turn("user", "first " * 9), Turn("assistant", "last word!"))
    request = CheckRequest((Item(PROMPT, text=long),), Context(particulars=Particulars(conversation=turns)))
    told = circumstances(request, check="c", at=made_up.AT).decode()
    assert '"last word!"' in told
    assert "first" not in told
    assert '"is_cut": true' in told


def planted(desk: Desk) -> Iterator[bytes]:
    """Yield everything that the home's files hold."""
    for path in sorted(desk.home.path.rglob("*")):
        if path.is_file():
            yield path.read_bytes()


@pytest.mark.parametrize("has_key", [True, False])
def test_nothing_that_was_told_stands_anywhere_in_plain(
    tmp_path: Path, keys: tuple[ReviewKey, CustodianKey], caplog: pytest.LogCaptureFixture, *, has_key: bool
) -> None:
    secrets = (CANARY, "2001:db8::4711", "a-17-secret", "s-1-secret", "painter-secret", "v7-secret")
    with open_desk(tmp_path, Made(review_key=keys[0] if has_key else None)) as desk:
        for kind in (PROMPT, ItemKind.CAPTION):
            desk.ask(
                Item(kind, text=BOTH, id=CANARY),
                Item(IMAGE, data=signature_png(), file_name=f"{CANARY}.png"),
                account="a-17-secret",
                session="s-1-secret",
                model="painter-secret",
                model_version="v7-secret",
                particulars=TOLD,
            )
        assert len(desk.cases.list().cases) == 1
        held = list(planted(desk))
        told = [str(entry.event) for entry in desk.ledger.events()]
    for secret in secrets:
        assert not any(secret.encode() in content for content in held)
        assert not any(secret in line for line in (*told, caplog.text))
        assert secret.encode().hex().encode() not in b"".join(held)


def test_a_decision_that_cannot_be_recorded_leaves_no_case_and_a_case_that_cannot_be_opened_no_decision(
    tmp_path: Path,
) -> None:
    with open_desk(tmp_path) as desk:
        with desk.home.database.writing() as connection:
            connection.execute(sa.text("DROP TABLE case_references"))
        with pytest.raises(Exception, match="case_references"):
            desk.say(BOTH, account="a")
        assert desk.rows("gateway_decisions") == desk.rows("cases") == desk.rows("case_items") == []
        assert desk.events("check.decided") == desk.events("case.opened") == []


def test_checks_of_one_account_at_the_same_moment_open_one_case(desk: Desk) -> None:
    threads = [threading.Thread(target=desk.say, args=(BOTH,), kwargs={"account": "a"}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(desk.cases.list().cases) == 1
    assert sum(item.told.role == "prompt" for item in items_of(desk)) == 8
    with desk.home.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(case_contexts)).scalar() == 0
