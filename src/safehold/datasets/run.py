"""Runs: one output folder, what it was made from, and who writes to it.

`run.json` is written first and never changed: it names the run, its sources and the salt of its tokens.
"""

import contextlib
import errno
import fcntl
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safehold.datasets.errors import (
    DamagedStateError,
    ForeignOutputError,
    OutputBusyError,
    OutputFullError,
    UnwritableOutputError,
)
from safehold.datasets.layout import STATE, Layout
from safehold.datasets.sources import Companion, CompanionKind, Fields, Mix, Shard, SourceOptions
from safehold.home import HomeUnusableError, private_folder, sweep, write_atomic
from safehold.home.files import locked_folder, private_file, shared_folder, shut
from safehold.vocabulary import Clock

RUN_SCHEMA = "safehold.run/1"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_WRITABLE = stat.S_IWUSR | stat.S_IXUSR
_UNWRITABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Run:
    """One run over one mix.

    Attributes:
        id: random, names the run in the ledger.
        salt: 32 random bytes that key the tokens of sealed rows; never leaves the run record.
        created_at: RFC 3339, UTC.
        sources: the SOURCE arguments as they were given.
        options: how columns and formats were named.
    """

    id: str
    salt: bytes
    created_at: str
    sources: tuple[str, ...]
    options: SourceOptions

    def token(self, sha256: bytes) -> str:
        """Return what stands for hashes that a row must not disclose: HMAC-SHA-256 under the salt, as hex."""
        return hmac.new(self.salt, sha256, hashlib.sha256).hexdigest()

    def pseudonym(self, record: str) -> str:
        """Return what stands for a record in events and cases: HMAC-SHA-256 of its id under the salt, as hex."""
        return hmac.new(self.salt, record.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def open_run(layout: Layout, sources: Sequence[str], options: SourceOptions, *, clock: Clock) -> Run:
    """Open the run of an output folder, or begin one in an empty or new folder.

    Raises:
        ForeignOutputError: the folder holds something else, or a run over other sources.
        UnwritableOutputError: it can't be written to.
    """
    with _translated(layout):
        if not layout.record.exists():
            _refuse_foreign(layout)
            _begin(layout, tuple(sources), options, clock=clock)
    run = load_run(layout)
    if (run.sources, run.options) != (tuple(sources), options):
        raise ForeignOutputError(
            f"{layout.root} holds a run over other sources or options",
            advice="Name the same sources and options to resume it, or choose another --out folder.",
        )
    with _translated(layout):
        for folder in layout.folders():
            private_folder(folder)
    return run


def require_slices(layout: Layout, total: int) -> None:
    """Keep into how many slices the scan is cut, and refuse another number: slices must be of the same cut.

    Raises:
        ForeignOutputError: it is cut otherwise.
    """
    with locked_folder(layout.state):
        if not layout.slices.exists():
            write_atomic(layout.slices, json.dumps({"total": total}).encode())
    try:
        known = json.loads(layout.slices.read_text())["total"]
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedStateError(
            f"{layout.slices} is damaged", advice="Remove it, then scan every slice again with the same --num-shards."
        ) from error
    if known != total:
        raise ForeignOutputError(
            f"this scan is cut into {known} slices, not {total}",
            advice=f"Give --num-shards {known}, or choose another --out folder.",
        )


def load_run(layout: Layout) -> Run:
    """Read the run record of an output folder.

    Raises:
        ForeignOutputError: the folder is not an output of Safehold.
        DamagedStateError: the record is not what was written.
    """
    if not layout.record.is_file():
        raise ForeignOutputError(
            f"{layout.root} is not an output folder of Safehold",
            advice="Name the folder that was given to `safehold dataset scan --out`.",
        )
    try:
        fields = json.loads(layout.record.read_text())
        return Run(
            id=fields["id"],
            salt=bytes.fromhex(fields["salt"]),
            created_at=fields["created_at"],
            sources=tuple(fields["sources"]),
            options=_options_from_json(fields["options"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedStateError(
            f"{layout.record} is damaged", advice="Restore it from a backup, or scan into a new --out folder."
        ) from error


def _options_from_json(value: Mapping[str, Any]) -> SourceOptions:
    return SourceOptions(**{**value, "fields": _fields_from_json(value["fields"])})


def _fields_from_json(value: Mapping[str, Any]) -> Fields:
    return Fields(**{role: tuple(names) for role, names in value.items()})


def _refuse_foreign(layout: Layout) -> None:
    root = layout.root
    if layout.state.is_symlink():
        raise ForeignOutputError(f"{layout.state} is a link", advice="Choose a new or empty folder for --out.")
    if root.exists() and not root.is_dir():
        raise ForeignOutputError(f"{root} is not a folder", advice="Choose a new or empty folder for --out.")
    if root.exists() and any(entry.name != STATE for entry in root.iterdir()):
        raise ForeignOutputError(
            f"{root} is not empty and was not made by Safehold", advice="Choose a new or empty folder for --out."
        )
    has_state = layout.state.exists() and not all(map(_is_left_by_a_beginning, layout.state.iterdir()))
    if has_state and not layout.record.exists():  # asked again: another slice may have begun meanwhile
        raise ForeignOutputError(  # scan parts that somebody made before would stand for a scan that never was
            f"{layout.state} holds state, but no run that it is of",
            advice="Restore run.json from a backup, or choose a new or empty folder for --out.",
        )


def _is_left_by_a_beginning(path: Path) -> bool:
    """Return whether a run that was killed before its record was written may have left this: its unfinished record."""
    return path.match(".run.json.*.tmp") and path.is_file() and not path.is_symlink()


def _begin(layout: Layout, sources: tuple[str, ...], options: SourceOptions, *, clock: Clock) -> None:
    """Write the run record; of several slices that begin at once, the first one's record stays."""
    _output_folder(layout.root)
    private_folder(layout.state)
    fields = {
        "schema": RUN_SCHEMA,
        "id": secrets.token_hex(8),
        "salt": secrets.token_hex(32),
        "created_at": clock.now().isoformat(),
        "sources": list(sources),
        "options": asdict(options),
    }
    with locked_folder(layout.state):
        if not layout.record.exists():
            write_atomic(layout.record, json.dumps(fields, indent=1).encode())


def _output_folder(root: Path) -> None:
    """Make the output folder as the umask has it, or take one that is there and ours to write.

    Raises:
        UnwritableOutputError: it is not.
    """
    if root.exists():
        status = root.stat()
        is_ours = status.st_uid == os.geteuid() and status.st_mode & _WRITABLE == _WRITABLE
        if not is_ours and (status.st_uid == os.geteuid() or not os.access(root, os.W_OK | os.X_OK)):
            raise UnwritableOutputError(f"{root} may not be written to, by its access rights", advice=_ELSEWHERE)
    try:
        shut(shared_folder(root))
    except OSError as error:
        if error.errno in _FULL:
            raise
        raise UnwritableOutputError(f"{root} can't be used: {error.strerror}", advice=_ELSEWHERE) from error


@contextlib.contextmanager
def _translated(layout: Layout) -> Iterator[None]:
    """Say what a failing disk means and what to do; other faults pass."""
    try:
        yield
    except HomeUnusableError as error:
        raise UnwritableOutputError(f"{layout.root} can't be written to: {error}", advice=_ELSEWHERE) from error
    except OSError as error:
        if error.errno in _FULL:
            raise OutputFullError(
                f"the disk is full: a file for {layout.root} can't be written ({error.strerror})",
                advice="Free space or raise the quota, then run the same command again: it goes on where it stopped.",
            ) from error
        if error.errno in _UNWRITABLE:
            raise UnwritableOutputError(
                f"{layout.root} can't be written to: {error.strerror}", advice=_ELSEWHERE
            ) from error
        raise


_ELSEWHERE = "Choose an --out folder on a file system that you may write to and that keeps access rights."


def save_mix(layout: Layout, mix: Mix) -> None:
    """Write the list of shards that a scan goes over."""
    fields = {
        "shards": [shard.to_json() for shard in mix.shards],
        "companions": [{**asdict(companion), "kind": companion.kind.value} for companion in mix.companions],
        "left_out": list(mix.left_out),
        "origins": mix.origins,
        "sought": asdict(mix.sought),
        "unscreened": list(mix.unscreened),
    }
    write_atomic(layout.mix, json.dumps(fields).encode())


def load_mix(layout: Layout) -> Mix:
    """Read the list of shards.

    Raises:
        DamagedStateError: there is none, or it is not what was written.
    """
    try:
        fields = json.loads(layout.mix.read_text())
        return Mix(
            shards=tuple(Shard.from_json(shard) for shard in fields["shards"]),
            companions=tuple(
                Companion(**{**companion, "kind": CompanionKind(companion["kind"])})
                for companion in fields["companions"]
            ),
            left_out=tuple(fields["left_out"]),
            origins=tuple(map(tuple, fields["origins"])),
            sought=_fields_from_json(fields["sought"]),
            unscreened=tuple(fields.get("unscreened", ())),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedStateError(
            "the list of shards is missing or damaged", advice="Run `safehold dataset scan` again: it resumes."
        ) from error


@contextlib.contextmanager
def locked(layout: Layout, *, slice_name: str = "") -> Iterator[None]:
    """Hold an output folder against a second writer; slices of one scan hold it together, each its own part.

    Raises:
        OutputBusyError: somebody else writes to it.
        OutputFullError: a disk is full; running the same command again goes on from there.
        UnwritableOutputError: the folder can't be written to.
    """
    with _translated(layout):
        for name in {"lock", f"lock{slice_name}"}:
            private_file(layout.state / name)
    with (
        _translated(layout),
        (layout.state / "lock").open("a+b") as whole,
        (layout.state / f"lock{slice_name}").open("a+b") as own,
    ):
        try:
            fcntl.flock(whole, (fcntl.LOCK_SH if slice_name else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            if slice_name:
                fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputBusyError(
                f"another process is writing to {layout.root}",
                advice="Wait until it has finished, or stop it; the work done so far is kept.",
            ) from error
        if not slice_name:
            for folder in (layout.root, *layout.folders()):
                sweep(folder)
        yield
