"""Validation: whether a request can be decided on as it is. What can't be is an error, and nothing was decided."""

from safehold.gateway.errors import EmptyRequestError, MalformedItemError, RequestTooLargeError
from safehold.gateway.item import CheckRequest, Context, Item, ItemKind
from safehold.gateway.particulars import refuse_unfit
from safehold.gateway.policy import RequestLimits

LONGEST_NAME = 512
"""Characters of an operator's name for an item, account, session or model, and of a file name."""


def validate(request: CheckRequest, limits: RequestLimits) -> None:
    """Refuse a request that can't be decided on.

    Raises:
        EmptyRequestError: it holds no item.
        RequestTooLargeError: it holds more, or more in one item, than the policy allows.
        MalformedItemError: an item holds nothing that its kind is about, or something that it is not about; or a time,
            address or port among the particulars is none.
    """
    if not request.items:
        raise EmptyRequestError("a check without items", advice="Send at least one item.")
    if len(request.items) > limits.items:
        raise _too_large(f"a check of more than {limits.items} items")
    _refuse_long_names(request.context)
    refuse_unfit(request.context.particulars)
    for item in request.items:
        _refuse_malformed(item)
        _refuse_large(item, limits)


def _refuse_malformed(item: Item) -> None:
    is_chat = item.kind is ItemKind.MESSAGES
    if is_chat and not item.turns:
        raise _malformed(item, "has no turns")
    if item.turns and not is_chat:
        raise _malformed(item, "has turns, which only messages have")
    if item.text and (is_chat or not item.kind.is_text):
        raise _malformed(item, "has a text, which its kind has no use for")
    if item.data and item.kind.is_text:
        raise _malformed(item, "has bytes, which its kind has no use for")


def _refuse_large(item: Item, limits: RequestLimits) -> None:
    if len(item.turns) > limits.turns:
        raise _too_large(f"messages of more than {limits.turns} turns")
    if len(item.text) + sum(len(turn.text) for turn in item.turns) > limits.text_characters:
        raise _too_large(f"an item of more than {limits.text_characters} characters")
    if len(item.data) > limits.data_bytes:
        raise _too_large(f"an item of more than {limits.data_bytes} bytes")
    if max(len(item.id), len(item.file_name)) > LONGEST_NAME:
        raise _too_large(f"a name of more than {LONGEST_NAME} characters")


def _refuse_long_names(context: Context) -> None:
    places = (context.locale, context.country)
    names = (context.account, context.session, context.model, context.model_version, *places)
    if max(map(len, names)) > LONGEST_NAME:
        raise _too_large(f"a name of more than {LONGEST_NAME} characters")


def _too_large(what: str) -> RequestTooLargeError:
    return RequestTooLargeError(what, advice="Send less at once; the policy's `requests` sets the limit.")


def _malformed(item: Item, what: str) -> MalformedItemError:
    return MalformedItemError(f"an item of kind {item.kind.value} {what}", advice="docs/gateway.md shows every kind.")
