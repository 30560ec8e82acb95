"""Parts: what one import or withdrawal adds to a bank, in a file or in memory.

Rules: a part never changes. A file's SHA-256 is in the database and is compared before the part is used.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from safehold.matching.errors import PartDamagedError
from safehold.matching.parts.encoding import classes_in, decoded, digest_of
from safehold.matching.parts.rows import Rows, class_of
from safehold.vocabulary import Algorithm, HarmClass


class PartKind(Enum):
    """What a part does."""

    IMPORT = "import"
    WITHDRAW = "withdraw"


class Part(Protocol):
    """What one version of a bank added or took back."""

    @property
    def kind(self) -> PartKind:
        """Return what it does."""
        ...

    @property
    def sha256(self) -> str:
        """Return what names its content."""
        ...

    @property
    def counts(self) -> Mapping[Algorithm, int]:
        """Return how many rows each algorithm has."""
        ...

    def rows(self, algorithm: Algorithm) -> Rows:
        """Return the rows of one algorithm."""
        ...

    def classes(self) -> frozenset[HarmClass | None]:
        """Return the classes that its rows state, None for that of the bank."""
        ...


@dataclass(frozen=True)
class MemoryPart:
    """A part that is in memory: of the built-in bank, or in tests."""

    kind: PartKind
    groups: Mapping[Algorithm, Rows]

    @cached_property
    def sha256(self) -> str:
        """Return a digest of its rows; that of a file with the same rows is another."""
        return digest_of(self.groups.values()) if self.groups else ""

    @property
    def counts(self) -> Mapping[Algorithm, int]:
        """Return how many rows each algorithm has."""
        return {algorithm: len(rows) for algorithm, rows in self.groups.items()}

    def rows(self, algorithm: Algorithm) -> Rows:
        """Return the rows of one algorithm."""
        return self.groups[algorithm]

    def classes(self) -> frozenset[HarmClass | None]:
        """Return the classes that its rows state, None for that of the bank."""
        return frozenset(class_of(code) for rows in self.groups.values() for code in set(rows.harm_class.tolist()))


@dataclass(frozen=True)
class FilePart:
    """A part in a file.

    Attributes:
        kind: what it does.
        sha256: of the file, from the database.
        counts: from the database.
        path: where the file lies.
    """

    kind: PartKind
    sha256: str
    counts: Mapping[Algorithm, int]
    path: Path

    def rows(self, algorithm: Algorithm) -> Rows:
        """Return the rows of one algorithm.

        Raises:
            PartDamagedError: the file is missing or altered.
        """
        return self.groups()[algorithm]

    def classes(self) -> frozenset[HarmClass | None]:
        """Return the classes that its rows state, None for that of the bank; the file's digest is not compared.

        Raises:
            PartDamagedError: the file is missing, or no part.
        """
        try:
            return classes_in(self.path)
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise self._damaged("can't be read") from error

    def groups(self) -> dict[Algorithm, Rows]:
        """Return all rows by algorithm.

        Raises:
            PartDamagedError: the file is missing or altered.
        """
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise self._damaged("can't be read") from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise self._damaged("was altered")
        return decoded(data)

    def _damaged(self, what: str) -> PartDamagedError:
        return PartDamagedError(
            f"part {self.path.stem} of bank {self.path.parent.name} {what}",
            advice="Restore a backup with: safehold --home NEW-FOLDER restore ARCHIVE; nothing was matched against it.",
        )
