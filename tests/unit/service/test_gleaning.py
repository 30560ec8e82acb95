"""What is found in the JSON that LiteLLM sends: pictures and words, in whatever provider's words they are."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from safehold.service.guardrails.gleaning import Gleaning


def _png() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(kept, "PNG")
    return kept.getvalue()


PNG = base64.b64encode(_png()).decode()
ADDRESS = "https://pictures.example/a.png"


def gleaned(part: dict[str, Any]) -> Gleaning:
    found = Gleaning()
    found.read_messages([{"role": "user", "content": [part]}])
    return found


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": PNG}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"inlineData": {"mimeType": "image/png", "data": PNG}},
        {"image": {"format": "png", "source": {"bytes": PNG}}},
        {"type": "image", "image": PNG},
        {"type": "image_generation_call", "result": PNG},
        {"b64_json": PNG},
        {"text": "a cube", "images": [PNG]},
        {"a_field_of_a_later_version": PNG},
    ],
    ids=["openai", "anthropic", "gemini", "bedrock", "template", "responses", "images", "ollama", "unknown"],
)
def test_a_picture_is_found_in_every_providers_words(part: dict[str, Any]) -> None:
    assert list(gleaned(part).media) == [PNG]


def test_a_picture_within_a_text_is_found_and_the_text_is_read() -> None:
    text = f"![a cube](data:image/png;base64,{PNG})"
    found = gleaned({"type": "text", "text": text})
    assert (list(found.media), list(found.turns)) == ([f"data:image/png;base64,{PNG}"], [("user", text)])


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image", "source": {"type": "url", "url": ADDRESS}},
        {"type": "image", "source": {"type": "file", "file_id": ADDRESS}},
        {"type": "input_image", "file_id": ADDRESS},
        {"type": "file", "file": {"file_id": ADDRESS}},
        {"type": "input_file", "file_url": ADDRESS},
        {"type": "image", "url": ADDRESS},
        {"fileData": {"mimeType": "image/png", "fileUri": ADDRESS}},
        {"video": {"format": "mp4", "source": {"s3Location": {"uri": ADDRESS}}}},
    ],
)
def test_a_picture_that_is_only_named_is_media_that_has_to_be_had(part: dict[str, Any]) -> None:
    assert list(gleaned(part).media) == [ADDRESS]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "function", "parameters": {"type": ["object", "null"], "properties": {"url": {"format": "uri"}}}},
        {"type": "output_text", "text": "x", "annotations": [{"type": "file_citation", "file_id": "file-1"}]},
        {"type": "web_search_call", "action": {"sources": [{"type": "url", "url": ADDRESS}]}},
        {"type": "search_result", "source": ADDRESS},
    ],
)
def test_what_only_cites_or_describes_is_no_media(part: dict[str, Any]) -> None:
    assert gleaned(part).media == {}


def test_words_in_the_place_of_the_protocols_own_are_read() -> None:
    found = Gleaning()
    found.read_messages([{"role": "a red cube", "content": "x"}])
    found.read({"format": "a blue ball", "a green cone": 1, "type": "function"})
    assert [text for _, text in found.turns] == ["a red cube", "x", "a blue ball", "a green cone"]
