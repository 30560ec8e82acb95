"""How far a kept request is."""

from enum import Enum


class State(Enum):
    """Of a request that is kept.

    INTERRUPTED: its process ended before it answered; nothing was told to anybody, so it is to be sent again.
    """

    PENDING = "pending"
    DONE = "done"
    INTERRUPTED = "interrupted"
