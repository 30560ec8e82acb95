"""How answers, progress and errors look: tables for people, one line of JSON for programs.

Standard output carries the answer and nothing else. Progress and errors go to standard error: a bar on a terminal,
a plain line now and then elsewhere. ``NO_COLOR`` is respected.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

from safehold.cli.answer import Answer, ExitCode, Table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

_CONTROLS = {
    code: f"\\u{code:04x}"
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    if code not in {ord("\n"), ord("\t")}
}
"""Control characters (Unicode: C0, DEL, C1) and those that turn the direction of writing (UAX #9, section 2)."""

PLAIN_LINE_SECONDS = 10.0
"""How often progress is told where there is no terminal."""


def show(answer: Answer, *, as_json: bool) -> None:
    """Write an answer to standard output: one JSON object on one line, or its readable form."""
    if as_json:
        _write(sys.stdout, one_line(answer.data) + "\n")
        return
    console = _console(stderr=False)
    for part in answer.shown:
        if isinstance(part, Table):
            _show_table(console, part)
        else:
            console.print(sayable(part), markup=False, highlight=False, soft_wrap=True)


def show_error(message: str, advice: str, *, code: ExitCode, as_json: bool) -> None:
    """Say what went wrong and what to do next, on standard error; with ``as_json`` also as JSON on standard output."""
    if as_json:
        body = {"error": {"message": message, "advice": advice, "exit_code": int(code)}}
        _write(sys.stdout, one_line(body) + "\n")
    _write(sys.stderr, f"error: {message}\n")
    if advice:
        _write(sys.stderr, f"  what to do: {advice}\n")


def show_interruption(*, as_json: bool) -> ExitCode:
    """Say that the command was interrupted, and return the code for it."""
    message, advice = "interrupted; nothing half-done counts as finished", "Run the same command to go on."
    show_error(message, advice, code=ExitCode.INTERRUPTED, as_json=as_json)
    return ExitCode.INTERRUPTED


def wants_json(arguments: Sequence[str]) -> bool:
    """Return whether ``--json`` is among the options of a command line."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def one_line(data: object) -> str:
    """Return the value as JSON on a single line; keys keep their order."""
    return json.dumps(data, ensure_ascii=False, separators=(", ", ": "))


def sayable(text: str) -> str:
    r"""Return a text that can be written and that moves nothing on a terminal, as names that others chose may try to.

    Bytes that are no text and characters that control are shown as \udcff; in a JSON string that is the escape of the
    very same value. New lines and tabs stay.
    """
    return text.replace("\r\n", "\n").translate(_CONTROLS).encode("utf-8", "backslashreplace").decode()


def _write(stream: TextIO, text: str) -> None:
    text = sayable(text)
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:  # a terminal without UTF-8; JSON's escapes keep JSON what it is
        text = "".join(letter if letter.isascii() else json.dumps(letter)[1:-1] for letter in text)
    stream.write(text)
    stream.flush()


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console

    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, width=None if terminal else 120, soft_wrap=not terminal)


def _show_table(console: "Console", table: Table) -> None:
    from rich import box
    from rich.table import Table as Drawn
    from rich.text import Text

    if table.title:
        console.print(table.title, style="bold", markup=False)
    if not table.rows:
        console.print(f"  {table.empty}", markup=False)
        return
    drawn = Drawn(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        drawn.add_column(Text(column), overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(sayable(cell)) for cell in row))
    console.print(drawn)


class Progress(Protocol):
    """What long work tells about itself."""

    def title(self, title: str) -> None:
        """Say which part of the work begins."""
        ...

    def update(self, done: int, total: int | None, note: str = "") -> None:
        """Say how many of how many, and what else is worth knowing ("812 records/s, held 5, gaps 1")."""
        ...


@contextmanager
def progress(title: str, *, as_json: bool = False) -> Iterator[Progress]:
    """Show progress on standard error while the block runs: a bar, plain lines, or nothing with ``as_json``."""
    if as_json:
        yield _Silent()
    elif sys.stderr.isatty():
        with _bar() as bar:
            yield _Drawn(bar, title)
    else:
        yield _Lines(title)


class _Silent:
    """Progress for programs: none."""

    def title(self, title: str) -> None:
        """Say nothing."""

    def update(self, done: int, total: int | None, note: str = "") -> None:
        """Say nothing."""


class _Lines:
    """Progress where there is no terminal: one line every few seconds, and one at the end."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._started = self._told = time.monotonic()

    def title(self, title: str) -> None:
        """Count the time of the next part from here."""
        self._title = title
        self._started = self._told = time.monotonic()

    def update(self, done: int, total: int | None, note: str = "") -> None:
        """Write a line when the last one is old enough, or when all is done."""
        now = time.monotonic()
        if now - self._told < PLAIN_LINE_SECONDS and done != total:
            return
        self._told = now
        parts = [f"{self._title}: {done}{f' of {total}' if total is not None else ''}", note]
        if total is not None and 0 < done < total:
            parts.append(f"{(now - self._started) / done * (total - done):.0f} s left")
        sys.stderr.write(", ".join(part for part in parts if part) + "\n")
        sys.stderr.flush()


class _Drawn:
    """Progress on a terminal: a bar with the time left."""

    def __init__(self, bar: "Bar", title: str) -> None:
        self._bar = bar
        self._task = bar.add_task(title, total=None, note="")

    def title(self, title: str) -> None:
        """Begin the bar again under another name."""
        self._bar.reset(self._task, description=title, note="")

    def update(self, done: int, total: int | None, note: str = "") -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=done, total=total, note=note)


def _bar() -> "Bar":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[note]}", table_column=Column(overflow="fold")),  # goes on below on a narrow terminal
        console=_console(stderr=True),
        transient=True,
    )
