"""Circumstances: in what a held or denied item was sent: its request's words, whose it was, and what the operator knew.

They are sealed to the review key in the memory of the request; without a key nothing of them is kept. Whoever opens
them is recorded by the console, as for content.

    sealed = review_key.box(circumstances(request, check=answer.id, at=now))
    open_circumstances(sealed, read_review_key(path))["items"][0]["text"]
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any

from safehold.gateway.item import CheckRequest, Context, Item
from safehold.gateway.turn import Turn
from safehold.ledger.entry import timestamp
from safehold.vault import CustodianKey
from safehold.vault.errors import ReviewKeyError
from safehold.vault.review import open_box

SCHEMA = "safehold.circumstances/1"

MOST_CHARACTERS = 131_072
"""Of all texts together: what the held item itself holds is kept whole beside it; a reader needs the latest words."""


def circumstances(request: CheckRequest, *, check: str, at: dt.datetime) -> bytes:
    """Return the circumstances of a request as JSON in UTF-8, the same for each of its items.

    Of texts that are too long together, the items' own words go before the conversation, and its latest turns before
    the others; what was cut off is marked as cut.

    Args:
        request: what was checked.
        check: the id of its answer.
        at: when.
    """
    budget = _Budget(MOST_CHARACTERS)
    told = {
        "schema": SCHEMA,
        "check": check,
        "at": timestamp(at),
        **_named(request.context),
        "items": [_item(item, place, budget) for place, item in enumerate(request.items)],
        **request.context.particulars.to_json(),
        "conversation": _turns(request.context.particulars.conversation, budget),
        "is_cut": False,
    }
    return json.dumps(told | {"is_cut": budget.is_spent}).encode()


def open_circumstances(sealed: bytes, key: CustodianKey) -> Mapping[str, Any]:
    """Return sealed circumstances, in memory; the caller owes that the opening is recorded.

    Raises:
        ReviewKeyError: another key sealed them, or they were changed.
    """
    try:
        told = json.loads(open_box(sealed, key))
    except ValueError as error:
        raise _misshapen() from error
    if not isinstance(told, dict):
        raise _misshapen()
    return told


def _named(context: Context) -> dict[str, str]:
    return {
        "account": context.account,
        "session": context.session,
        "model": context.model,
        "model_version": context.model_version,
        "locale": context.locale,
        "country": context.country,
    }


def _item(item: Item, place: int, budget: "_Budget") -> dict[str, Any]:
    return {
        "place": place,
        "kind": item.kind.value,
        "id": item.id,
        "file_name": item.file_name,
        "text": budget.take(item.text),
        "turns": _turns(item.turns, budget),
        "bytes": len(item.data),
    }


def _turns(turns: tuple[Turn, ...], budget: "_Budget") -> list[dict[str, str]]:
    """Return the turns in their order; the latest are taken first."""

    def latest_first() -> Iterator[dict[str, str]]:
        for turn in reversed(turns):
            yield {"role": turn.role, "text": budget.take(turn.text)}

    return list(latest_first())[::-1]


class _Budget:
    """How many characters may still be kept."""

    def __init__(self, characters: int) -> None:
        self._left = characters
        self.is_spent = False

    def take(self, text: str) -> str:
        """Return as much of a text as may be kept."""
        kept = text[: self._left]
        self._left -= len(kept)
        self.is_spent |= len(kept) < len(text)
        return kept


def _misshapen() -> ReviewKeyError:
    return ReviewKeyError(
        "what opened is no circumstances of an item", advice="This is a defect of Safehold: please report it."
    )
