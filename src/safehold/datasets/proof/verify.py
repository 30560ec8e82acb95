"""Verify an output folder offline: no home, no network, on any machine.

1. The certificate's signature holds, under the key that the auditor expects if they name one.
2. The ledger checkpoint in it is signed by the same installation.
3. Every pinned file has the digest that the certificate states.
4. Every file of the cleaned dataset has the digest that the checksums state; none is missing, none is extra.
5. The counts of the certificate are those of the manifest.

The manifest is private: its keeper may pass a folder on without it. What only it could show is then reported as not
checked, which is no difference; a manifest that is there and altered is one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from safehold.datasets.apply.sides import CLEAN
from safehold.datasets.errors import DamagedStateError, ForeignOutputError, IncompleteScanError
from safehold.datasets.layout import Layout
from safehold.datasets.proof.certificate import CERTIFICATE, Certificate, read_certificate
from safehold.datasets.proof.checksums import CHECKSUMS, files_below, parse_checksums, sha256_of
from safehold.ledger import BadSignatureError, MalformedCheckpointError, MalformedKeyError

MANIFEST = "manifest.parquet"


class Trust(Enum):
    """How far a verification reaches."""

    SIGNED_BY_EXPECTED_KEY = "signed by the expected key"
    SELF_CONSISTENT_ONLY = "self-consistent only"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the certificate says.

    Attributes:
        what: "signature", "file", "clean file", "counts".
        name: which file, relative to the output folder; or which count.
        problem: "altered", "missing", "extra", "wrong key", "not valid".
    """

    what: str
    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification came to.

    Attributes:
        trust: whether a key that the auditor named was checked.
        public_key: the key that the certificate names.
        run: the run's id.
        issued_at: when the certificate was signed, as it says.
        differences: everything that differs; empty if nothing does.
        files: how many files of the cleaned dataset were checked.
        unchecked: what is private and not present, and what nothing else could show: "manifest.parquet", "counts";
            "every clean file" where SHA256SUMS, itself a difference then, doesn't say what they should be.
    """

    trust: Trust
    public_key: str
    run: str
    issued_at: str
    differences: tuple[Difference, ...]
    files: int
    unchecked: tuple[str, ...] = ()


def verify(root: Path, *, public_key: str | None = None) -> Verification:
    """Check an output folder against its certificate.

    Args:
        root: the output folder.
        public_key: the installation's key as the auditor got it from a source they trust; None checks only that the
            folder agrees with itself.

    Raises:
        IncompleteScanError: the run in it isn't finished, so there is no certificate yet.
        ForeignOutputError: it is not the result of a scan.
        DamagedStateError: there is no certificate that can be read.
    """
    _require_result(root)
    certificate = read_certificate(root / CERTIFICATE)
    listed, differences = _listed(root)
    return Verification(
        trust=Trust.SIGNED_BY_EXPECTED_KEY if public_key else Trust.SELF_CONSISTENT_ONLY,
        public_key=certificate.public_key,
        run=str(certificate.fields["run"]["id"]),
        issued_at=str(certificate.fields["issued_at"]),
        differences=(
            *_signatures(certificate, public_key),
            *_pinned(root, certificate),
            *differences,
            *_clean(root, listed),
            *_counts(root, certificate),
        ),
        files=len(listed or ()),
        unchecked=tuple(_unchecked(root, listed)),
    )


def _require_result(root: Path) -> None:
    if (root / CERTIFICATE).exists():
        return
    if Layout(root).record.exists():
        raise IncompleteScanError(
            f"the run in {root} isn't finished: it has no certificate yet",
            advice="Repeat the scan without --dry-run, or `safehold dataset decide` once every slice is scanned.",
        )
    raise ForeignOutputError(
        f"{root} is not the result of a scan: it holds no certificate.json",
        advice="Name the folder that was given to `safehold dataset scan --out`, or a whole copy of it.",
    )


def _signatures(certificate: Certificate, expected: str | None) -> Iterator[Difference]:
    if expected is not None and certificate.public_key != expected.strip():
        yield Difference("signature", CERTIFICATE, "wrong key")
    try:
        certificate.verify_signature()
    except (BadSignatureError, MalformedKeyError, ValueError):
        yield Difference("signature", CERTIFICATE, "not valid")
    try:
        if certificate.checkpoint.public_key != certificate.public_key:
            yield Difference("signature", "checkpoint", "wrong key")
    except (BadSignatureError, MalformedCheckpointError, MalformedKeyError, KeyError):
        yield Difference("signature", "checkpoint", "not valid")


def _pinned(root: Path, certificate: Certificate) -> Iterator[Difference]:
    for name, digest in certificate.files.items():
        path = root / name
        if name == MANIFEST and not _is_there(path):
            continue
        if not _is_plain(path):
            yield Difference("file", name, "missing")
        elif sha256_of(path) != digest:
            yield Difference("file", name, "altered")


def _listed(root: Path) -> tuple[Mapping[str, str] | None, tuple[Difference, ...]]:
    """Return the digests of the cleaned files, or None where nothing says what they should be."""
    try:
        return parse_checksums((root / CHECKSUMS).read_bytes()), ()
    except OSError:
        return None, ()  # already a difference: a pinned file that is missing
    except DamagedStateError:
        return None, (Difference("file", CHECKSUMS, "not valid"),)


def _unchecked(root: Path, listed: Mapping[str, str] | None) -> Iterator[str]:
    if listed is None:
        yield "every clean file"
    if not _is_there(root / MANIFEST):
        yield from (MANIFEST, "counts")


def _clean(root: Path, listed: Mapping[str, str] | None) -> Iterator[Difference]:
    if listed is None:
        return
    folders = sorted({CLEAN, *(path.name for path in root.glob(f"{CLEAN}-*"))})
    yield from (Difference("clean file", name, "extra") for name in folders if (root / name).is_symlink())
    present = set(files_below(root, tuple(folders)))
    for name, digest in listed.items():
        if name not in present:
            yield Difference("clean file", name, "missing")
        elif not _is_plain(root / name) or sha256_of(root / name) != digest:
            yield Difference("clean file", name, "altered")
    for name in sorted(present - set(listed)):
        yield Difference("clean file", name, "extra")


def _is_there(path: Path) -> bool:
    """Return whether anything has this name, be it a link to nothing."""
    return path.exists() or path.is_symlink()


def _is_plain(path: Path) -> bool:
    """Return whether a path is a file and no link: what a link leads to may be another tomorrow."""
    return path.is_file() and not path.is_symlink()


def _counts(root: Path, certificate: Certificate) -> Iterator[Difference]:
    path = root / MANIFEST
    if not path.is_file():
        return
    try:
        actions: Counter[str] = Counter()
        for batch in pq.ParquetFile(path).iter_batches(columns=["action"]):
            actions.update(batch.column("action").cast(pa.string()).to_pylist())
    except (pa.ArrowException, OSError, KeyError):  # a column that is missing is a KeyError
        yield Difference("file", path.name, "not valid")
        return
    stated: Mapping[str, Any] = certificate.fields["records"]
    if stated.get("total") != actions.total():
        yield Difference("counts", "total", "altered")
    for action in ("allow", "hold", "deny"):
        if stated.get(action) != actions[action]:
            yield Difference("counts", action, "altered")
