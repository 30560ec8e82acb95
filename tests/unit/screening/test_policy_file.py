"""What the edge of a policy accepts, and what it refuses by name and line."""

from importlib import resources
from pathlib import Path

import pytest
import yaml

from safehold.screening import Disposition, PolicyError, SourceAction, default_policy, json_schema, load, parse
from safehold.vocabulary import FindingKind, HarmClass, MediaKind, Tier, UsageError
from safehold.vocabulary.finding import Finding

FOLDER = resources.files("safehold.screening").joinpath("policies")
TEXT = FOLDER.joinpath("default-dataset.yaml").read_text(encoding="utf-8")

TWICE = "the same pair stands twice"


def changed(old: str, new: str) -> str:
    assert TEXT.count(old) >= 1
    return TEXT.replace(old, new, 1)


def complaint(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        parse(text, called="p.yaml")
    assert isinstance(caught.value, UsageError)
    assert caught.value.advice
    return str(caught.value)


def test_the_default_policy_says_what_the_issue_asks() -> None:
    policy = default_policy()
    assert policy.thresholds.pdq == 31
    assert policy.thresholds.pdq_quality_reported_below == 50
    assert policy.disposition is Disposition.HOLD_FOR_COUNSEL
    assert policy.source_action is SourceAction.REFUSE
    assert policy.required_for([MediaKind.IMAGE]) == {"sha256", "sha1", "md5", "pdq"}
    assert policy.required_for([MediaKind.AUDIO]) == {"sha256", "sha1", "md5"}
    assert policy.required_for([]) == frozenset()
    assert policy.is_draft
    assert not policy.single_operator


def test_every_harm_class_that_can_be_reported_is_never_just_allowed() -> None:
    for rule in default_policy().rules:
        if rule.kind is FindingKind.MATCH:
            assert rule.action.value != "allow"


def test_the_schema_that_ships_is_the_one_that_the_models_generate() -> None:
    assert FOLDER.joinpath("policy.schema.json").read_text(encoding="utf-8") == json_schema()


def test_comments_and_layout_do_not_change_the_digest() -> None:
    plain = yaml.safe_dump(yaml.safe_load(TEXT), sort_keys=False)
    assert plain != TEXT
    assert parse(plain, called="p").digest == default_policy().digest


def test_a_value_changes_the_digest() -> None:
    assert parse(changed("pdq: 31", "pdq: 30"), called="p").digest != default_policy().digest


def test_a_default_written_out_does_not_change_the_digest() -> None:
    written = changed("reviewed_by: []", "")
    assert parse(written, called="p").digest == default_policy().digest


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("  pdq: 31", "  pdqq: 31", "thresholds.pdqq: unknown key"),
        ("single_operator:", "single_opperator:", "single_opperator: unknown key"),
        ("    kind: match\n", "    kindd: match\n", "rules.0.kindd: unknown key"),
        ("  frames: 64 ", "  frame: 64 ", "limits.frame: unknown key"),
    ],
)
def test_an_unknown_key_is_refused_with_its_name_and_line(old: str, new: str, key: str) -> None:
    text = changed(old, new)
    line = text[: text.index(new.strip())].count("\n") + 1
    assert f"p.yaml, line {line}: {key}" in complaint(text)


def test_a_missing_key_is_refused_by_name() -> None:
    assert "thresholds.pdq: is missing" in complaint(changed("  pdq: 31\n", ""))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("pdq: 31", "pdq: 37", "less than or equal to 36"),
        ("pdq: 31", "pdq: .nan", "thresholds.pdq"),
        ("pdq: 31", "pdq: near", "thresholds.pdq"),
        ("action: deny", "action: allow_unexamined", "rules.0.action"),
        ("action: deny", "action: allow", "no rule may allow a match of csam"),
        ("subjects: [csam]", "subjects: [weather]", "is a harm class"),
        ("id: confirmed-test", "id: confirmed-csam", "two rules have the id"),
        ("remove: adult_sexual", "remove: weather", "one of the two concepts"),
        ("between: [minor, adult_sexual]", "between: [minor, minor]", "two different concepts"),
        ("between: [minor, adult_sexual]", "between: [minor]", "between"),
        ("column: p_unsafe", "column: PUnsafe", "the same column is mapped"),
        (
            "  across_mix:\n",
            "    - {between: [adult_sexual, minor], action: deny, reason: the other way}\n  across_mix:\n",
            TWICE,
        ),
        ("jurisdiction: unset", "jurisdiction: atlantis", "one of the keys of choices"),
        ("at_least: 0.45", "required: true", "at_least, at_most or both"),
        ("    audio: [sha256, sha1, md5]\n", "", "required for audio"),
        ("known_risk: refuse", "known_risk: ignore", "sources.known_risk"),
        ("format: safehold.policy/1", "format: safehold.policy/9", "format"),
        ("memory_bytes: 2147483648", "memory_bytes: 1", "limits.memory_bytes"),
        ("reason: The test signature", "reason: no # signature", "rules.1.reason"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(old: str, new: str, why: str) -> None:
    assert why in complaint(changed(old, new))


def test_an_allowing_rule_for_matches_must_name_harmless_classes() -> None:
    rule = "  - {id: x, kind: match, action: allow, reason: because we say so%s}\nseparation:\n"
    assert "no rule may allow" in complaint(changed("separation:\n", rule % ""))
    allowed = parse(changed("separation:\n", rule % ", subjects: [honour_mark]"), called="p")
    assert allowed.rules[-1].subjects == {HarmClass.HONOUR_MARK.value}


def test_every_fault_is_named_at_once() -> None:
    text = changed("pdq: 31", "pdq: 99").replace("single_operator:", "typo:")
    assert complaint(text).count("p.yaml, line") == 2


def test_the_value_that_was_refused_is_not_repeated() -> None:
    assert "secret" not in complaint(changed("pdq: 31", "pdq: secret"))


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"gone\.yaml"):
        load(tmp_path / "gone.yaml")


def test_a_file_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="can't be read"):
        load(path)


def test_a_file_loads_like_its_text(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(TEXT, encoding="utf-8")
    assert load(path) == default_policy()


@pytest.mark.parametrize("text", ["", "[]", "just words", "3"])
def test_a_text_that_is_no_policy_is_refused(text: str) -> None:
    assert "p.yaml, line 1" in complaint(text)


def test_only_confirmed_matches_of_sealed_classes_are_sealed() -> None:
    policy = default_policy()
    csam = Finding(FindingKind.MATCH, "md5", "csam", "b@1#1", tier=Tier.TRUSTED, distance=0)
    assert policy.is_sealed(csam)
    assert not policy.is_sealed(Finding(FindingKind.MATCH, "md5", "ncii", "b@1#1", tier=Tier.TRUSTED, distance=0))
    assert not policy.is_sealed(Finding(FindingKind.MATCH, "md5", "csam", "b@1#1", tier=Tier.REVIEW, distance=0))
    assert not policy.is_sealed(Finding(FindingKind.MATCH, "pdq", "csam", "b@1#1", tier=Tier.TRUSTED, distance=0))


@pytest.mark.parametrize(("extension", "inert"), [("cls", True), (".CLS", True), ("jpg", False), ("", False)])
def test_inert_extensions_are_compared_without_case_or_dot(extension: str, inert: bool) -> None:
    assert default_policy().is_inert(extension) is inert


@pytest.mark.parametrize("text", ["", "a sentence", "[1, 2]", "rules: 4"])
def test_a_complaint_is_in_words_for_people_and_says_where_a_right_policy_is(text: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse(text, called="p.yaml")
    for inside in ("PolicyFile", "Input should", "valid dictionary", "Field required"):
        assert inside not in str(caught.value)
    assert "safehold policy show --source" in caught.value.advice
