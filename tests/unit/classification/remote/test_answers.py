"""What the dialects accept, and what each refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from safehold.classification.remote import Protocol, RemoteTerms, Said
from safehold.classification.remote.answers import NoAnswerError, answered_model, strict_json
from safehold.classification.remote.loading import dialect_of


def terms(protocol: Protocol, **changed: Any) -> RemoteTerms:
    given = {
        "name": "far",
        "protocol": protocol.value,
        "url": "http://127.0.0.1/v1",
        "model": "m",
        "operated_by": "own",
        "surfaces": ["input"],
        "text": {"A1": "red_cube", "A2": "red_cube", "B": "blue_ball"},
    }
    return RemoteTerms.model_validate({**given, **changed})


def chat(content: object, **choice: object) -> dict[str, Any]:
    return {"choices": [{"message": {"content": content}, "finish_reason": "stop", **choice}]}


def guard(content: object, **choice: object) -> dict[str, float]:
    return dict(dialect_of(terms(Protocol.LLAMA_GUARD)).scores(chat(content, **choice), is_image=False))


def label(tmp_path: Path, content: object) -> dict[str, float]:
    policy = tmp_path / "policy.txt"
    policy.write_text("Cubes are A1.")
    dialect = dialect_of(terms(Protocol.POLICY_PROMPT, policy_file=policy))
    return dict(dialect.scores(chat(content), is_image=False))


def moderated(result: object, **changed: Any) -> dict[str, float]:
    dialect = dialect_of(terms(Protocol.OPENAI_MODERATION, **changed))
    return dict(dialect.scores({"results": [result]}, is_image=False))


@pytest.mark.parametrize("content", ["safe", "\n\nsafe", "safe\n"])
def test_safe_is_nothing_found(content: str) -> None:
    assert guard(content) == {"red_cube": 0.0, "blue_ball": 0.0}


@pytest.mark.parametrize("content", ["unsafe\nA2", "\n\nunsafe\nS9,A2", "unsafe \n A2 , S9 \n"])
def test_unsafe_names_categories_and_any_of_a_concept_suffices(content: str) -> None:
    assert guard(content) == {"red_cube": 1.0, "blue_ball": 0.0}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "unsafe",
        "unsafe\n",
        "unsafe\n,",
        "Safe",
        "safe\nunsafe\nA1",
        "safe enough",
        "unsafe A1",
        "unsafe\n1",
        None,
        1,
    ],
)
def test_anything_else_of_a_guard_is_unusable(content: object) -> None:
    with pytest.raises(NoAnswerError):
        guard(content)


@pytest.mark.parametrize("reason", ["length", "content_filter", "tool_calls", None])
def test_an_answer_that_did_not_end_by_itself_is_unusable(reason: str | None) -> None:
    with pytest.raises(NoAnswerError):
        guard("safe", finish_reason=reason)


def test_several_answers_are_unusable() -> None:
    answer = {"choices": chat("safe")["choices"] * 2}
    with pytest.raises(NoAnswerError):
        dialect_of(terms(Protocol.LLAMA_GUARD)).scores(answer, is_image=False)


def test_a_label_names_codes(tmp_path: Path) -> None:
    found = label(tmp_path, '{"violation": 1, "categories": ["B"]}')
    assert found == {"red_cube": 0.0, "blue_ball": 1.0}
    assert label(tmp_path, ' {"violation": 0, "categories": []}\n') == {"red_cube": 0.0, "blue_ball": 0.0}


@pytest.mark.parametrize(
    "content",
    [
        '{"violation": 1, "categories": []}',
        '{"violation": 0, "categories": ["B"]}',
        '{"violation": 1, "categories": ["B", "Z"]}',
        '{"violation": true, "categories": ["B"]}',
        '{"violation": 1.0, "categories": ["B"]}',
        '{"violation": 2, "categories": ["B"]}',
        '{"violation": 0}',
        '{"violation": 0, "categories": [], "note": ""}',
        '{"violation": 0, "violation": 0, "categories": []}',
        '```json\n{"violation": 0, "categories": []}\n```',
        "0",
        "[]",
    ],
)
def test_a_label_that_is_not_exactly_one_is_unusable(tmp_path: Path, content: str) -> None:
    with pytest.raises(NoAnswerError):
        label(tmp_path, content)


def test_what_is_judged_is_sent_apart_from_the_policy(tmp_path: Path) -> None:
    policy = tmp_path / "policy.txt"
    policy.write_text("Cubes are A1.")
    dialect = dialect_of(terms(Protocol.POLICY_PROMPT, policy_file=policy))
    system, user = dialect.ask_text((Said("user", '"}]} a "red" cube'),))["messages"]
    assert system["content"].startswith("Cubes are A1.")
    assert "cube" not in system["content"].removeprefix("Cubes are A1.")
    assert json.loads(user["content"]) == {"content": [{"role": "user", "text": '"}]} a "red" cube'}]}


def test_a_guard_is_given_turns_as_its_template_asks() -> None:
    dialect = dialect_of(terms(Protocol.LLAMA_GUARD))
    turns = [Said(role, role) for role in ("assistant", "system", "user", "assistant", "assistant", "tool")]
    messages = dialect.ask_text(turns)["messages"]
    assert [one["role"] for one in messages] == ["user", "assistant", "user"]
    assert "\n\n".join(one["content"] for one in messages).split() == [turn.text for turn in turns]


SCORES = {"A1": 0.25, "A2": 0.5, "B": 0}


def test_a_concept_has_the_highest_score_of_its_categories() -> None:
    assert moderated({"category_scores": {**SCORES, "other": 1}}) == {"red_cube": 0.5, "blue_ball": 0.0}


def test_flags_are_ones_and_noughts() -> None:
    flags = {"categories": {"A1": True, "A2": False, "B": False}}
    assert moderated(flags, take="flags") == {"red_cube": 1.0, "blue_ball": 0.0}


@pytest.mark.parametrize("value", [None, "0.5", True, -0.1, 1.1, 10**400, float("nan"), float("inf"), []])
def test_a_score_that_is_none_is_unusable(value: object) -> None:
    with pytest.raises(NoAnswerError):
        moderated({"category_scores": {**SCORES, "B": value}})


def test_a_category_that_was_not_applied_was_not_examined() -> None:
    applied = {"A1": ["text"], "A2": ["text"], "B": ["image"]}
    with pytest.raises(NoAnswerError):
        moderated({"category_scores": SCORES, "category_applied_input_types": applied})
    dialect = dialect_of(terms(Protocol.OPENAI_MODERATION, image={"B": "blue_ball"}))
    with pytest.raises(NoAnswerError):
        dialect.scores({"results": [{"category_scores": SCORES}]}, is_image=True)


@pytest.mark.parametrize("data", ['{"a": NaN}', '{"a": -Infinity}', '{"a": 1, "a": 2}', "[" * 100_000, b"\xff", ""])
def test_json_that_is_not_plain_is_unusable(data: str | bytes) -> None:
    with pytest.raises(NoAnswerError) as caught:
        strict_json(data)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(("named", "is_accepted"), [("m-1", True), ("m-", True), ("n-1", False), ("m-a b", False)])
def test_only_the_models_that_the_settings_accept_answer(named: str, is_accepted: bool) -> None:
    if is_accepted:
        assert answered_model({"model": named}, ("m-*",)) == named
    else:
        with pytest.raises(NoAnswerError):
            answered_model({"model": named}, ("m-*",))


@pytest.mark.parametrize("model", [None, 3, "m-" + "x" * 100])
def test_a_model_that_names_itself_badly_is_another_one(model: object) -> None:
    with pytest.raises(NoAnswerError):
        answered_model({"model": model}, ("*",))
