"""Chats as applications hold them, as items to check: nothing that a message holds is passed over."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from safehold.gateway import ItemKind
from safehold.guard import drafts


def _png() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(kept, "PNG")
    return kept.getvalue()


PNG = _png()
LETTERS = base64.b64encode(PNG).decode()


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": None, "function_call": {"name": "draw", "arguments": "a red cube"}},
        {"role": "assistant", "content": None, "refusal": "a red cube"},
        {"role": "assistant", "content": None, "reasoning_content": "a red cube"},
        {"role": "user", "content": None, "name": "a red cube"},
        {"role": "user", "parts": [{"text": "a red cube"}]},
        {"role": "a red cube", "content": None},
        {"role": "user", "content": None, "a red cube": 1},
        {"role": "user", "content": [{"type": "text", "text": "", "title": "a red cube"}]},
    ],
)
def test_every_word_of_a_message_is_checked(message: dict[str, Any]) -> None:
    draft = drafts.messages([message])
    (chat,) = draft.items
    assert draft.is_complete
    assert "a red cube" in chat.turns[0].text


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "a cube", "images": [LETTERS]},
        {"role": "user", "content": "a cube", "picture": f"data:image/png;base64,{LETTERS}"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "a cube", "image_url": f"data:image/png;base64,{LETTERS}"}],
        },
    ],
)
def test_every_picture_of_a_message_is_checked(message: dict[str, Any]) -> None:
    draft = drafts.messages([message])
    assert [(item.kind, item.data) for item in draft.items[1:]] == [(ItemKind.IMAGE, PNG)]
    assert draft.is_complete


def _nested(levels: int) -> object:
    inner: object = "a red cube"
    for _ in range(levels):
        inner = [inner]
    return inner


@pytest.mark.parametrize(
    "more",
    [{"images": ["https://pictures.example/a.png"]}, {"picture": "data:image/png;base64,***"}, {"deep": _nested(100)}],
)
def test_a_message_with_what_cant_be_had_is_not_complete(more: dict[str, Any]) -> None:
    assert not drafts.messages([{"role": "user", "content": "a cube", **more}]).is_complete


def test_the_protocols_own_words_are_not_taken_for_words_of_the_chat() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "draw", "arguments": "{}"}}
    chat = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "name": "draw", "content": "done"},
    ]
    (said,) = drafts.messages(chat).items
    assert [turn.text for turn in said.turns] == ["{}", "done"]
