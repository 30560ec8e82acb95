"""Shelves in a bucket: where a vault's objects and shares lie in S3-compatible storage.

    PREFIX/objects/ID/SEALING               the sealed object
    PREFIX/shares/ID/SEALING/CUSTODIAN      that custodian's sealed share

Every sealing has a name of its own, which the register knows, so that machines that seal the same bytes at once never
mix each other's shares. Erasing removes every version that the bucket kept of a share; what it may not remove (object
lock, another's legal hold) makes the erasure fail, and it is then not recorded as one.

Credentials are found as AWS's own tools find them: environment, profile, or the machine's role.

Source: Amazon S3's API; reads see every write that was answered ("strong read-after-write consistency").
"""

import base64
import datetime as dt
import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from safehold.home.files import locked_folder
from safehold.vault.errors import BucketMissingError, BucketUnreachableError, ErasureUnfinishedError
from safehold.vault.evidence import EvidenceId
from safehold.vault.inspection import Stored
from safehold.vault.sealing import Sealed
from safehold.vault.shelves import Step, Watch, unwatched
from safehold.vocabulary import Clock

if TYPE_CHECKING:
    from types import ModuleType

_SEALING_BYTES = 8
_TRIES = 4
_CONNECT_SECONDS = 10
_READ_SECONDS = 60
ORPHAN_MINUTES = 60
"""What is younger may belong to a put that another machine has not registered yet. Ours; a put takes seconds."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a bucket is.

    Attributes:
        name: of the bucket.
        prefix: before the names of all objects; "" for none.
        endpoint: of storage other than Amazon's; None for Amazon's own.
        region: None for what the environment says.
    """

    name: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None


class Client(Protocol):
    """What is used of boto3's S3 client."""

    def put_object(self, **named: Any) -> Any: ...  # noqa: ANN401, D102 - AWS's own
    def get_object(self, **named: Any) -> Any: ...  # noqa: ANN401, D102 - AWS's own
    def delete_object(self, **named: Any) -> Any: ...  # noqa: ANN401, D102 - AWS's own
    def get_paginator(self, operation: str) -> Any: ...  # noqa: ANN401, D102 - AWS's own


class BucketShelves:
    """The objects of a vault in a bucket.

    Args:
        bucket: where it is.
        folder: of this machine's vault: its lock keeps this machine's writers in turn.
        clock: tells what is too young to be an orphan.
        watch: called at every step of a put or an erasure.
        client: boto3's; made from `bucket` by default.

    Raises:
        BucketMissingError: boto3 is not installed.
    """

    def __init__(
        self,
        bucket: Bucket,
        folder: Path,
        clock: Clock,
        *,
        watch: Watch = unwatched,
        client: Client | None = None,
    ) -> None:
        self._bucket = bucket
        self._folder = folder
        self._clock = clock
        self._watch = watch
        self._client = client or _connect(bucket)
        prefix = bucket.prefix.strip("/")
        self._root = f"{prefix}/" if prefix else ""

    def turn(self) -> AbstractContextManager[None]:
        """Keep other writers of this machine waiting; those of other machines need no turn."""
        return locked_folder(self._folder)

    def place(self, identifier: EvidenceId) -> str:
        """Return where the next sealing of this evidence goes: a name that nothing had before."""
        return f"{identifier}/{secrets.token_hex(_SEALING_BYTES)}"

    def store(self, sealed: Sealed, place: str) -> None:
        """Keep an object, then its shares, each answered by the storage before the next is sent.

        Raises:
            BucketUnreachableError: the storage refused or did not answer; what it took is an orphan.
        """
        parts = []
        for part in sealed.parts:
            parts.append(part)
            self._watch(Step.PART_WRITTEN)
        self._put(f"objects/{place}", b"".join(parts))
        self._watch(Step.OBJECT_STORED)
        for custodian, share in sealed.shares.items():
            self._put(f"shares/{place}/{custodian}", share)
            self._watch(Step.SHARE_STORED)
        self._watch(Step.SHARES_STORED)

    def read(self, place: str) -> Stored:
        """Return what is there, whole or not.

        Raises:
            BucketUnreachableError: the storage refused or did not answer.
        """
        names = [name for name, _ in self._list(f"shares/{place}/")]
        shares = {name.rpartition("/")[2]: self._get(name) for name in names}
        return Stored(
            object=self._get(f"objects/{place}"),
            shares={custodian: share for custodian, share in shares.items() if share is not None},
        )

    def erase(self, place: str) -> None:
        """Remove every version of the shares, then of the object; goes on where it was interrupted.

        Raises:
            BucketUnreachableError: the storage refused or did not answer.
            ErasureUnfinishedError: a version of something is still there.
        """
        for name in sorted({name for name, _ in self._versions(f"shares/{place}/")}):
            self._destroy(name)
            self._watch(Step.SHARE_REMOVED)
        self._destroy(f"objects/{place}")
        self._watch(Step.OBJECT_REMOVED)

    def orphans(self, known: frozenset[str]) -> tuple[str, ...]:
        """Return the names of what lies under none of the known places and is not just being put there, sorted."""
        before = self._clock.now() - dt.timedelta(minutes=ORPHAN_MINUTES)
        found = [
            name
            for beginning in ("objects/", "shares/")
            for name, at in self._list(beginning)
            if _place_of(name) not in known and at < before
        ]
        return tuple(sorted(found))

    def exposed(self) -> tuple[str, ...]:
        """Return nothing: a bucket's rights are its owner's to look at."""
        return ()

    def remove(self, orphans: Sequence[str]) -> None:
        """Remove every version of what :meth:`orphans` named."""
        for name in orphans:
            self._destroy(name)

    def _put(self, name: str, data: bytes) -> None:
        digest = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode("ascii")
        with _translated():  # the digest is the protocol's own check of the transfer; ours is inside
            self._client.put_object(Bucket=self._bucket.name, Key=self._root + name, Body=data, ContentMD5=digest)

    def _get(self, name: str) -> bytes | None:
        with _translated(missing=True) as outcome:
            answer = self._client.get_object(Bucket=self._bucket.name, Key=self._root + name)
            outcome.append(bytes(answer["Body"].read()))
        return outcome[0] if outcome else None

    def _destroy(self, name: str) -> None:
        """Remove every version of an object, and see that none is left."""
        for _, version in [one for one in self._versions(name) if one[0] == name]:
            with _translated():
                self._client.delete_object(Bucket=self._bucket.name, Key=self._root + name, VersionId=version)
        if any(one[0] == name for one in self._versions(name)):
            raise ErasureUnfinishedError(
                "the storage still holds a version of something that was removed",
                advice="See whether the bucket has an object lock or a legal hold of its own, then erase again.",
            )

    def _versions(self, beginning: str) -> Iterator[tuple[str, str]]:
        """Give name and version of everything whose name begins so, markers of deletion included."""
        for page in self._pages("list_object_versions", beginning):
            for kind in ("Versions", "DeleteMarkers"):
                for one in page.get(kind, ()):
                    yield one["Key"].removeprefix(self._root), one["VersionId"]

    def _list(self, beginning: str) -> Iterator[tuple[str, dt.datetime]]:
        """Give name and time of everything whose name begins so."""
        for page in self._pages("list_objects_v2", beginning):
            for one in page.get("Contents", ()):
                yield one["Key"].removeprefix(self._root), one["LastModified"]

    def _pages(self, operation: str, beginning: str) -> Iterator[Any]:
        pages = self._client.get_paginator(operation).paginate(Bucket=self._bucket.name, Prefix=self._root + beginning)
        with _translated():
            yield from pages


def _place_of(name: str) -> str:
    kind, *parts = name.split("/")
    return "/".join(parts[:-1] if kind == "shares" else parts)


def _connect(bucket: Bucket) -> Client:
    boto3 = _boto3()
    from botocore.config import Config  # noqa: PLC0415 - of the extra

    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"max_attempts": _TRIES, "mode": "standard"},
        request_checksum_calculation="when_required",  # other than Amazon's own may not know the newer ones
        response_checksum_validation="when_required",
    )
    client: Client = boto3.client("s3", endpoint_url=bucket.endpoint, region_name=bucket.region, config=config)
    return client


def _boto3() -> "ModuleType":
    try:
        import boto3  # noqa: PLC0415 - of the extra
    except ImportError as error:
        raise BucketMissingError(
            "a vault in a bucket needs boto3", advice="Install it: pip install 'safehold[s3]'"
        ) from error
    module: ModuleType = boto3
    return module


@contextmanager
def _translated(*, missing: bool = False) -> Iterator[list[bytes]]:
    """Raise in our words what the storage answers, without what it says of names or addresses."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - of the extra

    outcome: list[bytes] = []
    try:
        yield outcome
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if missing and code in {"NoSuchKey", "404", "NotFound"}:
            return
        raise _unreachable(f"the vault's storage refused: {code or 'no code'}") from error
    except BotoCoreError as error:
        raise _unreachable(f"the vault's storage did not answer: {type(error).__name__}") from error


def _unreachable(what: str) -> BucketUnreachableError:
    return BucketUnreachableError(
        what, advice="Check bucket, credentials and network, then run the same command again: it goes on."
    )
