"""The file of case rules: what ships is right, and what can't be meant is refused with its line."""

from importlib import resources
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from safehold.cases import Form
from safehold.cases.axes import HarmType
from safehold.cases.rules import (
    Axis,
    CaseRulesError,
    Occasion,
    default_rules,
    default_source,
    load_rules,
    parse_rules,
    rules_json_schema,
)
from safehold.cases.rules.file import CaseRulesFile
from safehold.reviewed import Strict
from safehold.vocabulary import HarmClass


def changed(path: str, value: Any) -> str:
    tree = yaml.safe_load(default_source())
    *steps, last = path.split("__")
    place = tree
    for step in steps:
        place = place[step]
    place[last] = value
    return yaml.safe_dump(tree)


def test_the_schema_that_ships_is_that_of_the_models() -> None:
    file = resources.files("safehold.cases.rules").joinpath("case-rules.schema.json")
    assert file.read_text(encoding="utf-8") == rules_json_schema()


def test_the_shipped_rules_are_a_draft_that_needs_two_people() -> None:
    rules = default_rules()
    assert rules.is_draft
    assert not rules.single_operator
    assert rules.label.startswith("default-cases@1 sha256:")


def test_comments_and_layout_are_no_part_of_the_digest_and_values_are() -> None:
    assert parse_rules(changed("name", "default-cases"), called="x").digest == default_rules().digest
    assert parse_rules(changed("single_operator", True), called="x").digest != default_rules().digest


def test_the_digest_is_the_same_in_every_process() -> None:
    """What is a set has no order of its own: the order of the file is what counts."""
    fields = [CaseRulesFile]
    while fields:
        model = fields.pop()
        for name, field in model.model_fields.items():
            assert "set[" not in str(field.annotation), f"{model.__name__}.{name}"
            parts = (field.annotation, *get_args(field.annotation))
            fields += [part for part in parts if isinstance(part, type) and issubclass(part, Strict)]


def test_a_file_is_read_and_a_missing_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(default_source())
    assert load_rules(tmp_path / "rules.yaml") == default_rules()
    with pytest.raises(CaseRulesError):
        load_rules(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("format", "safehold.case-rules/2"),
        ("more", 1),
        ("decisions__automatic__classes", {"benign": "benign"}),
        ("decisions__automatic__classes", {"honour_mark": "csem"}),
        ("decisions__automatic__classes", {"test": "csam"}),
        ("decisions__automatic__classes", {"csam": "benign"}),
        ("decisions__automatic__classes", {"csam": "test"}),
        ("decisions__own_bank__classes", {"benign": "benign"}),
        ("decisions__own_bank__classes", {"test": "csam"}),
        ("decisions__own_bank__pdq_quality_at_least", 101),
        ("review__second__share", {"confirm": 1.1, "not_a_violation": 0, "automatic": 0}),
        ("review__agreement__least_people", 1),
        ("retention__held_most_days", 0),
    ],
)
def test_what_can_t_be_meant_is_refused_with_its_line(path: str, value: Any) -> None:
    with pytest.raises(CaseRulesError, match=r"made up, line \d+"):
        parse_rules(changed(path, value), called="made up")


def test_what_must_be_said_depends_on_the_harm_and_the_form() -> None:
    decisions = default_rules().decisions
    assert decisions.required_of(HarmType.CSAM, Form.IMAGE) == {Axis.REALISM, Axis.DEPICTED, Axis.AGE}
    assert decisions.required_of(HarmType.CSAM, Form.TEXT) == frozenset()
    assert decisions.required_of(HarmType.GROOMING, Form.IMAGE) == frozenset()


def test_a_queue_may_be_looked_at_more_often_than_others() -> None:
    shares = {"confirm": 1.0, "not_a_violation": 0.5, "automatic": 0.0}
    review = parse_rules(changed("review__second__queues", {"reports": shares}), called="x").review
    assert review.share_of("reports", Occasion.CONFIRM) == 1.0
    assert review.share_of("gateway", Occasion.CONFIRM) == default_rules().review.shares[Occasion.CONFIRM]


def test_every_class_that_is_decided_by_hash_is_one_of_harm() -> None:
    automatic = default_rules().decisions.automatic
    assert set(automatic) == set(HarmClass) - {HarmClass.BENIGN, HarmClass.HONOUR_MARK}
    assert automatic[HarmClass.TEST] is HarmType.TEST
