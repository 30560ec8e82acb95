"""From LiteLLM's words to a check request, and from an answer to LiteLLM's words.

Rules: every text and picture that LiteLLM sends is checked, wherever in its request it stands. What people say is one
conversation, so that concepts which are spread over turns meet. What is held or denied is blocked; nothing is ever
rewritten, so that GUARDRAIL_INTERVENED is never answered.
"""

import binascii
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pybase64

from safehold.gateway import (
    Answer,
    Caller,
    CheckRequest,
    Context,
    Identifier,
    IdentifierKind,
    Item,
    ItemKind,
    Particulars,
    Refusal,
    Turn,
)
from safehold.gateway.outward import to_json
from safehold.gateway.particulars import MOST_IDENTIFIERS
from safehold.service.checking.particulars import lenient
from safehold.service.guardrails.gleaning import Gleaning
from safehold.service.guardrails.wire import CallerSent, GuardrailSent
from safehold.service.moderating.translation import picture
from safehold.service.problem import Problem
from safehold.vocabulary import Action

UNHAD = frozenset({"url_off", "url_failed", "base64"})
"""Codes of problems with a picture itself: LiteLLM is told to block, and not that its request is wrong."""

_LONGEST_NAME = 256
Fetch = Callable[[str], bytes]


def to_request(sent: GuardrailSent, fetch: Fetch) -> CheckRequest:
    """Return what is to be checked.

    Args:
        sent: as it was sent.
        fetch: gets the bytes of an address.

    Raises:
        Problem: 422 a picture can't be had (`url_off`, `url_failed`, `base64`).
    """
    found = Gleaning()
    found.read_messages(sent.structured_messages or ())
    for text in sent.texts or ():
        found.add(text)
    for extra in (sent.tools, sent.tool_calls, sent.model_extra):
        found.read(extra)
    for url in sent.images or ():
        found.add_media(url)
    is_output = sent.input_type == "response"
    items = [*_texts(found, is_output=is_output), *_media(found, fetch, is_output=is_output)]
    return CheckRequest(tuple(items) or (_nothing(is_output=is_output),), _context(sent))


def blocked_unexamined() -> dict[str, Any]:
    """Return what LiteLLM is told where a picture could not be had: nothing passes unexamined."""
    return {"action": "BLOCKED", "blocked_reason": Refusal.UNEXAMINED.value}


def to_json_of_litellm(answer: Answer, caller: Caller) -> dict[str, Any]:
    """Return an answer in LiteLLM's words, with our own beside them.

    The reason is the refusal's stable code and the key of its message; both are for the service, not for the person.
    """
    told: dict[str, Any] = {"safehold": to_json(answer, caller)}
    if answer.action in {Action.ALLOW, Action.ALLOW_UNEXAMINED}:
        return {"action": "NONE", **told}
    code = "not_examined" if answer.refusal is None else answer.refusal.value
    reason = code if answer.message_key in {"", code} else f"{code} ({answer.message_key})"
    return {"action": "BLOCKED", "blocked_reason": reason, **told}


def _texts(found: Gleaning, *, is_output: bool) -> Iterator[Item]:
    if not found.turns:
        return
    if is_output:
        yield Item(ItemKind.OUTPUT_TEXT, "text", text="\n\n".join(text for _, text in found.turns))
    else:
        yield Item(ItemKind.MESSAGES, "messages", turns=tuple(Turn(role, text) for role, text in found.turns))


def _media(found: Gleaning, fetch: Fetch, *, is_output: bool) -> Iterator[Item]:
    kind = ItemKind.OUTPUT_IMAGE if is_output else ItemKind.IMAGE
    for place, url in enumerate(found.media):
        yield Item(kind, f"media-{place}", data=_bytes(url, fetch))


def _bytes(address: str, fetch: Fetch) -> bytes:
    """Return the bytes of an address, or of base64 alone, which LiteLLM sends too."""
    if address.lower().startswith(("data:", "http:", "https:")):
        return picture(address, fetch)
    try:
        return pybase64.b64decode(address, validate=True)
    except (binascii.Error, ValueError):
        raise Problem(422, "base64", "A picture's data is no base64", "Send an address, or base64.") from None


def _nothing(*, is_output: bool) -> Item:
    """Return an item for a request without any text or picture, such as a stream that has not begun to say anything."""
    return Item(ItemKind.OUTPUT_TEXT if is_output else ItemKind.PROMPT, "text", text=" ")


def _context(sent: GuardrailSent) -> Context:
    who = sent.request_data
    account = who.user_api_key_end_user_id or who.user_api_key_user_id or who.user_api_key_hash or ""
    ours = sent.additional_provider_specific_params or {}
    version = ours.get("model_version")
    return Context(
        account=account[:_LONGEST_NAME],
        session=(sent.litellm_trace_id or "")[:_LONGEST_NAME],
        model=(sent.model or "")[:_LONGEST_NAME],
        model_version=version[:_LONGEST_NAME] if isinstance(version, str) else "",
        particulars=_particulars(who, lenient(ours.get("particulars"))),
    )


def _particulars(who: CallerSent, told: Particulars) -> Particulars:
    """Return what LiteLLM says of whom it asks for, beside what its operator says."""
    named = (
        (IdentifierKind.ACCOUNT, who.user_api_key_user_id),
        (IdentifierKind.EMAIL, who.user_api_key_user_email),
        (IdentifierKind.GROUP, who.user_api_key_team_id),
    )
    known = tuple(Identifier(kind, value[:_LONGEST_NAME]) for kind, value in named if value)
    return replace(told, identifiers=(*known, *told.identifiers)[:MOST_IDENTIFIERS]) if known else told
