"""The words of ``/v1/checks`` as they go over the wire. Fields that are not named here are refused."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from safehold.gateway import ItemKind
from safehold.service.checking.particulars import ParticularsSent

MOST_ITEMS = 64
MOST_TURNS = 1024
MOST_REPEAT_LETTERS = 256
_ID = Annotated[str, Field(max_length=128)]
_NAME = Annotated[str, Field(max_length=256)]

_CUBE: JsonDict = {"items": [{"kind": "prompt", "text": "a red cube on a table"}], "account": "a-17", "session": "s-1"}
_CHAT: JsonDict = {
    "items": [{"kind": "messages", "id": "chat", "turns": [{"role": "user", "text": "Draw a red cube, please."}]}],
    "idempotency_key": "4f1c2f52",
    "mode": "async",
    "callback": "trust-and-safety",
}


class Sent(BaseModel):
    """Anything that is sent to us."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class TurnSent(Sent):
    """One message of a chat."""

    role: Literal["user", "assistant", "system", "tool"]
    text: str


class ItemSent(Sent):
    """One thing to check: text kinds take `text`, messages take `turns`, every other kind takes `data` or `url`."""

    kind: ItemKind
    id: _ID = Field("", description="Your name for it, given back with its answer; its place in the list by default.")
    text: str | None = None
    turns: Annotated[list[TurnSent], Field(min_length=1, max_length=MOST_TURNS)] | None = None
    data: str | None = Field(None, description="The bytes as base64.")
    url: Annotated[str, Field(max_length=4096)] | None = Field(
        None, description="Where to fetch the bytes from; only where the installation allows it."
    )
    file_name: Annotated[str, Field(max_length=1024)] = Field("", description="As a user named it; checked as text.")


class CheckSent(Sent):
    """Items that are decided together, and whom they belong to."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CUBE, _CHAT]})

    items: Annotated[list[ItemSent], Field(min_length=1, max_length=MOST_ITEMS)]
    account: _NAME = ""
    session: _NAME = ""
    model: _NAME = ""
    locale: Annotated[str, Field(max_length=64, pattern="^[A-Za-z0-9-]*$")] = ""
    country: Annotated[str, Field(pattern="^([A-Za-z]{2})?$")] = ""
    model_version: _NAME = ""
    particulars: ParticularsSent | None = Field(
        None, description="What you know of whoever sent it; kept sealed with what is held or denied, else not at all."
    )
    idempotency_key: Annotated[str, Field(min_length=1, max_length=MOST_REPEAT_LETTERS)] | None = None
    mode: Literal["sync", "async"] = "sync"
    callback: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        None, description="With mode async: the name of a registered webhook that is told when the answer is there."
    )


class GapTold(BaseModel):
    """Something that was not examined."""

    model_config = ConfigDict(extra="allow")

    reason: str
    item: str | None = None


class ItemTold(BaseModel):
    """What was decided on one item; a key with operator scope is also told findings and rules."""

    model_config = ConfigDict(extra="allow")

    id: str
    kind: str
    action: Literal["allow", "allow_unexamined", "hold", "deny"]
    gaps: list[GapTold]


class AnswerTold(BaseModel):
    """What was decided."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "id": "3d5e0a7c9b1f4a62",
                    "action": "allow",
                    "refusal": None,
                    "message_key": "",
                    "case_id": None,
                    "policy": "default@1 sha256:0000000000000000000000000000000000000000000000000000000000000000",
                    "detectors": {"text-rules": "1"},
                    "items": [{"id": "0", "kind": "prompt", "action": "allow", "gaps": []}],
                    "gaps": [],
                }
            ]
        },
    )

    id: str
    action: Literal["allow", "allow_unexamined", "hold", "deny"]
    refusal: str | None
    message_key: str
    case_id: str | None
    policy: str
    detectors: dict[str, str]
    items: list[ItemTold]
    gaps: list[GapTold]
    would: str | None = None


class LaterTold(BaseModel):
    """A check that is answered later."""

    id: str
    state: Literal["pending", "done", "interrupted"] = Field(
        description="interrupted: the process ended before it was examined. Nothing was decided: send it again."
    )
    answer: dict[str, Any] | None = None


class ProblemTold(BaseModel):
    """What is wrong with a request (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    errors: list[dict[str, str]] | None = None
