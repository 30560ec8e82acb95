"""How a command is declared: a function of its options that returns an :class:`Answer`.

Every command understands ``--json``, before or after its name, and ends with its answer's exit code::

    @command(group, "list")
    def list_banks(shell: Shell) -> Answer:
        "List the banks."
        ...
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import click

from safehold.cli.answer import Answer
from safehold.cli.show import Progress, progress, show

if TYPE_CHECKING:
    from safehold.wiring import Workshop

Options = ParamSpec("Options")


@dataclass(frozen=True, slots=True)
class Shell:
    """What every command is given beside its own options.

    Attributes:
        home: the folder named by ``--home``; None leaves it to the environment and the platform.
        as_json: whether the answer is wanted as JSON.
    """

    home: Path | None = None
    as_json: bool = False

    @contextmanager
    def workshop(self) -> Iterator["Workshop"]:
        """Open the home and wire the rooms to it while the block runs."""
        from safehold.wiring import open_workshop

        with open_workshop(self.home) as workshop:
            yield workshop

    @contextmanager
    def progress(self, title: str) -> Iterator[Progress]:
        """Show progress while the block runs."""
        with progress(title, as_json=self.as_json) as shown:
            yield shown


def command(
    group: click.Group | None, name: str
) -> Callable[[Callable[Concatenate[Shell, Options], Answer]], click.Command]:
    """Make a command of a function that takes the shell and its options and returns an answer; None: of no group."""

    def declare(work: Callable[Concatenate[Shell, Options], Answer]) -> click.Command:
        declared = click.command(name) if group is None else group.command(name)
        return declared(_JSON(_run(work)))

    return declare


def _run(work: Callable[Concatenate[Shell, Options], Answer]) -> Callable[..., None]:
    @functools.wraps(work)
    @click.pass_context
    def run(context: click.Context, /, *args: Options.args, **kwargs: Options.kwargs) -> None:
        wants_json = bool(kwargs.pop("as_json", False))
        outer = context.find_object(Shell) or Shell()
        shell = Shell(home=outer.home, as_json=outer.as_json or wants_json)
        answer = work(shell, *args, **kwargs)
        show(answer, as_json=shell.as_json)
        context.exit(int(answer.code))

    return run


_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on one line.")

EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
EXISTING_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NEW_PATH = click.Path(path_type=Path)
