"""The words of `POST /v1/checks`: requests written, answers read strictly.

An answer that is not understood to the last word that matters is no answer: a milder whole than its parts, another
number of items, an unknown action. Further words are left aside, so that a newer service can say more.
"""

import base64
from collections.abc import Mapping
from typing import Any

from safehold.gateway.answer import Refusal
from safehold.gateway.item import CheckRequest, Item
from safehold.gateway.particulars import NOTHING
from safehold.guard.errors import GuardUnavailableError
from safehold.guard.outcome import GuardResult, ItemResult
from safehold.vocabulary import Action


def write(request: CheckRequest) -> dict[str, Any]:
    """Return a request as JSON values."""
    context = request.context
    told = {
        "account": context.account,
        "session": context.session,
        "model": context.model,
        "locale": context.locale,
        "country": context.country,
        "model_version": context.model_version,
        "particulars": None if context.particulars is NOTHING else context.particulars.to_json(),
    }
    items = [_written(item) for item in request.items]
    return {"items": items, **{name: value for name, value in told.items() if value}}


def _written(item: Item) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": item.kind.value}
    if item.id:
        told["id"] = item.id
    if item.file_name:
        told["file_name"] = item.file_name
    if item.turns:
        told["turns"] = [{"role": turn.role, "text": turn.text} for turn in item.turns]
    elif item.kind.is_text:
        told["text"] = item.text
    else:
        told["data"] = base64.b64encode(item.data).decode("ascii")
    return told


def read(told: object, request: CheckRequest) -> GuardResult:
    """Return what an answer says.

    Args:
        told: JSON values, as the service sent them.
        request: what was asked.

    Raises:
        GuardUnavailableError: it is not an answer to this request.
    """
    try:
        result = _result(_mapping(told))
    except (KeyError, TypeError, ValueError) as error:
        raise _misunderstood() from error
    if len(result.items) != len(request.items) or _is_milder_than_its_parts(result):
        raise _misunderstood()
    return result


def _result(told: Mapping[str, Any]) -> GuardResult:
    action = Action(told["action"])
    refusal = told["refusal"]
    would = told.get("would")
    result = GuardResult(
        action=action,
        refusal=None if refusal is None else Refusal(refusal),
        message_key=str(told["message_key"]),
        case_id=None if told["case_id"] is None else str(told["case_id"]),
        id=str(told["id"]),
        policy=str(told["policy"]),
        detectors={str(name): str(version) for name, version in _mapping(told["detectors"]).items()},
        items=tuple(_item(_mapping(item)) for item in told["items"]),
        would=None if would is None else Action(would),
    )
    if result.allowed != (result.refusal is None):
        raise ValueError("an action and a refusal that contradict each other")
    return result


def _item(told: Mapping[str, Any]) -> ItemResult:
    gaps = tuple(str(_mapping(gap)["reason"]) for gap in told["gaps"])
    return ItemResult(str(told["id"]), str(told["kind"]), Action(told["action"]), gaps)


def _is_milder_than_its_parts(result: GuardResult) -> bool:
    if any(item.action > result.action for item in result.items):
        return True
    return result.action is Action.ALLOW and any(item.gaps for item in result.items)


def _mapping(told: object) -> Mapping[str, Any]:
    if not isinstance(told, Mapping):
        raise TypeError("not an object")
    return told


def _misunderstood() -> GuardUnavailableError:
    return GuardUnavailableError(
        "the service's answer is not understood", advice="Look whether the address is Safehold's, and its version."
    )
