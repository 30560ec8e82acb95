"""Arguments: what a user may type as a source, and the files it stands for.

A folder, a file, a glob, or a path with `{000..123}` or `{a,b}` braces; local, or an fsspec URL. A path that exists
as it is typed is taken as it is. Files of one folder that stand next to one another (as a shell expands a glob) are
one source.
"""

import glob
import itertools
import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from safehold.datasets.sources.errors import (
    EmptySourceError,
    MissingSourceError,
    UnreachableSourceError,
    UnreadableSourceError,
)
from safehold.datasets.sources.places.location import filesystem_of, is_remote, join, local_path, parent
from safehold.datasets.sources.places.overlap import RUN_RECORD, output_as_source, require_distinct, require_no_output
from safehold.datasets.sources.places.stamps import Stamp, stamp_of_details

_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)")
_LIMIT = 1_000_000
_NOT_UTF_8 = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Source:
    """The files of one source.

    Attributes:
        root: the folder they are in, a local path or fsspec URL.
        files: each file's size and stamp by its name relative to the root, in the order of the names.
        odd: names that can't be read: links to folders, which end in "/", devices, names that are no text.
        is_folder: whether the folder was named, not its files.
        arguments: what the user typed that stands for it.
    """

    root: str
    files: Mapping[str, Stamp]
    odd: tuple[str, ...] = ()
    is_folder: bool = True
    arguments: tuple[str, ...] = ()

    @property
    def named(self) -> str:
        """Return how a message names it: the folder, the one file, or the first of several."""
        if self.is_folder or not self.files:
            return self.root
        first, *others = self.files
        return join(self.root, first) + (f" (and {len(others)} more)" if others else "")

    @property
    def advice(self) -> str:
        """Return what to do where none of its files can be read."""
        if not is_remote(self.root) and not all(
            os.access(local_path(join(self.root, name)), os.R_OK) for name in self.files
        ):
            return "You may not read all of it: check the access rights."
        return "Check that the download has finished and that the file is what its name says."


def sources(arguments: Sequence[str]) -> list[Source]:
    """Return the sources that the arguments stand for, in their order.

    Raises:
        MissingSourceError: there is nothing at a place that was named.
        UnreachableSourceError: the service that a place is behind can't be reached.
        EmptySourceError: a folder without files, or no argument.
        UnreadableSourceError: a folder can't be listed, or a service does not answer.
        RepeatedSourceError: a place is named twice, or lies within a folder that is named too.
        OutputAsSourceError: a place is an output folder of Safehold, or a folder that is named holds one.
    """
    if not arguments:
        raise EmptySourceError("no source was named", advice="Name a folder, a file or a URL.")
    named = [_Named(place, argument, _is_folder(place)) for argument in arguments for place in _places(argument)]
    require_distinct([one.place for one in named], [one.place for one in named if one.is_folder])
    found: list[Source] = []
    for root, group in itertools.groupby(named, key=lambda one: one.group):
        if not root:
            found.extend(replace(_folder(one.place), arguments=(one.argument,)) for one in group)
        else:
            files = list(group)
            typed = tuple(dict.fromkeys(one.argument for one in files))
            found.append(replace(_named_files(root, [one.place for one in files]), arguments=typed))
    return found


@dataclass(frozen=True, slots=True)
class _Named:
    """One file or folder, and the argument that stands for it."""

    place: str
    argument: str
    is_folder: bool

    @property
    def group(self) -> str:
        """Return the folder of a file, or "" for a folder."""
        return "" if self.is_folder else parent(self.place)


def _is_folder(place: str) -> bool:
    if not is_remote(place):
        return local_path(place).is_dir()
    filesystem, path = filesystem_of(place)
    return bool(filesystem.isdir(path))


def _places(argument: str) -> list[str]:
    """Return the files and folders that one argument stands for."""
    if "::" in argument:
        raise UnreadableSourceError(
            f"{argument} goes through a cache or an archive",
            advice="Name the place itself: no copies are kept on a disk.",
        )
    try:
        if _exists(argument):
            return [argument.rstrip("/") or "/"]
        found = [place for pattern in expand_braces(argument) for place in _globbed(pattern)]
    except (ConnectionError, TimeoutError, socket.gaierror) as error:
        raise _unreachable(argument) from error
    except (OSError, ValueError, ImportError) as error:
        raise UnreadableSourceError(
            f"{argument} can't be opened: {error}",
            advice="Check the address, the access rights and the fsspec package.",
        ) from error
    if not found:
        raise MissingSourceError(f"there is nothing at {argument}", advice="Check the path; quote it if it has braces.")
    return found


def _exists(place: str) -> bool:
    if not is_remote(place):
        return local_path(place).exists()
    filesystem, path = filesystem_of(place)
    return bool(filesystem.exists(path))


def _require_reachable(place: str) -> None:
    """Tell a service that doesn't answer from one that says there is nothing: file systems call both absent."""
    if not is_remote(place):
        return
    filesystem, path = filesystem_of(place)
    try:
        filesystem.info(path)
    except OSError as error:
        cause = error.__cause__ if isinstance(error, FileNotFoundError) else error
        if isinstance(cause, OSError) and not isinstance(cause, FileNotFoundError | PermissionError):
            raise _unreachable(place) from error


def _unreachable(place: str) -> UnreachableSourceError:
    return UnreachableSourceError(
        f"the service of {place} can't be reached",
        advice="Check the address and the network, then run the same command again.",
    )


def _globbed(pattern: str) -> list[str]:
    if not glob.has_magic(pattern):
        if not _exists(pattern):
            _require_reachable(pattern)
            raise MissingSourceError(f"there is nothing at {pattern}", advice="Check the path and the range.")
        return [pattern]
    if not is_remote(pattern):
        return sorted(glob.glob(str(local_path(pattern)), recursive=True))  # noqa: PTH207  # Path.glob takes no absolute pattern
    filesystem, path = filesystem_of(pattern)
    return [str(filesystem.unstrip_protocol(found)) for found in sorted(filesystem.glob(path))]


def expand_braces(pattern: str) -> list[str]:
    """Return what a pattern with `{000..123}` or `{a,b}` stands for, leftmost brace slowest, widths kept.

    Raises:
        MissingSourceError: it stands for more than a million names.
    """
    found = list(itertools.islice(_expanded(pattern), _LIMIT + 1))
    if len(found) > _LIMIT:
        raise MissingSourceError(f"{pattern} stands for more than {_LIMIT} names", advice="Name the folder instead.")
    return found


def _expanded(pattern: str) -> Iterator[str]:
    brace = _BRACES.search(pattern)
    if brace is None:
        yield pattern
        return
    for choice in _choices(brace[1]):
        for rest in _expanded(pattern[brace.end() :]):
            yield pattern[: brace.start()] + choice + rest


def _choices(inside: str) -> Iterator[str]:
    numbers = _RANGE.fullmatch(inside)
    if numbers is None:
        yield from inside.split(",") if "," in inside else ["{" + inside + "}"]
        return
    first, last = int(numbers[1]), int(numbers[2])
    width = max(len(numbers[1]), len(numbers[2])) if "0" in (numbers[1][0], numbers[2][0]) else 0
    step = 1 if first <= last else -1
    yield from (f"{number:0{width}d}" for number in range(first, last + step, step))


def _named_files(root: str, places: list[str]) -> Source:
    if not is_remote(root):
        require_no_output(local_path(root))
    files = {place.rpartition("/")[2]: _stamp(place) for place in places}
    return Source(root, dict(sorted(files.items())), is_folder=False)


def _stamp(place: str) -> Stamp:
    if not is_remote(place):
        if not local_path(place).is_file():
            raise UnreadableSourceError(f"{place} is no regular file", advice="Name a file, not a pipe or a device.")
        return Stamp.of_status(local_path(place).stat())
    filesystem, path = filesystem_of(place)
    stamp = stamp_of_details(filesystem.info(path))
    if not stamp.is_telling:
        raise _unmarked(place)
    return stamp


def _folder(place: str) -> Source:
    try:
        files, odd = _remote_tree(place) if is_remote(place) else _local_tree(local_path(place))
    except OSError as error:
        raise UnreadableSourceError(f"{place} can't be listed: {error}", advice="Check the access rights.") from error
    if not files:
        raise EmptySourceError(f"{place} holds no file", advice="Check that the download has finished.")
    return Source(place, dict(sorted(files.items())), tuple(sorted(odd)))


def _remote_tree(place: str) -> tuple[dict[str, Stamp], list[str]]:
    """List what is below an address; what has no mark by which a change would be noticed is left out as odd.

    Raises:
        UnreadableSourceError: none of it has.
    """
    filesystem, path = filesystem_of(place)
    prefix = path.rstrip("/") + "/"
    found = filesystem.find(path, detail=True)
    if any(name.endswith("/" + RUN_RECORD) for name in found):
        raise output_as_source(place)
    stamps = {
        name.removeprefix(prefix): _listed_stamp(details, partial(filesystem.info, name))
        for name, details in found.items()
    }
    files = {name: stamp for name, stamp in stamps.items() if stamp.is_telling}
    if stamps and not files:
        raise _unmarked(place)
    return files, [name for name in stamps if name not in files]


def _listed_stamp(details: Mapping[str, Any], ask: Callable[[], Mapping[str, Any]]) -> Stamp:
    """Return the stamp of a listed file; each is asked for where the listing tells names only, as a web server's."""
    stamp = stamp_of_details(details)
    if stamp.is_telling:
        return stamp
    try:
        return stamp_of_details(ask())
    except FileNotFoundError:  # a link on the page that leads to nothing
        return stamp


def _unmarked(place: str) -> UnreadableSourceError:
    return UnreadableSourceError(
        f"{place}: its server tells neither a tag nor a time of a file, so a change after the scan would go unnoticed",
        advice="Download the files and name the copy, or serve them with ETag or Last-Modified.",
    )


def _local_tree(root: Path) -> tuple[dict[str, Stamp], list[str]]:
    """Walk a folder; links to folders are not followed, links to files are."""
    files: dict[str, Stamp] = {}
    odd: list[str] = []
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        with os.scandir(root / prefix) as listing:
            for item in listing:
                name = prefix + item.name
                if item.name == ".safehold":
                    require_no_output(root / prefix)
                if item.is_dir(follow_symlinks=False) and not item.name.startswith("."):
                    waiting.append(name + "/")
                elif _NOT_UTF_8.search(name) or item.name.startswith(".") or not item.is_file():
                    is_linked_folder = item.is_symlink() and item.is_dir() and not item.name.startswith(".")
                    odd.append(name.encode("utf-8", "backslashreplace").decode() + "/" * is_linked_folder)
                else:
                    files[name] = Stamp.of_status(item.stat())
    return files, odd


def location_of(source: Source, name: str) -> str:
    """Return where a file of a source is."""
    return join(source.root, name)
