"""Revealing: nothing sharp before it is recorded, nothing without a claim, nothing kept, no file as it came."""

import datetime as dt
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.vectors import media

from safehold.cases import CaseId, Content, Form, Origin, Place, Role
from safehold.cases.exposure import OptOut
from safehold.gateway.item import CheckRequest, Context, Item, ItemKind
from safehold.gateway.particulars import Particulars

from .desk import WORDS, Desk, opened_desk

CANARY = "canary-4d1e-zebra"


def place(desk: Desk, case: CaseId, number: int = 1) -> str:
    return f"/cases/{case}/items/{desk.items(case)[number - 1].id}"


def test_a_picture_is_shown_after_its_exposure_began_and_its_end_is_recorded(desk: Desk) -> None:
    case = desk.case(desk.item(1, content=desk.picture()))
    desk.take(case)
    client, path = desk.as_(Role.REVIEWER), place(desk, case)
    exposure = client.send_form(f"{path}/begin").json()["exposure"]
    assert [one.kind for one in desk.events("exposure")] == ["exposure.began"]
    shown = client.send_form(f"{path}/show", {"exposure": exposure})
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.headers["cache-control"] == "no-store"
    desk.clock.at += dt.timedelta(seconds=7)
    ended = client.send_form(f"{path}/end", {"exposure": exposure, "milliseconds": "6500"})
    assert ended.json()["milliseconds"] == 6500
    assert desk.casework.exposures.was_viewed(desk.items(case)[0].id)
    assert [one.details["purpose"] for one in desk.events("held.opened")] == ["review"]


def test_nothing_is_shown_without_an_exposure_of_ones_own_that_is_under_way(desk: Desk) -> None:
    case = desk.case(desk.item(1, content=desk.picture()), desk.item(2, content=desk.picture(5)))
    desk.take(case)
    client, path, other = desk.as_(Role.REVIEWER), place(desk, case), place(desk, case, 2)
    assert client.send_form(f"{path}/show").status_code == 409
    assert client.send_form(f"{path}/show", {"exposure": "expo_00000000000000000000"}).status_code == 409
    exposure = client.send_form(f"{path}/begin").json()["exposure"]
    assert client.send_form(f"{other}/show", {"exposure": exposure}).status_code == 409
    client.send_form(f"{path}/end", {"exposure": exposure, "milliseconds": "1"})
    assert client.send_form(f"{path}/show", {"exposure": exposure}).status_code == 409
    assert desk.events("held.opened") == []


def test_what_somebody_else_holds_or_nobody_took_is_not_opened(desk: Desk) -> None:
    case = desk.case(desk.item(1, content=desk.picture()))
    path = place(desk, case)
    assert desk.as_(Role.REVIEWER).send_form(f"{path}/begin").status_code == 409
    assert desk.as_(Role.REVIEWER).get(f"{path}/cover").status_code == 409
    desk.take(case, "boris")
    assert desk.as_(Role.REVIEWER).send_form(f"{path}/begin").status_code == 409
    assert desk.as_(Role.REVIEWER).get(f"{path}/cover").status_code == 409
    assert desk.events("exposure") == []
    assert desk.events("held.opened") == []


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.REVIEWER, Role.SPECIALIST, Role.QUALITY_LEAD}, key=str))
def test_who_may_not_see_content_is_given_none_even_of_a_case_they_hold(shared: Desk, role: Role) -> None:
    case = shared.case(shared.item(1, content=shared.picture()))  # the same one for every role
    shared.take(case)
    client, path = shared.as_(role), place(shared, case)
    told = [client.get(f"{path}/cover"), *(client.send_form(f"{path}/{one}") for one in ("begin", "show", "end"))]
    assert {one.status_code for one in told} == {403}


def test_an_item_is_opened_under_its_own_case_alone(desk: Desk) -> None:
    mine, other = (desk.case(desk.item(n, content=desk.picture(n)), subject=s) for n, s in ((1, "aa"), (2, "bb")))
    desk.take(mine)
    foreign = desk.items(other)[0].id
    client = desk.as_(Role.REVIEWER)
    for path in (f"/cases/{mine}/items/{foreign}", f"/cases/{other}/items/{foreign}"):
        assert client.send_form(f"{path}/begin").status_code in {404, 409}
        assert client.get(f"{path}/cover").status_code in {404, 409}
    assert desk.events("exposure") == []


def test_the_cover_of_a_picture_tells_light_from_dark_and_no_more(desk: Desk) -> None:
    sharp = Image.effect_noise((600, 400), 90).convert("RGB")
    sharp.paste((255, 255, 255), (60, 60, 240, 340))
    case = desk.case(desk.item(1, content=desk.seal(Item(ItemKind.IMAGE, data=media.encoded(sharp, "png")))))
    desk.take(case)
    answer = desk.as_(Role.REVIEWER).get(f"{place(desk, case)}/cover")
    cover = Image.open(io.BytesIO(answer.content))
    assert (answer.headers["content-type"], cover.format, cover.mode) == ("image/png", "PNG", "L")
    assert max(cover.size) <= 96
    strength = np.abs(np.diff(np.asarray(cover).astype(int), axis=1)).max()
    assert strength < 16, "no edge is left in it"
    assert desk.events("exposure") == []


def test_a_revealed_picture_is_small_grey_and_marked_unless_colour_is_asked_for(desk: Desk) -> None:
    case = desk.case(desk.item(1, content=desk.picture()))
    desk.take(case)
    client, path = desk.as_(Role.REVIEWER), place(desk, case)
    exposure = client.send_form(f"{path}/begin").json()["exposure"]

    def shown(**manner: str) -> Image.Image:
        answer = client.send_form(f"{path}/show", {"exposure": exposure, **manner})
        return Image.open(io.BytesIO(answer.content)).convert("RGB")

    grey, colour, large = shown(), shown(colour="yes"), shown(large="yes")
    assert (max(grey.size), max(large.size)) == (320, 640)
    spread = [int(np.ptp(np.asarray(one).astype(int), axis=2).max()) for one in (grey, colour)]
    assert spread[0] < 12 < spread[1]
    desk.clock.at += dt.timedelta(minutes=1)
    assert shown().tobytes() != grey.tobytes(), "the mark says another minute"


HOSTILE = {
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "html": media.html_that_calls_itself_jpeg(),
    "page": media.jpeg_followed_by_a_page(),
    "bomb": media.png_that_claims_two_thousand_million_pixels_a_side(),
    "nothing": b"",
    "noise": bytes(range(256)) * 8,
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_browser_never_gets_a_file_as_it_came(shared: Desk, name: str) -> None:
    content = shared.seal(Item(ItemKind.FILE, data=HOSTILE[name], file_name="../<script>.jpg"))
    number = 10 + sorted(HOSTILE).index(name)
    case = shared.case(shared.item(number, content=content, form=Form.FILE, role="file"), subject=f"{number:02x}")
    shared.take(case)
    client, path = shared.as_(Role.REVIEWER), place(shared, case)
    exposure = client.send_form(f"{path}/begin").json()["exposure"]
    told = (
        client.get(f"{path}/cover"),
        client.send_form(f"{path}/show", {"exposure": exposure}),
        client.get(f"/cases/{case}"),
    )
    for answer in told:
        assert answer.headers["content-type"].split(";")[0] in {"text/html", "image/png", "image/jpeg"}
        assert b"alert(1)" not in answer.content
        assert b"<svg xmlns" not in answer.content
        assert b"../<script>" not in answer.content
        if answer.headers["content-type"].startswith("image/"):
            assert Image.open(io.BytesIO(answer.content)).format in {"PNG", "JPEG"}


def test_words_are_told_as_plain_text_and_no_markup(desk: Desk) -> None:
    text = f"{WORDS} <script>alert(1)</script>"
    case = desk.case(desk.item(1, content=desk.words(text), form=Form.TEXT, role="prompt"))
    desk.take(case)
    client, path = desk.as_(Role.REVIEWER), place(desk, case)
    exposure = client.send_form(f"{path}/begin").json()["exposure"]
    answer = client.send_form(f"{path}/show", {"exposure": exposure})
    assert (answer.json()["text"], answer.headers["content-type"]) == (text, "application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert WORDS not in client.get(f"/cases/{case}").text


@pytest.mark.parametrize(("text", "is_whole"), [("cube", True), ("cube " * 60_000, False)])
def test_words_count_as_viewed_only_when_all_of_them_were_shown(desk: Desk, text: str, *, is_whole: bool) -> None:
    case = desk.case(desk.item(1, content=desk.words(text), form=Form.TEXT, role="prompt"))
    desk.take(case)
    client, path = desk.as_(Role.REVIEWER), place(desk, case)
    for extent in ("", "whole" if is_whole else "part"):  # who says nothing is not believed to have seen all
        assert not desk.casework.exposures.was_viewed(desk.items(case)[0].id)
        exposure = client.send_form(f"{path}/begin").json()["exposure"]
        assert client.send_form(f"{path}/show", {"exposure": exposure}).json()["whole"] is is_whole
        desk.clock.at += dt.timedelta(seconds=7)
        client.send_form(f"{path}/end", {"exposure": exposure, "milliseconds": "6500", "extent": extent})
    assert desk.casework.exposures.was_viewed(desk.items(case)[0].id) is is_whole


def test_very_long_words_are_cut_and_say_so(desk: Desk) -> None:
    case = desk.case(desk.item(1, content=desk.words("cube " * 60_000), form=Form.TEXT, role="prompt"))
    desk.take(case)
    client, path = desk.as_(Role.REVIEWER), place(desk, case)
    exposure = client.send_form(f"{path}/begin").json()["exposure"]
    told = client.send_form(f"{path}/show", {"exposure": exposure}).json()["text"]
    assert len(told) < 140_000
    assert told.endswith("it goes on.]")


def test_circumstances_are_opened_like_content_and_are_on_no_page(desk: Desk) -> None:
    from safehold.gateway.circumstances import circumstances

    request = CheckRequest(
        (Item(ItemKind.PROMPT, text=CANARY),), Context(account=CANARY, model="m-1", particulars=Particulars())
    )
    sealed = desk.public.box(circumstances(request, check="chk_1", at=desk.clock.now()))
    case = desk.case(desk.item(1, context=sealed))
    desk.take(case)
    client, path = desk.as_(Role.REVIEWER), place(desk, case)
    assert CANARY not in client.get(f"/cases/{case}").text
    exposure = client.send_form(f"{path}/begin", {"part": "context"}).json()["exposure"]
    told = client.send_form(f"{path}/show", {"part": "context", "exposure": exposure}).json()["context"]
    assert told["account"] == CANARY
    assert desk.events("exposure")[0].details["form"] == "text"


def test_a_break_that_is_due_keeps_content_closed_and_says_so_kindly(desk: Desk) -> None:
    most = desk.casework.exposures.rules.stretch.items
    case = desk.case(*(desk.item(number, content=Content(Place.HELD, "0" * 64)) for number in range(1, most + 2)))
    desk.take(case)
    client = desk.as_(Role.REVIEWER)
    for number in range(1, most + 1):
        path = place(desk, case, number)
        exposure = client.send_form(f"{path}/begin").json()["exposure"]
        ended = client.send_form(f"{path}/end", {"exposure": exposure, "milliseconds": "10"})
    assert ended.json()["rest"] is True
    refused = client.send_form(f"{place(desk, case, most + 1)}/begin", headers={"accept": "application/json"})
    assert (refused.status_code, set(refused.json())) == (409, {"title", "advice"})
    assert "break" in client.get("/").text
    assert "data-viewer" not in client.get(f"/cases/{case}").text
    assert client.send_form(f"/cases/{case}/danger", {"kind": "child"}).status_code == 303
    assert client.send_form(f"{place(desk, case, most + 1)}/begin").status_code == 200


def test_who_opted_out_is_shown_none_of_it_and_loses_nothing(desk: Desk) -> None:
    case = desk.case(desk.item(1, content=desk.picture()))
    desk.take(case)
    person = desk.standing.console.sessions.find("amira.reviewer").person
    desk.casework.exposures.opt_out(person, OptOut(Form.IMAGE))
    client = desk.as_(Role.REVIEWER)
    assert client.send_form(f"{place(desk, case)}/begin").status_code == 409
    assert client.get(f"/cases/{case}").status_code == 200


def test_what_was_kept_and_has_had_its_time_is_not_opened(desk: Desk) -> None:
    case = desk.case(desk.item(1, content=desk.picture()))
    desk.take(case)
    desk.clock.at += dt.timedelta(minutes=1)
    client, path = desk.as_(Role.REVIEWER), place(desk, case)
    exposure = client.send_form(f"{path}/begin").json()["exposure"]
    desk.clock.at += dt.timedelta(days=30)
    desk.take(case)
    assert client.get(f"{path}/cover").status_code == 409
    assert client.send_form(f"{path}/show", {"exposure": exposure}).status_code == 409


def test_a_console_without_the_review_key_shows_what_is_known_and_no_content(made_desk: Path, tmp_path: Path) -> None:
    shutil.copytree(made_desk, tmp_path / "desk")
    with opened_desk(tmp_path / "desk", viewer=None) as desk:
        case = desk.case(desk.item(1, content=desk.picture()))
        desk.take(case)
        client, path = desk.as_(Role.REVIEWER), place(desk, case)
        assert "console can't open it" in " ".join(client.get(f"/cases/{case}").text.split())
        assert client.get(f"{path}/cover").status_code == 409
        assert client.send_form(f"{path}/begin").status_code == 409
        assert desk.events("exposure") == []


def test_nothing_of_content_is_in_logs_addresses_headers_or_pages(desk: Desk) -> None:
    content = desk.words(CANARY)
    case = desk.case(desk.item(1, content=content, form=Form.TEXT, role="prompt"))
    desk.take(case)
    client, path = desk.as_(Role.REVIEWER), place(desk, case)
    exposure = client.send_form(f"{path}/begin").json()["exposure"]
    shown = client.send_form(f"{path}/show", {"exposure": exposure})
    assert CANARY in shown.text
    assert shown.headers["cache-control"] == "no-store"
    answers = [client.get(one) for one in ("/", "/cases", f"/cases/{case}", "/me/exposure")]
    answers += [client.send_form(f"{path}/end", {"exposure": exposure, "milliseconds": "5"}), client.get(f"{path}/x")]
    assert all(CANARY not in one.text and CANARY not in str(one.headers) for one in answers)
    assert CANARY not in desk.standing.log.getvalue()
    assert CANARY not in json.dumps([str(one.event) for one in desk.casework.workshop.ledger.events()])


def test_what_somebody_wrote_of_a_thing_that_was_not_kept_can_be_read_on_its_page(desk: Desk) -> None:
    from safehold.gateway.circumstances import circumstances

    request = CheckRequest((Item(ItemKind.CAPTION, text=CANARY),), Context())
    sealed = desk.public.box(circumstances(request, check="hand", at=desk.clock.now()))
    case = desk.case(desk.item(1, origin=Origin.HAND, form=Form.TEXT, role="hand", context=sealed))
    assert 'data-part="context"' not in desk.as_(Role.REVIEWER).get(f"/cases/{case}").text
    desk.take(case)
    page = desk.as_(Role.REVIEWER).get(f"/cases/{case}").text
    assert 'data-part="context"' in page
    assert 'data-part="content"' not in page
    assert CANARY not in page
