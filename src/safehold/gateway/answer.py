"""What a check answers. `safehold.gateway.outward` alone turns it into words for others, by the caller's scope."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from safehold.vocabulary import Action, Finding, Gap, UnexaminedAllowError


class Refusal(Enum):
    """Stable refusal codes. They name what the service should do next, never what was detected or how."""

    POLICY = "refused_by_policy"
    REVIEW = "held_for_review"
    UNEXAMINED = "not_examined"
    LIMITED = "limited"


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """What was decided on one item.

    Attributes:
        id: the caller's name for it.
        kind: the item's kind, as sent.
        action: what to do with it.
        findings: what detectors found; for operators' keys alone.
        gaps: what required detectors did not examine.
        rules: the policy's rules that applied; for operators' keys alone.

    Raises:
        UnexaminedAllowError: ALLOW with a gap can't be constructed.
    """

    id: str
    kind: str
    action: Action
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    rules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.gaps and self.action is Action.ALLOW:
            raise _unexamined()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided on a request.

    Attributes:
        id: of this check, random; the ledger's event carries it.
        action: the most severe of the items', or milder in shadow mode.
        items: in the order of the request.
        policy: "NAME@VERSION sha256:HEX".
        detectors: name to version of every detector that took part.
        refusal: None where the action is ALLOW or ALLOW_UNEXAMINED.
        message_key: the key of the message to show, for `GET /v1/messages`; "" where nothing is refused.
        case_id: what people look at, where something was held or denied; else None.
        would: in shadow mode, the action that would have been taken; else None.

    Raises:
        UnexaminedAllowError: ALLOW with an item that was not fully examined, or with a refusal, can't be constructed.
    """

    id: str
    action: Action
    items: tuple[ItemAnswer, ...]
    policy: str
    detectors: Mapping[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None
    message_key: str = ""
    case_id: str | None = None
    would: Action | None = None

    def __post_init__(self) -> None:
        if self.action is Action.ALLOW and (self.refusal or any(item.gaps for item in self.items)):
            raise _unexamined()


def _unexamined() -> UnexaminedAllowError:
    return UnexaminedAllowError(
        "an answer with a gap or a refusal can't be ALLOW", advice="This is a defect of Safehold: please report it."
    )
