"""Classifiers elsewhere: asked meanwhile, waited for so long, and a gap where they say nothing usable."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.unit.gateway import made_up
from tests.unit.gateway.made_up import Made, open_desk, picture

from safehold.classification.remote import RemoteReading, Said
from safehold.gateway import Item, ItemKind, Refusal, Turn
from safehold.matching import Index
from safehold.media.signature_picture import test_signature_png as signature_png
from safehold.vocabulary import Action, Finding, FindingKind, Fraction, Gap, GapReason, MediaKind

GAP = Gap("elsewhere", GapReason.TIMED_OUT)


class Elsewhere:
    """A classifier that says what it was told to."""

    name = "elsewhere"
    version = "1"
    concepts = ("blue_ball",)
    reads = frozenset({MediaKind.TEXT, MediaKind.IMAGE})
    is_party = False

    def __init__(self, value: float | None = 0.0, *, is_required: bool = False, surfaces: str = "input edit") -> None:
        self.value, self.is_required = value, is_required
        self.surfaces = frozenset(surfaces.split())
        self.heard: list[Any] = []
        self.until = threading.Event()
        self.until.set()

    def read_text(self, turns: Sequence[Said], *, place: str = "") -> RemoteReading:
        self.heard.append([(turn.role, turn.text) for turn in turns])
        return self._reading(place)

    def read_image(self, data: bytes, *, place: str = "") -> RemoteReading:
        self.heard.append(data)
        return self._reading(place)

    def _reading(self, place: str) -> RemoteReading:
        self.until.wait(5)
        if self.value is None:
            return RemoteReading("1", gaps=(GAP,))
        if self.value < 0:
            raise RuntimeError("what was said")
        found = Finding(FindingKind.SCORE, "elsewhere", "blue_ball", "x@1", value=Fraction(self.value), place=place)
        return RemoteReading("2", (found,))


def required(**changes: Any) -> Any:
    names = {kind.value: ["elsewhere"] for kind in MediaKind}
    return made_up.policy(surfaces__input__required=names, **changes)


def test_what_it_finds_is_decided_by_the_policy(tmp_path: Path) -> None:
    thresholds = {"elsewhere": {"blue_ball": 0.5}}
    policy = made_up.policy(thresholds__scores=thresholds)
    for number, (value, action) in enumerate([(0.4, Action.ALLOW), (0.6, Action.HOLD)]):
        with open_desk(tmp_path / str(number), Made(policy, further=(Elsewhere(value),))) as desk:
            answer = desk.say("a green tree")
        assert (answer.action, answer.detectors["elsewhere"]) == (action, "2")


def test_it_is_sent_what_it_reads_on_the_surfaces_it_is_for(tmp_path: Path) -> None:
    elsewhere = Elsewhere()
    with open_desk(
        tmp_path, Made(made_up.policy(thresholds__scores={"elsewhere": {"blue_ball": 1}}), further=(elsewhere,))
    ) as desk:
        turns = (Turn("user", "hello"), Turn("assistant", "yes"))
        desk.ask(Item(ItemKind.MESSAGES, turns=turns))
        desk.ask(Item(ItemKind.IMAGE, data=picture()))
        desk.ask(Item(ItemKind.FILE, data=b"some words"))
        desk.ask(Item(ItemKind.OUTPUT_TEXT, text="not for it"))
        desk.ask(Item(ItemKind.AUDIO, data=b"ID3 no sound"))
    assert elsewhere.heard == [[("user", "hello"), ("assistant", "yes")], picture(), [("user", "some words")]]


def test_a_gap_of_one_that_nobody_requires_is_coverage(tmp_path: Path) -> None:
    with open_desk(tmp_path, Made(further=(Elsewhere(None),))) as desk:
        assert desk.say("a green tree").action is Action.ALLOW


def test_a_gap_of_a_required_one_holds(tmp_path: Path) -> None:
    made = [
        Made(further=(Elsewhere(None, is_required=True),)),
        Made(required(), further=(Elsewhere(None),)),
        Made(required()),
    ]
    for number, one in enumerate(made):
        with open_desk(tmp_path / str(number), one) as desk:
            assert desk.say("a green tree").action is Action.HOLD


def test_one_that_raises_or_is_late_is_a_gap(tmp_path: Path) -> None:
    late, raising = Elsewhere(0.0, is_required=True), Elsewhere(-1.0, is_required=True)
    late.until.clear()
    policy = made_up.policy(requests__detector_seconds=0.05)
    for number, (one, reason) in enumerate([(late, GapReason.TIMED_OUT), (raising, GapReason.DETECTOR_FAILED)]):
        with open_desk(tmp_path / str(number), Made(policy, further=(one,))) as desk:
            answer = desk.say("a green tree")
            late.until.set()
        assert answer.action is Action.HOLD
        assert [gap.reason for gap in answer.items[0].gaps] == [reason]


class Company(Elsewhere):
    """One on another company's machine."""

    is_party = True


class NoLists:
    """An index that can't be asked."""

    behind = 0

    def current(self) -> Index:
        raise OSError("made up")


def test_another_company_is_sent_no_picture_that_a_list_knows_or_that_could_not_be_looked_up(tmp_path: Path) -> None:
    company = Company()
    policy = made_up.policy(thresholds__scores={"elsewhere": {"blue_ball": 1}})
    with open_desk(tmp_path / "0", Made(policy, further=(company,))) as desk:
        assert desk.ask(Item(ItemKind.IMAGE, data=picture())).action is Action.ALLOW
        assert desk.ask(Item(ItemKind.IMAGE, data=signature_png())).action is Action.DENY
        desk.say("a green tree")
    with open_desk(tmp_path / "1", Made(policy, lists=NoLists(), further=(company,))) as desk:
        assert desk.ask(Item(ItemKind.IMAGE, data=picture())).action is Action.HOLD
    assert company.heard == [picture(), [("user", "a green tree")]]


def test_nobody_is_told_by_who_was_not_asked_that_a_list_knows_a_picture(tmp_path: Path) -> None:
    scores = {"elsewhere": {"blue_ball": 0.5}}
    for number, policy in enumerate([made_up.policy(thresholds__scores=scores), required(thresholds__scores=scores)]):
        with open_desk(tmp_path / str(number), Made(policy, further=(Company(0.9),))) as desk:
            listed = desk.ask(Item(ItemKind.IMAGE, data=signature_png()))
            unlisted = desk.ask(Item(ItemKind.IMAGE, data=picture()))
        assert listed.detectors.keys() == unlisted.detectors.keys()
        assert listed.items[0].gaps == unlisted.items[0].gaps == ()
        assert (listed.action, listed.refusal) == (Action.DENY, Refusal.POLICY)
