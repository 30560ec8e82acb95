"""Particulars as they go over the wire: what an operator knows of whoever sent something. Sealed, or not kept."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from safehold.gateway import Identifier, IdentifierKind, Occurrence, OccurrenceKind, Particulars, Turn
from safehold.gateway.errors import GatewayError
from safehold.gateway.particulars import (
    LAST_PORT,
    LONGEST_IDENTIFIER,
    MOST_IDENTIFIERS,
    MOST_OCCURRENCES,
    MOST_TURNS,
    NOTHING,
    refuse_unfit,
)

_INSTANT = Annotated[str, Field(max_length=64)]


class _Sent(BaseModel):
    """Anything that is sent to us."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class EarlierTurnSent(_Sent):
    """A turn that came before what is checked; it is kept, and not examined."""

    role: Literal["user", "assistant", "system", "tool"]
    text: str


class IdentifierSent(_Sent):
    """One name of whoever sent it."""

    kind: IdentifierKind
    value: Annotated[str, Field(min_length=1, max_length=LONGEST_IDENTIFIER)]


class OccurrenceSent(_Sent):
    """Something that the account did, when, and from where."""

    kind: OccurrenceKind = OccurrenceKind.UNKNOWN
    at: _INSTANT = Field("", description="RFC 3339, with its zone.")
    address: Annotated[str, Field(max_length=64)] = Field("", description="IPv4 or IPv6.")
    port: Annotated[int, Field(ge=1, le=LAST_PORT)] | None = None
    proxy: bool | None = Field(None, description="Whether the address may be a proxy's.")


class ParticularsSent(_Sent):
    """What you know beside the items. Sealed with what is held or denied, so that investigators alone read it."""

    identifiers: Annotated[list[IdentifierSent], Field(max_length=MOST_IDENTIFIERS)] = []
    occurrences: Annotated[list[OccurrenceSent], Field(max_length=MOST_OCCURRENCES)] = []
    conversation: Annotated[list[EarlierTurnSent], Field(max_length=MOST_TURNS)] = []

    def read(self) -> Particulars:
        """Return them as the gateway takes them."""
        return Particulars(
            identifiers=tuple(Identifier(one.kind, one.value) for one in self.identifiers),
            occurrences=tuple(
                Occurrence(one.kind, one.at, one.address, one.port, one.proxy) for one in self.occurrences
            ),
            conversation=tuple(Turn(one.role, one.text) for one in self.conversation),
        )


def particulars_of(sent: ParticularsSent | None) -> Particulars:
    """Return what was sent, or nothing."""
    return NOTHING if sent is None else sent.read()


def lenient(told: Any) -> Particulars:  # noqa: ANN401 - what JSON says
    """Return what some JSON says, where it says it properly; for surfaces whose other words are not ours.

    Nothing is refused for it: what is checked does not hang on it.
    """
    if told is None:
        return NOTHING
    try:
        read = ParticularsSent.model_validate(told).read()
        refuse_unfit(read)
    except (ValidationError, GatewayError):
        return NOTHING
    return read


def from_form(text: str) -> Any:  # noqa: ANN401 - what JSON says
    """Return the field of a form that holds particulars as JSON.

    Raises:
        ValueError, RecursionError: it is none.
    """
    return json.loads(text)
