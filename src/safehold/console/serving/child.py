"""The console's process, as ``python -m safehold.console.serving.child OPTIONS SOCKET PARENT``.

SOCKET is the number of the inherited socket; PARENT that of a pipe which ends with the parent, or "-" for none.
"""

import socket
import sys

from safehold.console.context import Console
from safehold.console.serving.options import ConsoleOptions
from safehold.console.serving.process import run


def main() -> None:
    """Run until told to end."""
    text, number, parent = sys.argv[1:]
    listening = socket.socket(fileno=int(number))
    run(ConsoleOptions.from_text(text), listening, on_ready=_nothing, parent=None if parent == "-" else int(parent))


def _nothing(_console: Console) -> None:
    """Say nothing: whoever started this has."""


if __name__ == "__main__":
    main()
