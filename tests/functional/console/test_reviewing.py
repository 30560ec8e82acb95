"""Reviewing in a real browser: taken, held open, let go, decided; by mouse, by keyboard alone, without scripts."""

import time
from collections.abc import Iterator

import pytest
from tests.functional.people.chromium import Tab
from tests.unit.console.desk import WORDS

from safehold.cases import CaseId, Form, ItemState, Role
from safehold.gateway.item import Item, ItemKind

from .conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.long]

HOSTILE = "<img src=x onerror=document.title=String(1)> beside a blue ball"
OPEN = "document.querySelector('[data-stage]').matches('.shown, .reading, .listening')"
SAID = "document.querySelector('[data-status]').textContent"


@pytest.fixture
def entered(site: Site, tab: Tab) -> Iterator[Tab]:
    tab.size(1280, 900)
    site.enter(tab, Role.REVIEWER)
    tab.errors.clear()
    yield tab
    assert tab.errors == []


def taken(site: Site, case: CaseId) -> str:
    site.desk.take(case)
    return f"/cases/{case}"


def ended(site: Site, case: CaseId, count: int) -> list[int]:
    """Return how long content of a case was open each time, once so many times are over."""
    until = time.monotonic() + 10
    while True:
        found = [one for one in site.desk.casework.exposures.of_case(case) if one.ended_at is not None]
        if len(found) >= count or time.monotonic() > until:
            return [one.milliseconds for one in found]
        time.sleep(0.02)


def test_a_case_is_taken_held_open_and_decided_and_the_next_one_waits(site: Site, entered: Tab) -> None:
    case = site.desk.case(site.desk.item(901, content=site.desk.picture(21)), subject="e1", queue="others")
    site.open(entered, "/")
    entered.ask("document.querySelector('form[action=\"/queues/others/next\"] button').click(), 1")
    entered.loaded()
    assert entered.ask("location.pathname") == f"/cases/{case}"
    entered.hold("[data-hold]")
    entered.wait(OPEN)
    assert entered.ask("document.querySelector('canvas').width") == 320
    entered.release("[data-hold]")
    entered.wait(f"!{OPEN}")
    assert entered.ask("document.querySelector('canvas').width") == 1
    assert len(ended(site, case, 1)) == 1
    entered.click("#verdict-cannot_tell")
    entered.click("[data-send]")
    entered.loaded()
    assert "Decided. Thank you." in entered.ask("document.querySelector('#said').textContent")
    assert site.desk.items(case)[0].state is ItemState.SECOND_REVIEW


def test_a_case_is_worked_through_with_the_keyboard_alone(site: Site, entered: Tab) -> None:
    words = site.desk.item(911, content=site.desk.words(), form=Form.TEXT, role="prompt")
    case = site.desk.case(words, site.desk.item(912, content=site.desk.picture(22)), subject="e2", queue="others")
    site.open(entered, taken(site, case))
    entered.key_down("v")
    entered.wait(OPEN)
    assert WORDS in entered.ask("document.querySelector('[data-told]').textContent")
    entered.key_up("v")
    entered.wait(f"!{OPEN}")
    entered.press("j")
    entered.loaded()
    assert "Item 2 of 2" in entered.ask("document.querySelector('#item-head').textContent")
    entered.key_down("v")
    entered.wait(OPEN)
    entered.press("Escape")
    assert not entered.ask(OPEN), "one key covers everything, whatever is held"
    entered.key_up("v")
    entered.press("x")
    assert entered.ask("document.querySelectorAll('input[name=item]:checked').length") == 0
    entered.press("x")
    entered.press("4")
    entered.key_down("Enter", control=True)
    entered.key_up("Enter", control=True)
    entered.loaded()
    assert [one.state for one in site.desk.items(case)] == [ItemState.UNDECIDED, ItemState.SECOND_REVIEW]


def test_single_keys_do_nothing_for_who_turned_them_off_and_the_button_still_opens(site: Site, entered: Tab) -> None:
    case = site.desk.case(site.desk.item(921, content=site.desk.picture(23)), subject="e3", queue="others")
    site.open(entered, "/keys")
    entered.ask("document.querySelector('button[name=keys]').click(), 1")
    entered.loaded()
    site.open(entered, taken(site, case))
    entered.key_down("v")
    entered.key_up("v")
    assert site.desk.casework.exposures.of_case(case) == []
    entered.ask("document.querySelector('[data-hold]').focus(), 1")
    entered.key_down(" ")
    entered.wait(OPEN)
    entered.key_up(" ")
    entered.wait(f"!{OPEN}")
    assert len(ended(site, case, 1)) == 1


def test_a_reveal_that_nobody_can_hold_ends_by_itself(site: Site, entered: Tab) -> None:
    case = site.desk.case(site.desk.item(931, content=site.desk.picture(24)), subject="e4", queue="others")
    site.open(entered, taken(site, case))
    entered.ask("document.querySelector('[data-viewer]').dataset.seconds = '0.3', 1")
    entered.click("[data-timed]")
    (milliseconds,) = ended(site, case, 1)
    assert 250 <= milliseconds < 5000
    assert not entered.ask(OPEN)


def test_nothing_sharp_is_sent_before_a_reveal_and_nothing_stays_after_it(site: Site, entered: Tab) -> None:
    case = site.desk.case(
        site.desk.item(941, content=site.desk.words(HOSTILE), form=Form.TEXT, role="prompt"), subject="e5"
    )
    path = taken(site, case)
    entered.asked.clear()
    site.open(entered, path)
    assert not any(one.endswith(("/show", "/begin")) for one in entered.asked)
    assert "blue ball" not in entered.ask("document.documentElement.outerHTML")
    entered.hold("[data-hold]")
    entered.wait(OPEN)
    assert entered.ask("document.querySelector('[data-told]').textContent") == HOSTILE
    assert entered.ask("document.querySelectorAll('[data-told] *').length") == 0, "words are no markup"
    entered.release("[data-hold]")
    entered.wait(f"!{OPEN}")
    assert "blue ball" not in entered.ask("document.documentElement.outerHTML")
    assert entered.ask("document.title").startswith("Case")
    assert entered.ask("caches.keys().then(found => found.length)") == 0
    assert entered.ask("localStorage.length + sessionStorage.length") == 0
    assert all("blue" not in one and "?" not in one for one in entered.asked)
    assert all(one.startswith(site.address) for one in entered.asked)


def test_a_page_that_is_left_while_it_shows_something_ends_the_exposure(site: Site, entered: Tab) -> None:
    case = site.desk.case(site.desk.item(951, content=site.desk.picture(25)), subject="e6", queue="others")
    site.open(entered, taken(site, case))
    entered.hold("[data-hold]")
    entered.wait(OPEN)
    site.open(entered, "/keys")
    assert len(ended(site, case, 1)) == 1


def test_a_sound_is_seen_first_and_heard_only_while_it_is_held(site: Site, entered: Tab) -> None:
    from tests.vectors import sounds

    content = site.desk.seal(Item(ItemKind.AUDIO, data=sounds.sound("wav", "pcm_s16le")))
    case = site.desk.case(site.desk.item(961, content=content, form=Form.AUDIO, role="audio"), subject="e7")
    site.open(entered, taken(site, case))
    entered.wait("document.querySelector('img.sound').naturalWidth === 640")
    assert site.desk.casework.exposures.of_case(case) == []
    entered.click("[data-timed]")
    assert len(ended(site, case, 1)) == 1


def test_stills_of_a_clip_are_looked_at_one_by_one(site: Site, entered: Tab) -> None:
    from tests.vectors import media

    content = site.desk.seal(Item(ItemKind.IMAGE, data=media.gif_of_frames(3, 64, distinct=True)))
    case = site.desk.case(site.desk.item(971, content=content), subject="e8", queue="others")
    site.open(entered, taken(site, case))
    for number in (1, 2):
        entered.hold("[data-hold]")
        entered.wait(OPEN)
        entered.release("[data-hold]")
        entered.wait(f"!{OPEN}")
        assert entered.ask("document.querySelector('[data-still-of]').textContent") == f"Still {number} of 3"
        entered.click("[data-step='1']")
    assert len(ended(site, case, 2)) == 2
    assert not site.desk.casework.exposures.was_viewed(site.desk.items(case)[0].id), "one still was not seen"
    entered.click("[data-timed]")
    entered.wait(OPEN)
    time.sleep(0.3)  # from two tenths of a second on, something counts as seen
    entered.press("Escape")
    assert len(ended(site, case, 3)) == 3
    assert site.desk.casework.exposures.was_viewed(site.desk.items(case)[0].id)


def test_without_scripts_nothing_opens_and_everything_can_be_decided(site: Site, entered: Tab) -> None:
    case = site.desk.case(site.desk.item(981, content=site.desk.picture(26)), subject="e9", queue="others")
    path = taken(site, case)
    entered.scripts(on=False)
    try:
        site.open(entered, path)
        assert entered.ask("document.querySelector('[data-hold]').disabled")
        assert "Opening needs scripts" in entered.ask(SAID)
        entered.ask("document.querySelector('#verdict-second_opinion').checked = true, 1")
        entered.ask("document.querySelector('[data-send]').click(), 1")
        entered.loaded()
    finally:
        entered.scripts(on=True)
    assert site.desk.items(case)[0].state is ItemState.SECOND_REVIEW
    assert site.desk.casework.exposures.of_case(case) == []


def test_a_second_person_decides_after_the_first_who_is_offered_it_no_more(site: Site, entered: Tab) -> None:
    case = site.desk.case(site.desk.item(991, content=site.desk.picture(27)), subject="f1", queue="others")
    site.open(entered, taken(site, case))
    entered.click("#verdict-second_opinion")
    entered.click("[data-send]")
    entered.loaded()
    site.enter(entered, Role.SPECIALIST, name="clara")
    site.open(entered, f"/cases/{case}")
    entered.ask("document.querySelector('[data-key=n]').click(), 1")
    entered.loaded()
    entered.click("#verdict-not_a_violation")
    entered.click("[data-send]")
    entered.loaded()
    assert site.desk.items(case)[0].state is ItemState.DECIDED
    site.open(entered, f"/cases/{case}")
    assert "not a violation" in entered.ask("document.querySelector('.timeline').textContent")
