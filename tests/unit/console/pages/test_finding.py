"""Search, cases by hand, and the overview: what is found, and what of it is kept nowhere."""

import datetime as dt
import secrets

import pytest
from tests.unit.console.pages.room import Room, picture, sha256

from safehold.cases import CaseId, Role, SubjectKind
from safehold.media.signature_picture import write_test_signature

CANARY = "zanzibar-xylophone-4711"
REVIEWER = Role.REVIEWER


def _kept(room: Room) -> str:
    """Return everything that was written down: the ledger's events and the console's log."""
    return str([line.event for line in room.workshop.ledger.events()]) + room.standing.log.getvalue()


def test_a_case_is_found_by_the_name_of_its_account_and_by_its_hash(room: Room) -> None:
    signal = sha256(secrets.token_bytes(9))
    account = f"account-{secrets.token_hex(4)}"
    case = room.case(f"chk_{secrets.token_hex(4)}#0", account, signals=(signal,))
    browser = room.as_(REVIEWER)
    for text in (account, signal.value.hex(), signal.value.hex().upper(), f"  {case} "):
        assert case in browser.send_form("/search", {"text": text}).text, text
    assert "In no case" in browser.send_form("/search", {"text": account[:-1]}).text


def test_what_is_searched_for_is_written_nowhere_and_that_somebody_searched_is(room: Room) -> None:
    answer = room.as_(REVIEWER).send_form("/search", {"text": CANARY})
    assert answer.status_code == 200
    assert CANARY not in answer.text
    assert CANARY not in str(answer.headers)
    assert CANARY not in _kept(room)
    assert room.kinds()[-1] == "case.searched"


def test_a_search_in_an_address_finds_nothing(room: Room) -> None:
    assert CANARY not in room.as_(REVIEWER).get(f"/search?text={CANARY}").text


@pytest.mark.parametrize("text", ["", " ", "x" * 301])
def test_nothing_to_search_for_is_told(room: Room, text: str) -> None:
    assert room.as_(REVIEWER).send_form("/search", {"text": text}).status_code == 422


@pytest.mark.parametrize("text", ["\0", "' OR 1=1 --", "<img src=x onerror=alert(1)>", "%", "../../etc"])
def test_hostile_searches_find_nothing_and_are_not_repeated(room: Room, text: str) -> None:
    answer = room.as_(REVIEWER).send_form("/search", {"text": text})
    assert answer.status_code in {200, 422}
    assert "onerror" not in answer.text
    assert 'href="/cases/case_' not in answer.text


def test_a_file_is_looked_up_and_kept_nowhere(room: Room) -> None:
    data = picture("red")
    case = room.case(f"chk_{secrets.token_hex(4)}#0", signals=(sha256(data),))
    before = sorted(room.workshop.home.path.rglob("*"))
    answer = room.as_(REVIEWER).send_form("/search/file", files={"file": (f"{CANARY}.png", data, "image/png")})
    assert answer.status_code == 200
    assert case in answer.text
    assert sha256(data).value.hex() in answer.text
    assert CANARY not in answer.text + _kept(room)
    assert sorted(room.workshop.home.path.rglob("*")) == before


def test_the_test_signature_is_named_as_the_same_bytes(room: Room, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("signature") / "signature.png"
    write_test_signature(path)
    answer = room.as_(REVIEWER).send_form("/search/file", files={"file": ("x", path.read_bytes(), "image/png")})
    assert "the same bytes" in answer.text


@pytest.mark.parametrize(
    "data", [b"<svg onload=alert(1)>", b"<html><script>alert(1)</script>", b"\x89PNG\r\n\x1a\n" * 9]
)
def test_a_hostile_file_is_fingerprinted_and_never_shown(room: Room, data: bytes) -> None:
    name = '"><script>alert(1)</script>.svg'
    answer = room.as_(REVIEWER).send_form("/search/file", files={"file": (name, data, "image/svg+xml")})
    assert answer.status_code == 200
    assert sha256(data).value.hex() in answer.text
    assert "alert(1)" not in answer.text


def test_who_may_not_review_can_look_up_no_file(room: Room) -> None:
    auditor = room.as_(Role.AUDITOR)
    assert 'action="/search/file"' not in auditor.get("/search").text
    assert auditor.send_form("/search/file", files={"file": ("x", b"x", "text/plain")}).status_code == 403


def _opened(room: Room, **fields: str) -> CaseId:
    answer = room.as_(REVIEWER).send_form("/hand", fields)
    assert answer.status_code == 303, answer.text
    return CaseId(answer.headers["location"].rpartition("/")[2])


def test_a_case_by_hand_joins_the_open_case_of_its_account(room: Room) -> None:
    account = f"account-{secrets.token_hex(4)}"
    case = room.case(f"chk_{secrets.token_hex(4)}#0", account)
    assert _opened(room, about="account", name=account, note="a red cube", priority="urgent") == case
    found = room.casework.cases.show(case)
    assert (found.items, found.priority.value) == (2, "urgent")


def test_danger_said_by_hand_is_raised_with_the_case(room: Room) -> None:
    fields = {"about": "account", "name": f"account-{secrets.token_hex(4)}", "priority": "danger"}
    answer = room.as_(REVIEWER).send_form("/hand", fields)
    danger = room.casework.dangers.show(answer.headers["location"].rpartition("/")[2])
    assert danger.is_open
    assert room.casework.cases.show(danger.case).queue == "danger"


def test_what_is_written_by_hand_is_sealed_and_named_nowhere_else(room: Room) -> None:
    case = _opened(room, about="account", name=CANARY, note=CANARY)
    (item,) = room.casework.cases.items(case)
    sealed = room.casework.cases.context(item.id)
    assert sealed
    assert CANARY.encode() not in sealed
    assert CANARY not in str(item) + _kept(room)
    assert room.casework.cases.show(case).subject.mark == room.casework.marks.of("account", CANARY)


def test_a_case_by_hand_of_words_alone_waits_for_people_like_any_other(room: Room) -> None:
    found = room.casework.cases.show(_opened(room, about="session", name=secrets.token_hex(4), note="a red cube"))
    assert found.state.value == "open"
    assert found.undecided == 1


def test_a_notice_of_an_exchange_opens_one_case_however_often_it_is_put_in(room: Room) -> None:
    link, number = f"https://service.example/{secrets.token_hex(4)}", secrets.token_hex(4)
    fields = {"about": "link", "name": link, "exchange": "hotline-gb", "reference": f"2026/{number}-A"}
    case = _opened(room, **fields, due="2026-11-30T12:00")
    assert _opened(room, **fields, due="2026-12-30T12:00") == case
    found, (item,) = room.casework.cases.show(case), room.casework.cases.items(case)
    assert (item.told.origin.value, item.told.reference) == ("exchange", f"hotline-gb:2026/{number}-A")
    assert (found.items, found.due_at) == (1, dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC))
    assert found.subject.mark == room.casework.marks.of("link", link)
    assert {hit.case for hit in room.casework.cases.find(f"hotline-gb:2026/{number}-A")} == {case}
    assert _opened(room, **(fields | {"exchange": "another"})) == case
    assert room.casework.cases.show(case).items == 2
    assert link not in str(item) + _kept(room)


def test_a_case_by_hand_takes_hashes_and_a_files_fingerprints(room: Room) -> None:
    data = picture("blue")
    fields = {"csrf": "", "about": "nobody", "hashes": f"{'ab' * 32}\npdq:{'cd' * 32}\n{'ef' * 16}"}
    fields.pop("csrf")
    answer = room.as_(REVIEWER).send_form("/hand", fields, files={"file": ("x.png", data, "image/png")})
    case = CaseId(answer.headers["location"].rpartition("/")[2])
    (item,) = room.casework.cases.items(case)
    assert item.told.form.value == "image"
    assert {"sha256", "md5", "pdq", "sha1"} == {signal.algorithm.value for signal in item.told.signals}
    assert sha256(data) in item.told.signals
    assert room.casework.cases.show(case).subject.kind is SubjectKind.NOBODY


@pytest.mark.parametrize(
    "fields",
    [
        {"about": "account"},
        {"about": "nobody"},
        {"about": "somebody", "name": "x"},
        {"about": "model", "name": "two words"},
        {"about": "account", "name": "x", "hashes": "zz"},
        {"about": "account", "name": "x", "hashes": "ab" * 31},
        {"about": "account", "name": "x", "label": "two words"},
        {"about": "account", "name": "x", "note": "y" * 4001},
        {"about": "account", "name": "x", "due": "tomorrow"},
        {"about": "account", "name": "x", "exchange": "hotline-gb"},
        {"about": "account", "name": "x", "reference": "17"},
        {"about": "account", "name": "x", "exchange": "Hotline GB", "reference": "17"},
        {"about": "account", "name": "x", "exchange": "hotline-gb", "reference": "a b"},
        {"about": "nobody", "exchange": "hotline-gb", "reference": "1", "hashes": f"{'ab' * 32} {'cd' * 32}"},
    ],
)
def test_what_no_case_can_be_made_of_is_told(room: Room, fields: dict[str, str]) -> None:
    before = room.kinds()
    assert room.as_(REVIEWER).send_form("/hand", fields).status_code == 422
    assert room.kinds() == before


def test_the_overview_is_of_nobody(own_room: Room) -> None:
    own_room.case("chk_7#0")
    shown = own_room.as_(Role.QUALITY_LEAD, name="quentin").get("/overview").text
    assert "Items by day" in shown
    assert "1 items in all" in shown
    assert "amira" not in shown
    assert own_room.as_(REVIEWER).get("/overview").status_code == 403
