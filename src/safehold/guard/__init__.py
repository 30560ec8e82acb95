"""Guard: Safehold in a few lines of an application, in process or over HTTP, with the same answers.

What enters are prompts, chats, pictures and clips, before they are used or shown; what leaves is a `GuardResult`.
`safehold.guard.asgi` puts it before a web app, `safehold.guard.pipelines` around a diffusion pipeline,
`safehold.guard.litellm` into LiteLLM's proxy. Importing any of them contacts nobody and loads no model.
"""

from safehold.gateway.answer import Refusal
from safehold.gateway.item import Context, Item, ItemKind, Surface
from safehold.gateway.particulars import Identifier, IdentifierKind, Occurrence, OccurrenceKind, Particulars
from safehold.gateway.turn import Turn
from safehold.guard.async_guard import AsyncGuard
from safehold.guard.errors import (
    GuardLimitedError,
    GuardSetupError,
    GuardTimedOutError,
    GuardUnavailableError,
    RejectedRequestError,
)
from safehold.guard.fallback import GuardCounts
from safehold.guard.guard import Guard
from safehold.guard.hold_back import HoldBack, Window
from safehold.guard.options import GuardOptions, OnFailure
from safehold.guard.outcome import GuardResult, ItemResult, RefusedError
from safehold.vocabulary import Action

__all__ = [
    "Action",
    "AsyncGuard",
    "Context",
    "Guard",
    "GuardCounts",
    "GuardLimitedError",
    "GuardOptions",
    "GuardResult",
    "GuardSetupError",
    "GuardTimedOutError",
    "GuardUnavailableError",
    "HoldBack",
    "Identifier",
    "IdentifierKind",
    "Item",
    "ItemKind",
    "ItemResult",
    "Occurrence",
    "OccurrenceKind",
    "OnFailure",
    "Particulars",
    "Refusal",
    "RefusedError",
    "RejectedRequestError",
    "Surface",
    "Turn",
    "Window",
]
