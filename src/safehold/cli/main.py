"""The command ``safehold`` as a process: signals, standard output, the exit code.

It imports next to nothing before it listens for SIGTERM, so that being told to end always ends as an interruption.
"""

import io
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130


class Stop:
    """Ends the work on SIGTERM as on Ctrl-C, so that locks are released and children ended; and remembers it."""

    def __init__(self) -> None:
        self.is_asked = False

    def __call__(self, _number: int, _frame: FrameType | None) -> NoReturn:
        """Interrupt what is going on."""
        self.is_asked = True
        raise KeyboardInterrupt


def main() -> NoReturn:
    """Run the command line and exit."""
    stop = Stop()
    signal.signal(signal.SIGTERM, stop)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # without UTF-8, a letter that it lacks is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(sys.argv[1:], stop)
        _go_on_regardless()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away (`safehold ... | head`); keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = INTERRUPTED
    sys.exit(code)


def _run(arguments: list[str], stop: Stop) -> int:
    try:
        from safehold.cli.edge import run

        return int(run(arguments, is_stopped=lambda: stop.is_asked))
    except KeyboardInterrupt:  # before or after the edge listens
        _go_on_regardless()
        from safehold.cli.show import show_interruption, wants_json

        return int(show_interruption(as_json=wants_json(arguments)))


def _go_on_regardless() -> None:
    """Take no notice of further signals: what is left is to say how it ended."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
