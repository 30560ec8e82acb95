"""The digest of a shard's input. That of a tar in memory goes along while its members are digested.

    content = Content(shard)
    for record in read(shard, content=content):
        ...
    content.sha256()

The certificate states it, and a re-run compares it.
"""

import hashlib

from safehold.datasets.sources.places.blobs import Blob, MemoryBlob, sha256_of
from safehold.datasets.sources.places.location import join
from safehold.datasets.sources.shard import Shard
from safehold.signals import WholeFile


class Content:
    """What a shard's input is, as a digest; for one reading of the shard."""

    def __init__(self, shard: Shard) -> None:
        self._shard = shard
        self._whole: WholeFile | None = None

    def begin(self, blob: Blob) -> WholeFile | None:
        """Return what digests the parts of a shard that is one file, if all of it is in memory; its reader says so."""
        self._whole = WholeFile(blob.data) if isinstance(blob, MemoryBlob) else None
        return self._whole

    def sha256(self) -> str:
        """Return what `content_sha256` does, in less time once the shard was read to its end.

        Raises:
            ShardError: an input is gone or can't be read.
        """
        return content_sha256(self._shard) if self._whole is None else self._whole.sha256().hex()


def content_sha256(shard: Shard) -> str:
    """Return the SHA-256 of a shard's input: of the file, as `sha256sum` prints it, or of a list of files.

    For a list it is taken over one line a file, in order: digest, two spaces, name.

    Raises:
        ShardError: an input is gone or can't be read.
    """
    if not shard.files and not shard.tables:
        return sha256_of(shard.location)
    root = join(shard.root, "")
    lines = (f"{sha256_of(location)}  {location.removeprefix(root)}\n" for location in shard.inputs)
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()
