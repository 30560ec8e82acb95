"""`safehold report` and `safehold message`: what people said and what they are told, at a terminal."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PIL import Image
from tests.functional.conftest import Call

from safehold.gateway.messages import Audience
from safehold.gateway.reports import Category, Fingerprint, Kind, Role, Sender, Submission, Target
from safehold.vault.review import make_review_key
from safehold.vocabulary import Algorithm
from safehold.wiring import open_workshop
from safehold.wiring.people import open_people

REQUEST = Submission(
    Category.IMAGE_OF_ME,
    Target.ADDRESS,
    "https://images.example/17",
    kind=Kind.TAKE_DOWN,
    role=Role.REPRESENTATIVE,
    contact="person@example.org",
    signature="A Person",
    is_good_faith=True,
)


def test_reports_are_listed_shown_opened_with_the_review_key_and_decided(
    call: Call, shown: Callable[..., tuple[int, str]], home: Path, tmp_path: Path
) -> None:
    assert call("report", "list").data == {"reports": []}
    assert "No report waits" in shown("report", "list")[1]
    key = tmp_path / "review.key"
    with open_workshop(home) as workshop:
        make_review_key(workshop.home.keys, out=key)
        ticket = open_people(workshop).reports.submit(REQUEST, Sender()).ticket
    (listed,) = call("report", "list").data["reports"]
    assert (listed["ticket"], listed["kind"], listed["overdue"]) == (ticket, "take_down", False)
    assert call("report", "show", ticket).data["written"] is None
    assert "--review-key opens it" in shown("report", "show", ticket)[1]
    opened = call("report", "show", ticket.lower(), "--review-key", str(key)).data["written"]
    assert (opened["signature"], opened["reference"]) == ("A Person", "https://images.example/17")
    other = tmp_path / "other.key"
    (tmp_path / "elsewhere" / "keys").mkdir(parents=True)
    make_review_key(tmp_path / "elsewhere" / "keys", out=other)
    assert call("report", "show", ticket, "--review-key", str(other)).code == 2
    assert call("report", "decide", ticket, "acted").data["report"]["status"] == "acted"
    assert call("report", "list").data == {"reports": []}
    assert call("report", "list", "--all").data["reports"][0]["status"] == "acted"
    assert call("report", "show", "R-22222-22222").code == 2
    with open_workshop(home) as workshop:
        kinds = [entry.event.kind for entry in workshop.ledger.events() if entry.event.kind.startswith("report.")]
    assert kinds == ["report.received", "report.opened", "report.decided"]


def test_a_message_is_shown_with_the_page_that_each_service_was_read_on(
    call: Call, shown: Callable[..., tuple[int, str]]
) -> None:
    told = call("message", "show", "--country", "GB", "--audience", "self_concern").data
    (section,) = told["sections"]
    assert (told["country"], section["services"][0]["phone"]) == ("GB", "0808 1000 900")
    assert "stopitnow.org.uk" in shown("message", "show", "--country", "GB")[1]
    assert call("message", "show", "no_such_message").code == 2


def test_showings_are_counted(call: Call, home: Path) -> None:
    with open_workshop(home) as workshop:
        messages = open_people(workshop).messages
        messages.show("prevention", audience=Audience.WITNESS)
        assert messages.exposures is not None
        messages.exposures.flush()
    assert call("message", "counts").data == {
        "shown": {"prevention": 1},
        "accounts": 0,
        "accounts_again": 0,
        "repeat_rate": None,
    }


def test_own_messages_that_can_not_be_used_stop_the_command_with_the_line(call: Call, home: Path) -> None:
    own = home.parent / "own.yaml"
    own.write_text("format: safehold.help-lines/1\nid: own\nversion: '1'\nservices:\n  - id: x\n", encoding="utf-8")
    home.mkdir(exist_ok=True)
    (home / "settings.yaml").write_text(f"messages: [{own}]\n", encoding="utf-8")
    refused = call("message", "show")
    assert refused.code == 2


def test_a_picture_that_somebody_asked_to_take_down_is_held_for_a_person_and_let_go_when_they_decide_so(
    call: Call, home: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "cube.png"
    Image.effect_noise((64, 64), 60).convert("RGB").save(picture)
    assert call("check", "image", str(picture)).data["action"] == "allow"
    digest = Fingerprint(Algorithm.SHA256, hashlib.sha256(picture.read_bytes()).hexdigest())
    with open_workshop(home) as workshop:
        make_review_key(workshop.home.keys, out=tmp_path / "review.key")
        ticket = open_people(workshop).reports.submit(replace(REQUEST, fingerprints=(digest,)), Sender()).ticket
    held = call("check", "image", str(picture))
    assert (held.data["action"], held.data["refusal"]) == ("hold", "held_for_review")
    assert call("message", "show", held.data["message_key"]).code == 0
    call("report", "decide", ticket, "no_action")
    assert call("check", "image", str(picture)).data["action"] == "allow"
