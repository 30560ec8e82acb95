"""From the words of the wire to a check request, and back to the bytes of an answer."""

import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any

import pybase64

from safehold.gateway import Answer, Caller, CheckRequest, Context, Item, ItemKind, Turn
from safehold.gateway.errors import MalformedItemError
from safehold.gateway.outward import to_json
from safehold.service.checking.particulars import particulars_of
from safehold.service.checking.wire import CheckSent, ItemSent
from safehold.service.problem import Problem, problem_of

Fetch = Callable[[str], bytes]


def to_request(sent: CheckSent, fetch: Fetch, contents: Sequence[bytes] = ()) -> CheckRequest:
    """Return what is to be checked.

    Args:
        sent: as it was sent.
        fetch: gets the bytes of an address.
        contents: of a form, the bytes of its items in order.

    Raises:
        Problem: 422 an item holds what can't be, or not what its kind is about.
    """
    items = tuple(
        _to_item(item, place, contents[place] if contents else _content(item, fetch))
        for place, item in enumerate(sent.items)
    )
    if len({item.id for item in items}) != len(items):
        raise Problem(422, "same_id", "Two items have the same id", "Give each its own, or none to any.")
    return CheckRequest(items, context_of(sent))


def context_of(sent: CheckSent) -> Context:
    """Return whom the items of a request belong to."""
    return Context(
        account=sent.account,
        session=sent.session,
        model=sent.model,
        locale=sent.locale,
        country=sent.country.upper(),
        model_version=sent.model_version,
        particulars=particulars_of(sent.particulars),
    )


def to_bytes(answer: Answer, caller: Caller) -> bytes:
    """Return an answer as the bytes of a response."""
    return json_bytes(to_json(answer, caller))


def json_bytes(told: dict[str, Any]) -> bytes:
    """Return JSON values as bytes."""
    return json.dumps(told, separators=(",", ":")).encode()


def from_base64(text: str) -> bytes:
    """Return the bytes that base64 stands for.

    Raises:
        Problem: 422 it is none.
    """
    try:
        return pybase64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Problem(422, "base64", "An item's data is no base64", "Use the standard alphabet, padded.") from None


def _content(sent: ItemSent, fetch: Fetch) -> bytes:
    if sent.data is not None and sent.url is not None:
        raise Problem(422, "data_and_url", "An item has both data and an address", "Send one of them.")
    if sent.data is not None:
        return from_base64(sent.data)
    return b"" if sent.url is None else fetch(sent.url)


def _to_item(sent: ItemSent, place: int, data: bytes) -> Item:
    if sent.text is None and sent.kind.is_text and sent.kind is not ItemKind.MESSAGES:
        raise problem_of(
            MalformedItemError("an item of a text kind has no text", advice="Send `text`, empty if it is.")
        )
    turns = tuple(Turn(turn.role, turn.text) for turn in sent.turns or ())
    return Item(
        sent.kind, sent.id or str(place), text=sent.text or "", turns=turns, data=data, file_name=sent.file_name
    )
