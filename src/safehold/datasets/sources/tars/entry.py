"""Entries: what a tar says is in it."""

from typing import NamedTuple

from safehold.vocabulary import GapReason

BLOCK = 512
"""A tar is made of blocks of so many bytes. Source: POSIX.1-2017 `pax`, "ustar Interchange Format"."""


class Entry(NamedTuple):
    """One member with the blocks that describe it; a tuple, since there are as many as files.

    Attributes:
        name: as stored, with undecodable bytes escaped.
        start: where its first header block is, long-name and PAX blocks included.
        data: where its content begins.
        size: how many bytes of content it has.
        fault: what is wrong with it, or None.
        is_member: False for what belongs to no record: folders and global headers.
    """

    name: str
    start: int
    data: int
    size: int
    fault: GapReason | None
    is_member: bool

    @property
    def stop(self) -> int:
        """Where the next entry begins."""
        return self.data + (self.size + BLOCK - 1) // BLOCK * BLOCK
