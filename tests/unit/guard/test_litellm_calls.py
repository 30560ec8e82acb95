"""What LiteLLM holds, as items: nothing that could be a picture is passed over, nothing of its own is taken for one."""

import base64
import io
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from safehold.gateway.item import Context
from safehold.gateway.particulars import NOTHING
from safehold.guard import Window
from safehold.guard.held_chunks import HeldChunks, TooManyTextsError
from safehold.guard.litellm_calls import (
    asks_for_media,
    context_of,
    draft_of_answer,
    draft_of_call,
    draft_of_chunk,
    makes_media,
    texts_of_chunk,
)

FILE = b"bytes of a picture" * 10
BASE64 = base64.b64encode(FILE).decode()
INLINE = f"data:image/png;base64,{BASE64}"


def told(draft: Any) -> list[tuple[str, str | bytes]]:
    return [(item.kind.value, item.text or item.data) for item in draft.items]


CALLS: dict[str, tuple[dict[str, Any], list[tuple[str, str | bytes]]]] = {
    "a prompt": ({"prompt": "a cone", "n": 2, "size": "1024x1024", "model": "m"}, [("prompt", "a cone")]),
    "a negative prompt": (
        {"prompt": "a cone", "extra_body": {"negative_prompt": "blur"}},
        [("prompt", "a cone"), ("negative_prompt", "blur")],
    ),
    "an upload": ({"image": io.BytesIO(FILE), "prompt": "bluer"}, [("source_image", FILE), ("prompt", "bluer")]),
    "uploads and a mask": (
        {"image": [io.BytesIO(FILE)], "mask": [io.BytesIO(b"m")], "prompt": "bluer"},
        [("source_image", FILE), ("image", b"m"), ("prompt", "bluer")],
    ),
    "an upload under another name": ({"input_thing": io.BytesIO(FILE)}, [("source_image", FILE)]),
    "bytes": ({"reference": FILE}, [("source_image", FILE)]),
    "inline": ({"init": INLINE}, [("source_image", FILE)]),
    "base64": ({"image_prompt_strength": 0.1, "input_image": BASE64}, [("source_image", FILE)]),
    "a picture as prompt": ({"image_prompt": BASE64}, [("source_image", FILE)]),
    "a clip": ({"input_video": io.BytesIO(FILE)}, [("video", FILE)]),
    "a choice that sounds like a picture": ({"image_size": "square_hd"}, [("prompt", "square_hd")]),
    "LiteLLM's own": (
        {"metadata": {"image": "x" * 500}, "proxy_server_request": {"body": {"prompt": "a"}}, "messages": []},
        [],
    ),
    "an identifier": ({"video_id": BASE64}, []),
    "words under a name that nobody knows": ({"style": "a red cube", "quality": "high"}, [("prompt", "a red cube")]),
    "words within one": ({"extra_body": {"input": {"subject": "a cone"}}}, [("prompt", "a cone")]),
    "words as an identifier": ({"prompt_id": "a red cube"}, [("prompt", "a red cube")]),
    "base64 under a name that nobody knows": ({"control": BASE64}, [("source_image", FILE)]),
    "an upload as an identifier": ({"picture_id": io.BytesIO(FILE)}, [("source_image", FILE)]),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_gives_everything_that_is_asked_with(name: str) -> None:
    data, items = CALLS[name]
    draft = draft_of_call(data)
    assert (told(draft), draft.is_complete) == (items, True)


@pytest.mark.parametrize(
    "data",
    [
        {"image": "https://pictures.example/1.png"},
        {"image": {"url": "s3://bucket/1.png"}},
        {"extra_body": {"image_prompt": "https://pictures.example/1.png"}},
        {"images": [{"file_id": "file-1"}]},
        {"reference_image_id": "image-1"},
        {"style": {"url": "https://pictures.example/1.png"}},
        {"image": io.BytesIO(b"")},
        {"image": io.StringIO("words")},
        {"image": SimpleNamespace(path="1.png")},
        {"image": "*" * 500},
        {"image": "data:image/png;base64,***"},
        {"prompt": "a cone", "stream": True},
        {"prompt": "a cone", "stream": "true"},
    ],
)
def test_what_can_not_be_examined_makes_a_call_incomplete(data: dict[str, Any]) -> None:
    assert not draft_of_call(data).is_complete


def test_a_file_stands_at_its_start_again() -> None:
    file = io.BytesIO(FILE)
    file.seek(7)
    draft_of_call({"image": file})
    assert file.read() == FILE


@dataclass
class Dumping:
    """Behaves as LiteLLM's answers do."""

    told: dict[str, Any] = field(default_factory=dict)

    def model_dump(self) -> dict[str, Any]:
        return self.told


def test_pictures_and_their_captions_are_found_in_an_answer() -> None:
    answer = Dumping({"created": 1, "data": [{"b64_json": BASE64, "url": None, "revised_prompt": "a cone"}]})
    assert told(draft_of_answer(answer, is_media=True)) == [("output_image", FILE), ("output_text", "a cone")]
    assert told(draft_of_answer({"data": [{"url": INLINE}]}, is_media=True)) == [("output_image", FILE)]
    assert told(draft_of_answer(FILE, is_media=True)) == [("output_video", FILE)]


@pytest.mark.parametrize(
    "picture",
    [
        {"url": "https://pictures.example/1.png"},
        {"b64_json": BASE64, "url": "https://a.example"},
        {},
        {"b64_json": "***"},
    ],
)
def test_a_picture_that_can_not_be_examined_makes_an_answer_incomplete(picture: dict[str, str]) -> None:
    assert not draft_of_answer({"data": [{"b64_json": BASE64}, picture]}, is_media=True).is_complete


def test_an_answer_of_an_unknown_form_is_refused_where_pictures_were_asked_for() -> None:
    assert not draft_of_answer(object(), is_media=True).is_complete
    assert draft_of_answer(object(), is_media=False).is_complete
    assert draft_of_answer({"data": [{"embedding": [0.1]}]}, is_media=False).is_complete
    assert draft_of_answer({"id": "video_1", "status": "queued"}, is_media=True).is_complete


@pytest.mark.parametrize(
    ("answer", "is_complete"),
    [
        ({"choices": [{"message": {"images": [{"type": "image_url", "image_url": {"url": INLINE}}]}}]}, True),
        ({"output": [{"type": "image_generation_call", "result": BASE64}]}, True),
        ({"output": [{"content": [{"type": "output_image", "image_url": INLINE}]}]}, True),
        ({"choices": [{"message": {"images": [{"image_url": {"url": "https://a.example/1.png"}}]}}]}, False),
        ({"output": [{"type": "image_generation_call", "result": "***"}]}, False),
    ],
)
def test_pictures_of_other_interfaces_are_found_too(answer: dict[str, Any], is_complete: bool) -> None:
    draft = draft_of_answer(answer, is_media=False)
    assert (told(draft), draft.is_complete) == ([("output_image", FILE)] if is_complete else [], is_complete)


def test_words_of_a_stream_pass_and_pictures_in_it_are_checked() -> None:
    words = SimpleNamespace(choices=[SimpleNamespace(delta=SimpleNamespace(content="a cone", images=None))])
    assert draft_of_chunk(words).items == ()
    shown = Dumping({"choices": [{"delta": {"images": [{"type": "image_url", "image_url": {"url": INLINE}}]}}]})
    assert told(draft_of_chunk(shown)) == [("output_image", FILE)]
    assert told(draft_of_chunk({"type": "image_edit.partial_image", "b64_json": BASE64})) == [("output_image", FILE)]
    assert draft_of_chunk(b'data: {"delta": "a cone"}\n\n').is_complete
    assert not draft_of_chunk(f'data: {{"b64_json": "{BASE64}"}}').is_complete
    assert not draft_of_chunk(INLINE.encode()).is_complete


def test_calls_for_pictures_are_told_by_their_kind_and_address() -> None:
    assert all(map(makes_media, ["aimage_generation", "image_edit", "avideo_generation", "avideo_content"]))
    assert not any(map(makes_media, ["acompletion", "aembedding", "atranscription"]))
    assert asks_for_media({"proxy_server_request": {"url": "http://proxy/v1/images/edits"}})
    assert not asks_for_media({"proxy_server_request": {"url": "http://proxy/v1/chat/completions"}})
    assert not asks_for_media({})


def test_the_account_is_the_end_user_else_the_owner_of_the_key() -> None:
    key = SimpleNamespace(end_user_id=None, user_id="owner", team_id="team")
    found = context_of({"user": "a-17", "model": "m", "litellm_session_id": "s"}, key)
    assert replace(found, particulars=NOTHING) == Context("a-17", "s", "m")
    assert [(one.kind.value, one.value) for one in found.particulars.identifiers] == [
        ("account", "owner"),
        ("group", "team"),
    ]
    assert context_of({}, None).particulars is NOTHING
    assert context_of({"user": 7}, key).account == "owner"
    assert context_of({"user": "a" * 999}, None).account == "a" * 256


def test_every_text_of_a_stream_is_told_from_the_others() -> None:
    call = SimpleNamespace(index=1, function=SimpleNamespace(arguments="{}"))
    deltas = [
        SimpleNamespace(content="a cone", reasoning_content="hm", tool_calls=[call]),
        SimpleNamespace(content=None),
    ]
    choices = [SimpleNamespace(index=place, delta=delta) for place, delta in enumerate(deltas)]
    assert list(texts_of_chunk(SimpleNamespace(choices=choices))) == [
        ("0 content", "a cone"),
        ("0 reasoning_content", "hm"),
        ("0 tool 1", "{}"),
    ]
    event = SimpleNamespace(type="response.output_text.delta", delta="a cone", output_index=2)
    assert list(texts_of_chunk(event)) == [("response.output_text.delta 2", "a cone")]
    assert list(texts_of_chunk(b"raw")) == []


def test_a_chunk_waits_for_every_text_that_came_before_it() -> None:
    held: HeldChunks[int] = HeldChunks(Window(1, 10, 10))
    held.add(1, [("a", "One. ")])
    held.add(2, [("b", "unfinished")])
    held.add(3, [])
    assert (held.due(ended=False), held.leaving()) == ("One. ", [])
    held.pass_on()
    assert held.leaving() == [1]
    assert held.due(ended=False) == "unfinished"
    held.pass_on()
    assert held.leaving() == [2, 3]
    with pytest.raises(TooManyTextsError):
        held.add(4, [(str(number), "x") for number in range(20)])
