"""The card: what it says, what it must never say, and that nothing in a summary can break out of it."""

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from safehold.datasets.card import MalformedSummaryError, render_card
from safehold.datasets.card.headline import headline, notices

NOTHING_FOUND: dict[str, Any] = {
    "coverage": [{"detector": "pdq", "kind": "image", "required": True, "examined": 3, "of": 3}],
    "findings": [],
    "gaps": [],
    "concepts": [],
    "unclassified": {},
    "waivers": [],
}
VECTOR = Path(__file__).parents[2] / "vectors" / "card" / "summary.json"
VOID = {"meta", "br", "rect", "path"}


def summary(**changes: Any) -> dict[str, Any]:
    """A made-up summary in the form that a run writes, with something in every part; some parts replaced."""
    return json.loads(VECTOR.read_text(encoding="utf-8")) | changes


def match(**changes: Any) -> dict[str, Any]:
    found = {"detector": "pdq", "kind": "match", "subject": "csam", "tier": "trusted", "confirmed": False, "records": 1}
    return found | changes


class Page(HTMLParser):
    """A page's elements, their text, and whether every one is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self._open[-1] if self._open else "", " ".join(data.split())))

    def named(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.elements if tag in tags]

    def text(self) -> str:
        return " ".join(text for tag, text in self.texts if tag != "style")


def test_the_card_starts_with_the_verdict_and_the_counts() -> None:
    page = Page(render_card(summary()))
    assert ("h1", "Listed material was found and taken out.") in page.texts
    assert "Of 12,347,000 records, 12,100,412 were kept, 9,871 are held for people" in page.text()
    for count in ("12,347,000", "236,717", "98.0 %", "< 0.1 %", "1,204,113", "768 GB", "2.1 GB"):
        assert count in page.text()


def test_equal_summaries_give_equal_cards() -> None:
    assert render_card(summary()) == render_card(summary())


@pytest.mark.parametrize(
    ("findings", "tone", "expected"),
    [
        ([], "none", "No listed item was found by the detectors named below."),
        ([match(kind="rule", subject="minor")], "none", "No listed item was found by the detectors named below."),
        ([match(records=0)], "none", "No listed item was found by the detectors named below."),
        ([match()], "found", "Possible matches with listed material were found and kept out for people to review."),
        ([match(confirmed=True)], "found", "Listed material was found and taken out."),
        ([match(records=999_999_999)], "found", "Possible matches with listed material were found."),
        ([match(records=999_999_999, confirmed=True)], "found", "Listed material was found."),
        (
            [match(subject="test", confirmed=True)],
            "found",
            "The built-in test signature was found; no other listed item",
        ),
        ([match(subject="test"), match()], "found", "Possible matches with listed material were found and kept out"),
    ],
)
def test_the_verdict_says_what_the_counts_bear(findings: list[dict[str, Any]], tone: str, expected: str) -> None:
    said = headline(summary(findings=findings))
    assert said.tone == tone
    assert said.sentence.startswith(expected)


@pytest.mark.parametrize("entries", [None, 0])
def test_without_a_list_it_is_not_said_that_nothing_listed_was_found(entries: int | None) -> None:
    test_bank = summary()["banks"][1]
    banks = [test_bank] if entries is None else [test_bank, summary()["banks"][0] | {"entries": entries}]
    for findings in ([], [match(subject="test")]):
        said = headline(summary(banks=banks, findings=findings))
        assert (said.tone, "No list of known material was loaded" in said.sentence) == ("open", True)


def test_an_empty_dataset_is_no_success() -> None:
    records = {"total": 0, "allow": 0, "hold": 0, "deny": 0, "by_kind": {}}
    empty = summary(records=records, **NOTHING_FOUND)
    assert headline(empty).tone == "open"
    assert "There was nothing to examine." in Page(render_card(empty)).text()


def test_one_record_is_spoken_of_as_one() -> None:
    records = {"total": 1, "allow": 1, "hold": 0, "deny": 0, "by_kind": {}}
    assert headline(summary(records=records)).lede == (
        "Of 1 record, 1 was kept, none are held for people to decide, and none were removed."
    )


@pytest.mark.parametrize("word", ["clean.", "is clean", "safe to", "guarantee", "free of abuse", "certif"])
def test_nothing_found_is_never_called_safe(word: str) -> None:
    text = Page(render_card(summary(**NOTHING_FOUND))).text()
    allowed = {
        "free of abuse": "Nothing here states that the dataset is free of abuse.",
        "certif": "signed certificate",
    }
    assert word not in text.replace(allowed.get(word, ""), "")


def test_what_a_reader_must_know_first_comes_first() -> None:
    assert len(notices(summary())) == 6
    assert notices(summary(**NOTHING_FOUND, policy={"draft": False}, lexicons=[], releases=0)) == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"gaps": [{"detector": "pdq", "reason": "unreadable", "records": 1}]}, "could not be fully examined"),
        ({"releases": 1}, "People freed 1 held record "),
        ({"concepts": [{"concept": c, "before": 2, "after": 1} for c in ("minor", "adult_sexual")]}, "remain in what"),
        ({"unclassified": {"image": 1}}, "No concept detector examined"),
        ({"policy": {"draft": True}}, "policy is a draft"),
        ({"lexicons": [{"status": "draft"}]}, "word lists are drafts"),
        ({"run": {"single_operator": True}}, "One person alone"),
        ({"coverage": [{"required": True, "examined": 2, "of": 3}]}, "did not examine everything"),
        ({"waivers": [{"entry": "e", "reason": "r"}]}, "waiver"),
        ({"datasets": {"before": "x", "after": ""}}, "dry run"),
    ],
)
def test_each_weakness_of_a_run_is_a_notice_of_its_own(changes: dict[str, Any], expected: str) -> None:
    sound = NOTHING_FOUND | {"policy": {"draft": False}, "lexicons": [], "releases": 0}
    (notice,) = notices(summary(**(sound | changes)))
    assert expected in notice


def test_complete_examination_is_only_claimed_where_the_coverage_bears_it() -> None:
    claim = "Every required detector examined everything"
    assert claim in Page(render_card(summary(**NOTHING_FOUND))).text()
    assert claim not in Page(render_card(summary())).text()
    assert claim not in Page(render_card(summary(gaps=[]))).text()


def test_drafts_are_marked_where_they_stand() -> None:
    text = Page(render_card(summary())).text()
    assert "draft: not yet reviewed outside the project" in text
    assert "draft: not yet reviewed by experts" in text


def test_every_part_stays_where_there_is_nothing_to_show() -> None:
    text = Page(
        render_card(summary(**(NOTHING_FOUND | {key: [] for key in ("not_covered", "lexicons", "banks", "coverage")})))
    ).text()
    for sentence in (
        "reported nothing",
        "No detector reported a concept",
        "Every required detector examined",
        "No list was loaded",
        "No word list was loaded",
        "No detector ran",
    ):
        assert sentence in text


def test_what_was_not_examined_is_counted_beside_what_was() -> None:
    text = Page(render_card(summary())).text()
    assert "12,300,507 of 12,301,000" in text
    assert "493" in text


# --- safety of the page itself


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


CANARY = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}</style></title>&amp;"


def _poisoned(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            key if key not in {"image", "text"} else f"{key}{CANARY}": _poisoned(inner) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_poisoned(inner) for inner in value]
    return f"{value}{CANARY}" if isinstance(value, str) else value


def test_markup_in_any_field_stays_text() -> None:
    poisoned = _poisoned(summary()) | {"schema": "safehold.summary/1"}
    assert sum(CANARY in text for text in _strings(poisoned)) > 80
    text = render_card(poisoned)
    page = Page(text)
    assert "<script" not in text
    assert "<img" not in text
    assert "{{ 7*7 }}" in page.text()
    assert "<script>alert(1)</script>" in page.text()
    assert {tag for tag, _ in page.elements} == {tag for tag, _ in Page(render_card(summary())).elements}
    assert {name for _, attributes in page.elements for name in attributes} == {
        name for _, attributes in Page(render_card(summary())).elements for name in attributes
    }


def test_the_page_loads_and_runs_nothing() -> None:
    text = render_card(summary())
    page = Page(text)
    forbidden = {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "video",
        "audio",
        "image",
        "use",
        "a",
    }
    assert forbidden.isdisjoint(tag for tag, _ in page.elements)
    for _, attributes in page.elements:
        assert not any(name.startswith("on") or name in {"style", "src", "href", "srcset"} for name in attributes)
    assert "url(" not in text
    assert "@import" not in text
    assert "//" not in re.sub(r"<!doctype html>", "", text)


def test_the_page_forbids_itself_everything_but_its_own_style() -> None:
    text = render_card(summary())
    (style,) = re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policies = [meta["content"] for meta in Page(text).named("meta") if "http-equiv" in meta]
    assert policies == [f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"]


def test_the_card_names_no_part_that_the_summary_gained() -> None:
    """A field that the card does not know, for instance a path added by mistake, is never shown."""
    assert "LEAK" not in render_card(summary(paths=["LEAK"], sources=[summary()["sources"][0] | {"location": "LEAK"}]))


# --- accessibility


def test_headings_form_an_outline_without_jumps() -> None:
    levels = [int(tag[1]) for tag, _ in Page(render_card(summary())).elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_landmarks_language_and_title_are_there() -> None:
    page = Page(render_card(summary()))
    assert page.named("html") == [{"lang": "en"}]
    for landmark in ("header", "main", "footer", "title", "h1"):
        assert len(page.named(landmark)) == (1 if landmark != "title" else 1 + len(_plots(page)))


def _plots(page: Page) -> list[dict[str, str]]:
    return [attributes for attributes in page.named("svg") if attributes.get("role") == "img"]


def test_every_plot_has_a_name_a_description_and_a_table_with_the_same_numbers() -> None:
    page = Page(render_card(summary()))
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert len(_plots(page)) == 3
    for attributes in page.named("svg", "section", "div", "aside"):
        for reference in attributes.get("aria-labelledby", "").split():
            assert reference in identifiers
    cells = {text for tag, text in page.texts if tag == "td"}
    described = " ".join(text for tag, text in page.texts if tag == "desc")
    counts = set(re.findall(r"\d[\d,]*(?= (?:before|after)|: |, |\. |$)", described))
    assert counts
    assert {count.rstrip(",") for count in counts} <= cells | {"0"}


def test_decorative_pictures_are_hidden_from_screen_readers() -> None:
    for attributes in Page(render_card(summary())).named("svg"):
        assert attributes.get("role") == "img" or attributes.get("aria-hidden") == "true"


def test_every_table_has_a_caption_and_every_header_its_scope() -> None:
    page = Page(render_card(summary()))
    assert len(page.named("table")) == len(page.named("caption")) == 9
    assert {attributes.get("scope") for attributes in page.named("th")} == {"col", "row"}


def _palette(scheme: str) -> dict[str, tuple[int, int, int]]:
    style = resources.files("safehold.datasets.card").joinpath("card.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)
    light, dark, printed = (dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in blocks)
    chosen = {"light": light, "dark": light | dark, "print": light | printed}[scheme]
    return {name: _rgb(text) for name, text in chosen.items()}


def _rgb(text: str) -> tuple[int, int, int]:
    digits = text[1:] if len(text) == 7 else "".join(digit * 2 for digit in text[1:])
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def _luminance(colour: tuple[int, int, int]) -> float:
    """WCAG 2.2, "relative luminance"."""
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_colours_have_the_contrast_of_wcag_aa(scheme: str) -> None:
    colours = _palette(scheme)
    for text in ("ink", "muted", "kept", "held", "removed"):
        for ground in ("paper", "panel", "notice"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for mark in ("before", "strong-line", "focus"):
        assert contrast(colours[mark], colours["paper"]) >= 3, mark


# --- summaries that are not ones


def test_a_summary_of_another_schema_is_refused() -> None:
    with pytest.raises(MalformedSummaryError, match="schema"):
        render_card(summary(schema="safehold.summary/2"))


@pytest.mark.parametrize("part", sorted(set(summary()) - {"schema"}))
def test_a_summary_without_a_part_is_refused_rather_than_shown_with_a_hole(part: str) -> None:
    lacking = summary()
    del lacking[part]
    with pytest.raises(MalformedSummaryError):
        render_card(lacking)


def test_a_summary_survives_being_a_file() -> None:
    assert render_card(json.loads(json.dumps(summary()))) == render_card(summary())
