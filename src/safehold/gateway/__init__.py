"""The gateway: what a generative service asks before and after it generates.

What enters is a `CheckRequest` (prompts, chat turns, pictures, clips, files) with the account and session it belongs
to; what leaves is an `Answer`: an action, a refusal code, a case, and nothing about which detector said so.
"""

from safehold.gateway.answer import Answer, ItemAnswer, Refusal
from safehold.gateway.caller import Caller, Scope
from safehold.gateway.checks import Checks
from safehold.gateway.item import CheckRequest, Context, Item, ItemKind, Surface
from safehold.gateway.particulars import Identifier, IdentifierKind, Occurrence, OccurrenceKind, Particulars
from safehold.gateway.turn import Turn

__all__ = [
    "Answer",
    "Caller",
    "CheckRequest",
    "Checks",
    "Context",
    "Identifier",
    "IdentifierKind",
    "Item",
    "ItemAnswer",
    "ItemKind",
    "Occurrence",
    "OccurrenceKind",
    "Particulars",
    "Refusal",
    "Scope",
    "Surface",
    "Turn",
]
