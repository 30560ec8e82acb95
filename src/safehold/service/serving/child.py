"""A process of a service that has several, as ``python -m safehold.service.serving.child OPTIONS SOCKET PARENT``.

SOCKET is the number of the inherited socket, or "-"; PARENT that of a pipe which ends with the parent.
"""

import socket
import sys

from safehold.service.serving.options import ServeOptions
from safehold.service.serving.process import run
from safehold.settings import Settings


def main() -> None:
    """Run until told to end."""
    text, number, parent = sys.argv[1:]
    listening = None if number == "-" else socket.socket(fileno=int(number))
    run(ServeOptions.from_text(text), listening, on_ready=_nothing, parent=int(parent))


def _nothing(_settings: Settings) -> None:
    """Say nothing: the parent has."""


if __name__ == "__main__":
    main()
