"""Events: what the ledger records. Never content, file names, prompts or addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        kind: a dotted, past-tense name: "bank.imported", "dataset.decided", "record.released".
        actor: who did it: an operating-system user, an account, or "system".
        policy: the policy version it happened under, or "".
        details: digests, ids, counts and versions only; flat, so that a reader needs no schema to look.
    """

    kind: str
    actor: str
    policy: str = ""
    details: Mapping[str, str | int | bool] = field(default_factory=dict)
