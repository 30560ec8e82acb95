"""From OpenAI's words to a check request, and from an answer to OpenAI's words.

Rules: what is not allowed is flagged. Which category is told says nothing of what was found: whatever is flagged is
flagged as `sexual/minors`, since that is what this service is asked about, and a client that reads nothing but that
category must not take what was held unexamined for harmless. Scores are 0 or 1. A key with operator scope is told
scores as they were found. The ten other categories are never judged here, and always false.
"""

import binascii
import re
from collections.abc import Callable, Sequence
from typing import Any

import pybase64

from safehold.gateway import Answer, Caller, CheckRequest, Context, Item, ItemAnswer, ItemKind
from safehold.gateway.outward import to_json
from safehold.screening import uncleared
from safehold.service.checking.particulars import particulars_of
from safehold.service.moderating.wire import CATEGORIES, MINORS, SEXUAL, ModerationSent, TextSent
from safehold.service.problem import Problem
from safehold.vocabulary import Action, Finding, FindingKind, HarmClass

MODEL = "safehold"
_DATA = re.compile(r"data:[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:;[A-Za-z0-9=._-]+)*;base64,", re.IGNORECASE)
_OF_MINORS = frozenset({HarmClass.CSAM.value, HarmClass.EXPLOITATIVE.value})


def to_request(sent: ModerationSent, fetch: Callable[[str], bytes]) -> CheckRequest:
    """Return what is to be checked.

    Args:
        sent: as it was sent.
        fetch: gets the bytes of an address.

    Raises:
        Problem: 422 a picture's address can't be used.
    """
    text = ItemKind.OUTPUT_TEXT if sent.safehold.output else ItemKind.PROMPT
    image = ItemKind.OUTPUT_IMAGE if sent.safehold.output else ItemKind.IMAGE
    items: list[Item] = []
    for part in [sent.input] if isinstance(sent.input, str) else sent.input:
        if isinstance(part, str | TextSent):
            items.append(Item(text, str(len(items)), text=part if isinstance(part, str) else part.text))
        else:
            items.append(Item(image, str(len(items)), data=picture(part.image_url.url, fetch)))
    ours = sent.safehold
    context = Context(
        account=ours.account,
        session=ours.session,
        model=sent.model,
        locale=ours.locale,
        country=ours.country.upper(),
        model_version=ours.model_version,
        particulars=particulars_of(ours.particulars),
    )
    return CheckRequest(tuple(items), context)


def picture(url: str, fetch: Callable[[str], bytes]) -> bytes:
    """Return the bytes of a picture's address.

    Raises:
        Problem: 422 it holds no base64, or may not be fetched.
    """
    found = _DATA.match(url)
    if found is None and url[:5].lower() != "data:":
        return fetch(url)
    try:
        return pybase64.b64decode(url[0 if found is None else found.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise Problem(422, "base64", "A picture's data is no base64", "Send data:image/png;base64,...") from None


def to_json_of_openai(sent: ModerationSent, answer: Answer, caller: Caller) -> dict[str, Any]:
    """Return an answer in OpenAI's words, with our own beside them."""
    is_one = not isinstance(sent.input, str) and not isinstance(sent.input[0], str)
    groups = [answer.items] if is_one else [(item,) for item in answer.items]
    whole = max((item.action for item in answer.items), default=Action.DENY)
    floor = answer.action if answer.action > whole else Action.ALLOW  # a limit on the caller holds for all of it
    return {
        "id": f"modr-{answer.id}",
        "model": MODEL,
        "results": [_result(group, floor, is_operator=caller.is_operator) for group in groups],
        "safehold": to_json(answer, caller),
    }


def _result(items: Sequence[ItemAnswer], floor: Action, *, is_operator: bool) -> dict[str, Any]:
    action = max(floor, *(item.action for item in items))
    is_flagged = action in {Action.HOLD, Action.DENY}
    kinds = {"text" if ItemKind(item.kind).is_text else "image" for item in items}
    scores = dict.fromkeys(CATEGORIES, 0.0)
    scores[MINORS] = float(is_flagged)
    if is_operator:
        scores.update(_found([finding for item in items for finding in uncleared(item.findings)]))
    return {
        "flagged": is_flagged,
        "categories": {name: name == MINORS and is_flagged for name in CATEGORIES},
        "category_scores": scores,
        "category_applied_input_types": {name: sorted(kinds) if name == MINORS else [] for name in CATEGORIES},
        "safehold": {"action": action.value},
    }


def _found(findings: Sequence[Finding]) -> dict[str, float]:
    """Return the scores that an operator is told: a classifier's own value, 1 for a match or a rule."""
    scores = {MINORS: 0.0, SEXUAL: 0.0}
    for finding in findings:
        value = 1.0 if finding.value is None else float(finding.value)
        if "sexual" in finding.subject and finding.kind is FindingKind.SCORE:
            scores[SEXUAL] = max(scores[SEXUAL], value)
        if finding.subject in _OF_MINORS or (finding.kind is FindingKind.RULE and "minor+" in finding.subject):
            scores[MINORS] = max(scores[MINORS], value)
    return scores
