"""Cases through the command line: opened by hand, found, given to somebody, escalated; nothing is taken or told."""

from collections.abc import Callable

import pytest
from tests.functional.conftest import Call

HASH = "sha256:" + "5a" * 32


@pytest.fixture
def opened(call: Call) -> str:
    """Open a case by hand and give its id."""
    said = call("case", "open", "--account", "a-17", "--hash", HASH, "--label", "csam", "--reference", "T-17")
    return str(said.data["case"]["case"])


def test_a_case_goes_its_way_by_hand(call: Call, opened: str) -> None:
    assert [one["case"] for one in call("case", "list", "--queue", "others").data["cases"]] == [opened]
    unfit = "roles don't let them decide"
    call("user", "create", "amira", "--role", "reviewer")
    call("user", "create", "enid", "--role", "enforcer")
    assert unfit in str(call("case", "assign", opened, "enid"))
    assert "nobody of this name" in str(call("case", "assign", opened, "nina"))
    assert call("case", "assign", opened, "amira").data["case"]["assignee"] == "amira"
    assert [one["case"] for one in call("case", "list", "--assignee", "amira").data["cases"]] == [opened]
    assert call("case", "assign", opened, "--nobody").data["case"]["assignee"] == ""
    said = call("case", "escalate", opened, "--reason", "danger_to_life", "--danger").data["case"]
    assert (said["state"], said["queue"], said["priority"]) == ("escalated", "danger", "danger")
    assert [one["case"] for one in call("danger", "list").data["dangers"]] == [opened]
    told = call("case", "open", "--account", "a-19", "--priority", "danger").data["case"]
    assert (told["queue"], len(call("danger", "list").data["dangers"])) == ("danger", 2)
    assert unfit in str(call("case", "assign", opened, "amira"))
    seen = call("case", "show", opened).data
    assert seen["items"][0]["signals"][0]["value"] == "5a" * 32
    assert (seen["case"]["label"], seen["case"]["undecided"]) == ("csam", 1)


def test_a_case_is_found_by_what_names_it_and_an_account_is_named_nowhere(
    call: Call, shown: Callable[..., tuple[int, str]], opened: str
) -> None:
    for asked in (("T-17",), ("5A" * 32,), ("--account", "a-17"), (opened,)):
        assert {one["case"] for one in call("case", "find", *asked).data["found"]} == {opened}
    assert call("case", "find", "--session", "a-17").data["found"] == []
    assert call("case", "show", "T-17").data["case"]["case"] == opened
    assert "a-17" not in str(call("case", "show", opened)) + shown("case", "show", opened)[1]


def test_the_same_reference_and_the_same_hash_open_no_second_case(call: Call, opened: str) -> None:
    again = call("case", "open", "--account", "a-18", "--reference", "T-17").data["case"]
    assert (again["case"], again["items"]) == (opened, 1)
    joined = call("case", "open", "--hash", HASH).data["case"]
    assert (joined["case"], joined["items"]) == (opened, 2)
    assert call("case", "open", "--model", "m-1").data["case"]["case"] != opened


NOTICE = ("case", "open", "--origin", "exchange", "--exchange", "hotline-gb", "--reference")


def test_a_notice_of_an_exchange_opens_a_case_once_and_joins_what_is_open(call: Call, opened: str) -> None:
    link = "https://service.example/a-17"
    first = call(*NOTICE, "2026/118", "--link", link, "--due", "2026-11-30T12:00Z").data["case"]
    again = call(*NOTICE, "2026/118", "--link", link, "--due", "2026-11-20").data["case"]
    assert (again, first["items"], first["about"]) == (first, 1, "link")
    assert first["due_at"] == "2026-11-30T12:00:00+00:00"
    assert call("case", "list", "--origin", "exchange").data["cases"] == [first]
    assert call("case", "show", "hotline-gb:2026/118").data["items"][0]["form"] == "link"
    joined = call(*NOTICE, "2026/119", "--hash", HASH).data["case"]
    assert (joined["case"], joined["items"]) == (opened, 2)
    assert call(*NOTICE, "2026/120", "--account", "a-17").data["case"]["case"] == opened
    assert link not in str(call("case", "show", first["case"]).data)


def test_lists_go_on_where_they_stopped(call: Call) -> None:
    for number in range(3):
        call("case", "open", "--session", f"s-{number}")
    first = call("case", "list", "--limit", "2").data
    rest = call("case", "list", "--after", first["following"]).data
    assert len({one["case"] for one in [*first["cases"], *rest["cases"]]}) == 3
    assert rest["following"] is None


UNUSABLE = {
    ("show", "nothing"): "no case is named so",
    ("open",): "give one of",
    ("open", "--account", "a", "--model", "m"): "give one of",
    ("open", "--hash", "md5:zz"): "no fingerprint",
    ("open", "--hash", "md5:5a"): "16 bytes",
    ("open", "--model", "m n"): "one word",
    ("open", "--session", "s", "--label", "two words"): "one word",
    ("open", "--session", "s", "--queue", "nowhere"): "no queue",
    ("open", "--session", "s", "--origin", "exchange"): "a notice has",
    ("open", "--session", "s", "--exchange", "hotline-gb", "--reference", "1"): "a notice has",
    (*NOTICE[1:], "a b", "--session", "s"): "the reference of a notice",
    (*NOTICE[1:], "1", "--hash", HASH, "--hash", f"sha256:{'5b' * 32}"): "about one file",
    ("find",): "give TEXT",
    ("find", "x", "--account", "a"): "give TEXT",
    ("assign", "x"): "--nobody",
}


def test_what_can_not_be_done_is_said_with_what_to_do_and_changes_nothing(call: Call) -> None:
    for arguments, told in UNUSABLE.items():
        said = call("case", *arguments)
        assert said.code == 2, arguments
        assert told in said.errors + str(said.data)
    assert call("case", "list").data["cases"] == []


def test_what_a_case_was_escalated_for_is_attended_to_by_somebody_trained_and_no_danger_by_that(
    call: Call, opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAFEHOLD_ACTOR", "clara")
    call("user", "create", "clara", "--role", "reviewer")
    call("case", "escalate", opened, "--reason", "unsure")
    assert "your roles" in str(call("case", "attended", opened))
    call("user", "roles", "clara", "--role", "specialist")
    assert call("case", "attended", opened).data["case"]["state"] == "open"
    assert "not escalated" in str(call("case", "attended", opened))
    call("case", "escalate", opened, "--reason", "danger_to_life", "--danger")
    assert "danger to life is open" in str(call("case", "attended", opened))
    (danger,) = call("danger", "list").data["dangers"]
    call("danger", "close", danger["id"], "no_danger")
    assert call("case", "show", opened).data["case"]["state"] == "escalated"
    assert call("case", "attended", opened).data["case"]["state"] == "open"
