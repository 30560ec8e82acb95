"""What a guard answers: one frozen value, the same in process and over HTTP.

result = guard.check_prompt("a red cube")
if not result.allowed:
    show(result.message_key)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from safehold.gateway.answer import Refusal
from safehold.gateway.item import CheckRequest, Item
from safehold.vocabulary import Action, GapReason, SafeholdError

_LET_THROUGH = frozenset({Action.ALLOW, Action.ALLOW_UNEXAMINED})


class RefusedError(SafeholdError):
    """What was checked may not be used or shown.

    Attributes:
        result: the answer; its `message_key` names what to tell the person.
    """

    def __init__(self, result: "GuardResult") -> None:
        code = "" if result.refusal is None else result.refusal.value
        super().__init__(
            f"the content was not allowed: {code}",
            advice="Show the message of the result's message key, and nothing of what was refused.",
        )
        self.result = result


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What was decided on one item.

    Attributes:
        id: the caller's own name for it, or "".
        kind: the item's kind, as sent.
        action: what to do with it.
        gaps: why required detectors did not examine it.
    """

    id: str
    kind: str
    action: Action
    gaps: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Return whether this item alone may be used."""
        return self.action in _LET_THROUGH


@dataclass(frozen=True, slots=True)
class GuardResult:
    """What was decided on a request.

    Attributes:
        action: what to do with the whole.
        refusal: a stable code; None where it is allowed.
        message_key: which message to show to the person; "" where it is allowed.
        case_id: what people look at, where there is such a case.
        id: of the check, as the ledger names it; "" where the service was not reached.
        policy: which policy decided, with version and digest.
        detectors: name to version of every detector that took part.
        items: in the order of the request.
        would: in shadow mode, the action that would have been taken.
    """

    action: Action
    refusal: Refusal | None = None
    message_key: str = ""
    case_id: str | None = None
    id: str = ""
    policy: str = ""
    detectors: Mapping[str, str] = field(default_factory=dict)
    items: tuple[ItemResult, ...] = ()
    would: Action | None = None

    @property
    def allowed(self) -> bool:
        """Return whether what was checked may be used or shown."""
        return self.action in _LET_THROUGH

    def raise_for_refusal(self) -> None:
        """Do nothing where it is allowed.

        Raises:
            RefusedError: it is not.
        """
        if not self.allowed:
            raise RefusedError(self)


def unexamined(request: CheckRequest, refusal: Refusal = Refusal.UNEXAMINED) -> GuardResult:
    """Return the answer where nobody examined anything: nothing passes.

    Args:
        request: what was to be examined.
        refusal: why.
    """
    return GuardResult(Action.DENY, refusal, refusal.value, items=_items(request, Action.DENY))


def let_through_unexamined(request: CheckRequest) -> GuardResult:
    """Return the answer of a surface that its operator left open on failure."""
    return GuardResult(Action.ALLOW_UNEXAMINED, items=_items(request, Action.ALLOW_UNEXAMINED))


def with_unexamined_part(result: GuardResult) -> GuardResult:
    """Return a result that lets nothing pass, since a part could not even be sent."""
    if not result.allowed:
        return result
    unsent = Refusal.UNEXAMINED
    return replace(result, action=Action.DENY, refusal=unsent, message_key=unsent.value)


def _items(request: CheckRequest, action: Action) -> tuple[ItemResult, ...]:
    return tuple(_item(item, action) for item in request.items)


def _item(item: Item, action: Action) -> ItemResult:
    return ItemResult(item.id, item.kind.value, action, (GapReason.DETECTOR_MISSING.value,))
