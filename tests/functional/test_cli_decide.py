"""Deciding through the command line: first, second, approved, reversed; and what is refused."""

from collections.abc import Callable

import pytest
from tests.functional.conftest import Call, Said

pytestmark = pytest.mark.long

As = Callable[..., Said]


@pytest.fixture
def by(call: Call, monkeypatch: pytest.MonkeyPatch) -> As:
    """Return a function that runs a command as somebody."""

    def called(name: str, *arguments: str) -> Said:
        monkeypatch.setenv("SAFEHOLD_ACTOR", name)
        return call(*arguments)

    return called


REFUSED = (
    ("nobody-here", ("--verdict", "cannot_tell"), "no user of the console"),
    ("lead", ("--verdict", "cannot_tell"), "not for you"),
    ("amira", ("--verdict", "confirm"), "kind of harm"),
    ("amira", ("7", "--verdict", "cannot_tell"), "not one of this case"),
    ("amira", ("--verdict", "confirm", "--harm", "csam", "--severity", "uk:A"), "trained"),
    ("amira", ("--verdict", "not_a_violation", "--allow"), "near to nothing"),
)


def test_what_is_decided_is_approved_by_another_listed_and_taken_back(by: As) -> None:
    """One home for all of it: making users is dear, since their passwords are."""
    people = (("amira", "reviewer"), ("clara", "specialist"), ("lead", "quality_lead"), ("david", "policy_approver"))
    for name, role in people:
        assert by("root", "user", "create", name, "--role", role).code == 0
    said = by("root", "case", "open", "--account", "a-17", "--hash", f"sha256:{'5a' * 32}", "--reference", "T-17")
    opened = str(said.data["case"]["case"])
    for who, arguments, words in REFUSED:
        refused = by(who, "case", "decide", opened, *arguments)
        assert (refused.code, words in refused.errors) == (2, True), (who, arguments, refused)
    assert by("root", "case", "show", opened).data["case"]["undecided"] == 1

    decided = by("amira", "case", "decide", opened, "--verdict", "cannot_tell", "--note", "unsure")
    assert (decided.code, decided.data["left"]) == (0, 1)
    assert by("clara", "case", "decisions", opened).data["decisions"][0]["items"] == []
    done = by("clara", "case", "decide", opened, "1", "--verdict", "confirm", "--harm", "csam", "--severity", "uk:C")
    assert done.data["items"][0]["axes"] == {"harm": "csam", "found_by": "hand", "severities": ["uk:C"]}
    (waiting,) = by("amira", "case", "approve-signals").data["waiting"]
    refused = by("clara", "case", "approve-signals", waiting["listing"])
    assert (refused.code, "themselves" in refused.errors) == (2, True)
    assert by("david", "case", "approve-signals", waiting["listing"]).data == {"settled": 1, "waiting": []}
    assert by("root", "bank", "show", "own-confirmed").data["bank"]["entries"] == {"sha256": 1}
    back = by("lead", "case", "reverse", done.data["decision"], "--reason", "mistaken")
    assert back.data["reopened"] == 1
    assert ("own_bank", "undone") in {(one["party"], one["outcome"]) for one in back.data["outcomes"]}
    assert by("root", "bank", "show", "own-confirmed").data["bank"]["entries"] == {}
    assert by("root", "case", "agreement").data["agreement"] == []
