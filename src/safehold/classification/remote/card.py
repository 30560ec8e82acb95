"""Cards of the protocols: what such models are for, and that we measured none of them.

A remote model is chosen, run and changed by others: only who runs it can measure it. Until then its card says so.
"""

from importlib import resources
from typing import Annotated, Literal

from pydantic import Field

from safehold.classification.remote.terms import Protocol
from safehold.reviewed import Strict, read_text

_Sentence = Annotated[str, Field(min_length=8)]


class RemoteCard(Strict):
    """What is known of a kind of remote classifier; `measured` and `not_validated_on` are there to be read first."""

    format: Literal["safehold.remote-card/1"]
    protocol: Protocol
    measured: Literal["nothing"]
    not_validated_on: tuple[_Sentence, ...]
    intended_use: _Sentence
    not_for: tuple[_Sentence, ...]
    source: _Sentence
    licence: _Sentence
    no_abuse_material: _Sentence


def remote_card(protocol: Protocol) -> RemoteCard:
    """Return the card of a protocol's models."""
    file = resources.files("safehold.classification.remote").joinpath("cards", f"{protocol.value}.yaml")
    return read_text(file.read_text(encoding="utf-8"), RemoteCard, called=file.name)
