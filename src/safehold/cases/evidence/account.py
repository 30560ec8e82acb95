"""The account of an item: everything that is known of it besides its content, as it is sealed beside that.

It names the item, its case and the evidence that its content is, so that neither can be taken for another's. The same
facts give the same bytes, whenever and however often it is made.

    account(item, content, told=..., circumstances=..., report=...)
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from safehold.cases.evidence.errors import AccountUnfitError
from safehold.cases.item import CaseItem
from safehold.ledger.entry import timestamp
from safehold.vault import EvidenceId

SCHEMA = "safehold.account/1"

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """What people and operators said of an item, each as JSON values; empty for nothing.

    Attributes:
        told: the item's own words, name and kind, as it was sent.
        circumstances: of its request.
        report: what somebody reported, with their words.
    """

    told: Told = field(default_factory=dict, repr=False)
    circumstances: Told = field(default_factory=dict, repr=False)
    report: Told = field(default_factory=dict, repr=False)


def account(item: CaseItem, content: EvidenceId | None, words: Words) -> bytes:
    """Return the account of an item as JSON in UTF-8."""
    known = item.told
    facts = {
        "schema": SCHEMA,
        "item": item.id,
        "case": item.case,
        "content": content,
        "origin": known.origin.value,
        "reference": known.reference,
        "form": known.form.value,
        "role": known.role,
        "policy": known.policy,
        "met_at": timestamp(known.at),
        "subject": {"kind": item.subject.kind.value, "mark": item.subject.mark},
        "signals": [[one.algorithm.value, one.value.hex(), one.place] for one in known.signals],
        "told": dict(words.told),
        "circumstances": dict(words.circumstances),
        "report": dict(words.report),
    }
    return json.dumps(facts, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")


def read_account(data: bytes) -> Told:
    """Return an account as JSON values.

    Raises:
        AccountUnfitError: it is something else.
    """
    try:
        told = json.loads(data.decode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise _unfit() from error
    if not isinstance(told, dict) or told.get("schema") != SCHEMA:
        raise _unfit()
    return told


def _unfit() -> AccountUnfitError:
    return AccountUnfitError("this evidence is no account of an item", advice="Open the evidence that its case names.")
