"""LiteLLM's Generic Guardrail endpoint, with requests as LiteLLM 1.109.1 writes them."""

import base64
from typing import Any

import pytest
from tests.functional.service.conftest import Served

from safehold.gateway import ItemKind
from safehold.gateway.sandbox import Fault

PLACE = "/beta/litellm_basic_guardrail_api"
HELD = base64.b64encode(b"held bytes").decode()


def said(role: str, *content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"role": role, "content": list(content) or None, **more}


def called(text: str) -> dict[str, Any]:
    return {"id": "i", "type": "function", "function": {"name": "draw", "arguments": text}}


SOUND = {"type": "input_audio", "input_audio": {"data": HELD, "format": "wav"}}
PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{HELD}"}}
CLAUDES = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": HELD}}


def sent(**more: Any) -> dict[str, Any]:
    """Return a request with every field that LiteLLM writes, most of them null."""
    empty = dict.fromkeys(("structured_messages", "images", "tools", "texts", "tool_calls", "model"))
    return {
        "input_type": "request",
        "litellm_call_id": "c-1",
        "litellm_trace_id": "t-1",
        "request_data": {"user_api_key_hash": "h", "user_api_key_user_id": "u", "user_api_key_end_user_id": None},
        "request_headers": {"user-agent": "x", "cookie": "[present]"},
        "litellm_version": "1.109.1",
        "additional_provider_specific_params": {},
        **empty,
        **more,
    }


def ask(served: Served, **more: Any) -> dict[str, Any]:
    answer = served.client.post(PLACE, json=sent(**more), headers={"X-Api-Key": served.key})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_what_is_allowed_is_left_as_it_is(served: Served) -> None:
    told = ask(served, texts=["a blue ball"], model="m")
    assert (told["action"], told.get("texts")) == ("NONE", None)
    request, _ = served.checks.asked[0]
    assert (request.context.account, request.context.session, request.context.model) == ("u", "t-1", "m")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a red cube", "refused_by_policy (refused_by_policy.input)"),
        ("a grey cone", "held_for_review (held_for_review.input)"),
    ],
)
def test_what_is_denied_or_held_is_blocked_with_the_refusals_code(served: Served, text: str, reason: str) -> None:
    told = ask(served, texts=[text])
    assert (told["action"], told["blocked_reason"]) == ("BLOCKED", reason)


def test_what_was_not_examined_is_blocked(served: Served) -> None:
    served.checks.misbehave(Fault.EXAMINES_NOTHING)
    assert ask(served, texts=["a blue ball"])["blocked_reason"].startswith("not_examined")


def test_a_chat_is_one_conversation_with_every_text_once(served: Served) -> None:
    chat = [
        {"role": "developer", "content": "be kind"},
        said("user", {"type": "text", "text": "hello"}, PICTURE),
        said("assistant", tool_calls=[called("{}")]),
    ]
    told = ask(served, structured_messages=chat, texts=["hello", "another"], images=[f"data:image/png;base64,{HELD}"])
    assert told["action"] == "BLOCKED"
    (messages, image), _ = served.checks.asked[0][0].items, None
    assert [(turn.role, turn.text) for turn in messages.turns] == [
        ("system", "be kind"),
        ("user", "hello"),
        ("assistant", "i"),
        ("assistant", "draw"),
        ("assistant", "{}"),
        ("user", "another"),
    ]
    assert (image.kind, image.data) == (ItemKind.IMAGE, b"held bytes")


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"type": "function", "function": {"name": "x", "description": "a red cube"}}]},
        {"tool_calls": [called('{"a": "a red cube"}')]},
        {"structured_messages": [{"role": "user", "content": "a red cube"}]},
        {"a_field_of_a_later_version": {"deep": [{"inside": "a red cube"}]}},
        {"images": [HELD]},
        {"structured_messages": [said("user", SOUND)]},
        {"structured_messages": [said("user", CLAUDES)]},
    ],
    ids=["tools", "tool_calls", "messages", "unknown", "base64", "audio", "anthropic"],
)
def test_wherever_it_stands_it_is_checked(served: Served, more: dict[str, Any]) -> None:
    assert ask(served, texts=["a blue ball"], **more)["action"] == "BLOCKED"


def test_what_a_model_made_is_checked_as_output(served: Served) -> None:
    told = ask(served, input_type="response", texts=["one", "a red cube"], images=[HELD])
    assert told["action"] == "BLOCKED"
    assert [item.kind for item in served.checks.asked[0][0].items] == [ItemKind.OUTPUT_TEXT, ItemKind.OUTPUT_IMAGE]


def test_a_picture_that_cant_be_had_is_blocked(served: Served) -> None:
    for address in ("https://example.org/x.png", "data:image/png;base64,!", "no base64"):
        assert ask(served, images=[address]) == {"action": "BLOCKED", "blocked_reason": "not_examined"}
    assert served.checks.asked == []


def test_nothing_to_check_is_still_decided(served: Served) -> None:
    assert ask(served, texts=[])["action"] == "NONE"
    assert len(served.checks.asked) == 1


def test_what_is_nested_without_end_is_refused(served: Served) -> None:
    deep: Any = "a red cube"
    for _ in range(100):
        deep = [deep]
    answer = served.client.post(PLACE, json=sent(tools=[{"x": deep}]), headers=served.headers())
    assert (answer.status_code, answer.json()["code"]) == (422, "too_deep")
