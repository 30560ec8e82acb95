"""Language files, operators' lists, and the real words: single terms and neutral phrases only."""

from importlib import resources
from pathlib import Path

import pytest

from safehold.classification.text import (
    Lexicon,
    PromptRules,
    default_rules,
    load_lexicon,
    load_rules,
    load_word_list,
    prompt_lexicons,
    stand_in_prompt_lexicons,
    stand_in_rules,
)
from safehold.classification.text.language import LanguageFile
from safehold.reviewed import ReviewedDataError, read_text

FOLDER = resources.files("safehold.classification.text")
STAND_IN = FOLDER.joinpath("languages", "stand-in.yaml").read_text(encoding="utf-8")
STAND_IN_RULES = FOLDER.joinpath("combinations", "stand-in.yaml").read_text(encoding="utf-8")
LEXICONS = prompt_lexicons()
LANGUAGES = ("de", "en", "es", "fr", "pt")
REAL = PromptRules(LEXICONS, default_rules())
CLAIMS = [entry for entry in LEXICONS if not entry.concept.startswith("context_") and entry.concept != "negation"]


def subjects(text: str) -> set[str]:
    return {finding.subject for finding in REAL.read([text]).findings}


def test_every_language_has_words_for_every_concept_that_the_rules_know() -> None:
    rules = default_rules()
    needed = {concept for rule in rules.rules for group in rule.groups for concept in group}
    needed |= rules.contexts | rules.negation
    for language in LANGUAGES:
        assert {entry.concept for entry in LEXICONS if entry.language == language} == needed


def test_shipped_words_are_drafts_that_say_so_and_where_they_come_from() -> None:
    assert {entry.language for entry in LEXICONS} == set(LANGUAGES)
    assert {entry.status for entry in LEXICONS} == {default_rules().status} == {"draft"}
    assert {entry.licence for entry in LEXICONS} == {"CC0-1.0"}
    assert len({entry.id for entry in LEXICONS}) == len(LEXICONS)


def test_shipped_terms_are_plain_lower_case_words_in_order() -> None:
    for entry in LEXICONS:
        assert list(entry.terms) == sorted(entry.terms)
        assert all(term.replace(" ", "").replace("'", "").isalpha() and term.islower() for term in entry.terms)
        assert max(len(term.split()) for term in entry.terms) <= 4


@pytest.mark.parametrize("entry", CLAIMS, ids=lambda entry: entry.id)
def test_every_single_term_claims_its_concept_in_any_case(entry: Lexicon) -> None:
    for term in entry.terms:
        assert {entry.concept, f"{entry.concept}:negated"} & REAL.read([term.upper()]).concepts


@pytest.mark.parametrize(
    "text",
    [
        "what kind of house is this", "kind regards", "much ado about nothing", "a kind word", "the Dean; der Dekan",
        "I am 12 minutes late", "I'm 15 weeks into the project", "zehn Jahre Garantie", "10 ans d'expérience",
        "una pena de 10 años de prisión", "à l'œil nu", "a olho nu", "die nackte Wahrheit", "sans serif",
        "a house with a red roof, 8k, 35mm, f/1.8, ISO-100", "boycott", "canteen", "Essex", "no problem", "",
        "junge Frau", "menor que cinco", "secret garden", "18 Jahre alt", "a los 21 años",
    ],
)  # fmt: skip
def test_ordinary_phrases_of_any_language_are_no_finding(text: str) -> None:
    assert subjects(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "I'm 12",
        "13 Jahre alt",
        "eine 9-Jährige",
        "tiene 11 años",
        "14 ans",
        "elle a 14 ans",
        "aos 15 anos",
        "de doze anos",
    ],
)
def test_ages_under_eighteen_claim_minor_as_each_language_says_them(text: str) -> None:
    assert subjects(text) == ({"minor"} if text != "14 ans" else set())


@pytest.mark.parametrize(
    "text", ["sexual education curriculum", "Sexualkunde", "éducation sexuelle", "educación sexual", "educação sexual"]
)
def test_a_protected_context_does_not_stand_in_the_way_of_a_concept_alone(text: str) -> None:
    assert not any(subject.startswith("minor+") for subject in subjects(text))
    assert all(":" not in subject for subject in subjects(text))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("size: 12", "size: 13", "size says 13, but there are 12 terms"),
        ("id: en-swap", "id: en-paint", "two lexicons have the same id"),
        ("[paint, painted, painting]", "[paint, paint, painting]", "a term stands twice"),
        ("status: draft", "status: reviewed", "if and only if reviewed_by"),
        ("language: en", "language: E", "language"),
    ],
)
def test_a_language_file_that_says_wrong_things_is_refused(old: str, new: str, why: str) -> None:
    assert old in STAND_IN
    with pytest.raises(ReviewedDataError, match=why):
        read_text(STAND_IN.replace(old, new), LanguageFile, called="a file")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("id: paint_cube", "id: cube_trade", "two rules have the same id"),
        ("[[red_cube], [blue_ball]]", "[[red_cube], [red_cube]]", "stands twice in the rule"),
        ("[[red_cube], [blue_ball]]", "[[red_cube], [geometry]]", "protects or negates"),
        ("[[red_cube], [blue_ball]]", "[[red_cube]]", "all_of"),
        ("status: draft", "status: reviewed", "if and only if reviewed_by"),
        ("window: 80", "window: 0", "window"),
        ("protected_contexts: lower", "protected_contexts: drop", "protected_contexts"),
    ],
)
def test_a_file_of_rules_that_says_wrong_things_is_refused(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in STAND_IN_RULES
    path = tmp_path / "rules.yaml"
    path.write_text(STAND_IN_RULES.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ReviewedDataError, match=why):
        load_rules(path)


def test_operators_own_rules_are_read_like_the_shipped_ones(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(STAND_IN_RULES, encoding="utf-8")
    assert load_rules(path) == stand_in_rules()
    path.write_text(
        STAND_IN_RULES.replace("reviewed_by: []", "reviewed_by: [A. Reviewer]").replace("draft", "reviewed"),
        encoding="utf-8",
    )
    assert load_rules(path).status == "reviewed"


def test_a_plain_list_is_one_term_a_line(tmp_path: Path) -> None:
    path = tmp_path / "licensed-list.txt"
    path.write_text("\ufeff# bought on a date\n\nGreen  Cone\r\ngreen cone\nyellow pyramid\n", encoding="utf-8")
    entry = load_word_list(path, concept="own_list")
    assert entry.terms == ("Green Cone", "green cone", "yellow pyramid")
    assert (entry.id, entry.status, len(entry.version)) == ("licensed-list", "draft", 12)
    rules = PromptRules([*stand_in_prompt_lexicons(), entry], stand_in_rules())
    (finding,) = rules.read(["a yell0w pyramid"]).findings
    assert (finding.subject, finding.reference) == ("own_list", f"licensed-list@{entry.version}#yellow-pyramid")


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "no term"), (b"# only\n", "no term"), (b"\xff\xfe", "not UTF-8"), (None, "can't be read")],
)
def test_a_list_that_cannot_be_meant_is_refused(tmp_path: Path, content: bytes | None, why: str) -> None:
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ReviewedDataError, match=why):
        load_word_list(path, concept="own_list")


def test_operators_own_lexicons_in_yaml_work_for_prompts_too(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    shown = FOLDER.joinpath("lexicons", "stand-in", "en-red-cube.yaml").read_text(encoding="utf-8")
    path.write_text(shown, encoding="utf-8")
    assert PromptRules([load_lexicon(path)], stand_in_rules()).read(["red cube"]).concepts == {"red_cube"}
