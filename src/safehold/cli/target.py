"""Files that a command writes where a person told it to: never over something else that lies there.

with new_file(out) as staged:
    ledger.export(staged)
"""

import filecmp
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from safehold.vocabulary import UsageError


class TargetError(UsageError):
    """The file that a command was told to write can't be made there, or would replace another."""


class NewFile(click.Path):
    """A path for a file: its folder exists, and it is no folder itself."""

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path.

        Raises:
            TargetError: no file can be made there.
        """
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if path.is_dir():
            raise TargetError(f"{path} is a folder", advice="Name a file in it.")
        if not path.parent.is_dir():
            raise TargetError(
                f"the folder {path.parent} of {path.name} doesn't exist", advice="Make it first, or name another."
            )
        return path


NEW_FILE = NewFile(path_type=Path)


def require_nothing(path: Path) -> None:
    """Refuse a place where anything lies, before an act is recorded that would come to nothing.

    Raises:
        TargetError: something lies there, be it the same as would be written.
    """
    if os.path.lexists(path):
        raise TargetError(
            f"{path} exists; it was left as it is, and nothing was recorded",
            advice="Name a new file, or move that one away first.",
        )


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; what was written there then takes its name, unless another file has it.

    Repeating a command is safe: a file that is byte for byte the same is no obstacle.

    Raises:
        TargetError: something else lies there; it is untouched.
    """
    staged = path.with_name(f".safehold-{secrets.token_hex(6)}")
    try:
        yield staged
        if not os.path.lexists(path):
            staged.rename(path)
        elif not (path.is_file() and filecmp.cmp(staged, path, shallow=False)):
            raise TargetError(
                f"{path} exists and holds something else; it was left as it is",
                advice="Name a new file, or move that one away first.",
            )
    finally:
        staged.unlink(missing_ok=True)
