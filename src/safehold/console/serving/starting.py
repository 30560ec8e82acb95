"""Starting the console beside another process, so that the review key is in none but its own."""

import socket
import subprocess
import sys
from collections.abc import Mapping

from safehold.console.serving.options import ConsoleOptions

CHILD = "safehold.console.serving.child"


def start_console(
    options: ConsoleOptions, listening: socket.socket, *, parent: int, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start the console's process and return it; whoever starts it owes that it is ended.

    Args:
        options: what is asked for.
        listening: a socket that listens; the child inherits it.
        parent: the reading end of a pipe whose writing end this process alone holds: the child ends when it is closed.
        environment: variables of the child.
    """
    number = listening.fileno()
    return subprocess.Popen(
        [sys.executable, "-m", CHILD, options.to_text(), str(number), str(parent)],
        env=dict(environment),
        pass_fds=(parent, number),
        stdin=subprocess.DEVNULL,
    )
