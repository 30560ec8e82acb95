"""Reading answers strictly: what is not exactly what was asked for is unusable, and an unusable answer is a gap."""

import json
import math
from fnmatch import fnmatchcase
from typing import Any, NoReturn

from safehold.classification.remote.reading import Failure
from safehold.vocabulary import OutsidePartyError


class NoAnswerError(OutsidePartyError):
    """An endpoint gave no usable answer; it never leaves this package, and holds nothing of question or answer.

    Attributes:
        failure: why.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"no usable answer: {failure.value}", advice="Look at the endpoint's own log.")
        self.failure = failure


def unusable() -> NoReturn:
    """Say that an answer can't be used.

    Raises:
        NoAnswerError: always.
    """
    raise NoAnswerError(Failure.ANSWER_UNUSABLE)


def strict_json(data: bytes | str) -> Any:  # noqa: ANN401  another's words, checked by whoever takes them apart
    """Return JSON without repeated keys, infinities and numbers that are none.

    Raises:
        NoAnswerError: it is no such JSON.
    """
    try:
        return json.loads(data, parse_constant=_refuse_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise NoAnswerError(Failure.ANSWER_UNUSABLE) from None  # its message would quote the answer


def mapping(value: object) -> dict[str, Any]:
    """Return the value, if it is an object of JSON.

    Raises:
        NoAnswerError: it is none.
    """
    return value if isinstance(value, dict) else unusable()


def only(value: object) -> Any:  # noqa: ANN401  as above
    """Return the one item of a list.

    Raises:
        NoAnswerError: it is no list, or holds none or several.
    """
    return value[0] if isinstance(value, list) and len(value) == 1 else unusable()


def fraction(value: object) -> float:
    """Return a score, 0..1, both included.

    Raises:
        NoAnswerError: it is no number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return unusable()
    number = float(value) if abs(value) <= 1 else math.nan
    return number if 0 <= number <= 1 else unusable()


def answered_model(answer: dict[str, Any], accepted: tuple[str, ...]) -> str:
    """Return what the model called itself, if that is one of the accepted names; `*` in these is any characters.

    Raises:
        NoAnswerError: it named no model, or another one.
    """
    named = answer.get("model")
    if not isinstance(named, str) or len(named) > 96:
        raise NoAnswerError(Failure.OTHER_MODEL)
    if not any(fnmatchcase(named, one) for one in accepted):
        raise NoAnswerError(Failure.OTHER_MODEL)
    if not all(character.isascii() and (character.isalnum() or character in "._:/@+-") for character in named):
        raise NoAnswerError(Failure.OTHER_MODEL)
    return named


def chat_text(answer: dict[str, Any]) -> str:
    """Return what a chat model said, if it came to an end by itself and did not decline.

    Source: OpenAI's chat completions, as vLLM and others serve them: `choices[0].message.content`, `finish_reason`.

    Raises:
        NoAnswerError: it was cut off, declined, or said nothing.
    """
    choice = mapping(only(answer.get("choices")))
    message = mapping(choice.get("message"))
    if message.get("refusal") or choice.get("finish_reason") == "content_filter":
        raise NoAnswerError(Failure.DECLINED)
    content = message.get("content")
    if choice.get("finish_reason") != "stop" or not isinstance(content, str):
        unusable()
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a repeated key")
    return found


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("no number")
