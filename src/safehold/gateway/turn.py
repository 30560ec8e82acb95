"""Turns: what a conversation is made of."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a chat.

    Attributes:
        role: who speaks: "user", "assistant", "system" or "tool".
        text: what is said.
    """

    role: str
    text: str = field(repr=False)
