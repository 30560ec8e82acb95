import json
from importlib import resources

import pytest
from tests.unit.gateway import made_up

from safehold.gateway import ItemKind, Refusal, Surface
from safehold.gateway.errors import GatewayPolicyError
from safehold.gateway.policy_file import (
    default_gateway_policy,
    default_source,
    gateway_json_schema,
    load_gateway_policy,
    parse_gateway_policy,
)
from safehold.screening import NEVER_ALLOWED
from safehold.vocabulary import Action, FindingKind, MediaKind

DEFAULT = default_gateway_policy()


def test_the_schema_that_ships_is_the_one_that_the_models_generate() -> None:
    file = resources.files("safehold.gateway").joinpath("policies", "gateway-policy.schema.json")
    assert file.read_text(encoding="utf-8") == gateway_json_schema()


def test_the_canonical_text_is_read_as_the_same_policy() -> None:
    assert parse_gateway_policy(DEFAULT.canonical, called="canonical") == DEFAULT


def test_comments_change_no_digest_and_every_value_does() -> None:
    assert parse_gateway_policy(default_source() + "\n# a remark\n", called="x").digest == DEFAULT.digest
    changed = default_source().replace("carry_seconds: 1800", "carry_seconds: 1801")
    assert parse_gateway_policy(changed, called="x").digest != DEFAULT.digest


def test_the_default_says_that_it_is_a_draft_and_fails_closed_everywhere() -> None:
    assert DEFAULT.is_draft
    assert not any(surface.fail_open for surface in DEFAULT.surfaces.values())
    assert DEFAULT.surfaces.keys() == set(Surface)
    assert all(surface.messages.keys() == set(Refusal) for surface in DEFAULT.surfaces.values())


@pytest.mark.parametrize("kind", ItemKind)
def test_the_default_requires_every_hash_of_media_and_the_rules_of_text(kind: ItemKind) -> None:
    terms = DEFAULT.terms[kind]
    assert terms.required_for([MediaKind.IMAGE]) == terms.required_for([MediaKind.VIDEO])
    assert terms.required_for([MediaKind.IMAGE]) == {"sha256", "sha1", "md5", "pdq"}
    assert terms.required_for([MediaKind.TEXT]) == {"text-rules"}


@pytest.mark.parametrize("kind", ItemKind)
def test_no_rule_of_the_default_allows_a_match_that_none_may(kind: ItemKind) -> None:
    for rule in DEFAULT.terms[kind].rules:
        if rule.kind is FindingKind.MATCH and rule.action is Action.ALLOW:
            assert rule.subjects
            assert not rule.subjects & NEVER_ALLOWED


@pytest.mark.parametrize("subject", ["minor+adult_sexual", "nudify", "grooming", "sextortion", "sextortion+minor"])
def test_every_rule_of_the_texts_is_named_for_every_kind_of_item(subject: str) -> None:
    for kind in ItemKind:
        named = [rule for rule in DEFAULT.terms[kind].rules if subject in rule.subjects]
        is_negative = kind is ItemKind.NEGATIVE_PROMPT
        assert named
        assert all((rule.action is Action.ALLOW) is is_negative for rule in named)


def test_the_default_names_every_subject_that_the_text_rules_can_find() -> None:
    from safehold.classification.text import APART, NEGATED, PROTECTED, default_rules, prompt_lexicons

    rules = default_rules()
    marks = rules.contexts | rules.negation | rules.only_together
    concepts = {lexicon.concept for lexicon in prompt_lexicons()} - marks
    found = {one + ending for one in concepts for ending in ("", NEGATED)}
    for rule in rules.rules:
        endings = ("", NEGATED, APART, *((PROTECTED,) if rule.is_lowered else ()))
        found |= {rule.id + ending for ending in endings}
    for kind in ItemKind:
        named = frozenset().union(*(rule.subjects for rule in DEFAULT.terms[kind].rules if rule.subjects))
        assert found <= named


BAD = {
    "format": "safehold.gateway-policy/2",
    "name": "",
    "surfaces__input__fail_open": "perhaps",
    "surfaces__input__mode": "off",
    "surfaces__input__required": {"image": []},
    "surfaces__input__messages": {"limited": "limited"},
    "thresholds__pdq": 37,
    "edit__action": "allow",
    "session__carry_seconds": -1,
    "retention__accounts_days": 9999,
    "requests__items": 0,
    "colour": "red",
    "pairs": [{"between": ["a", "a"], "items": ["image"], "action": "hold", "reason": "made up for this"}],
    "conduct": [
        {"id": "x", "of": "account", "counts": "blocked", "at_least": 1, "within_seconds": 1, "reason": "leads nowhere"}
    ],
}


@pytest.mark.parametrize("path", BAD)
def test_what_cannot_be_meant_is_refused(path: str) -> None:
    with pytest.raises(GatewayPolicyError):
        made_up.policy(**{path: BAD[path]})


def test_a_surface_or_a_rule_that_stands_twice_or_is_missing_is_refused() -> None:
    tree = json.loads(DEFAULT.canonical)
    without = {**tree, "surfaces": {name: one for name, one in tree["surfaces"].items() if name != "edit"}}
    twice = {**tree, "rules": [*tree["rules"], tree["rules"][0]]}
    for bad in (without, twice):
        with pytest.raises(GatewayPolicyError):
            parse_gateway_policy(json.dumps(bad), called="x")


def test_an_error_names_the_file_and_the_line(tmp_path: object) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "mine.yaml"
    file.write_text(default_source().replace("fail_open: false", "fail_opne: false", 1), encoding="utf-8")
    with pytest.raises(GatewayPolicyError, match=r"mine\.yaml, line \d+: surfaces\.input\.fail_opne: unknown key"):
        load_gateway_policy(file)
    with pytest.raises(GatewayPolicyError):
        load_gateway_policy(file.with_name("absent.yaml"))
