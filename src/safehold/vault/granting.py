"""Granting: a custodian unseals their share on their own machine and seals it again to the review key. Pure.

1. The service writes down what is asked (:class:`Terms`) with the sealed shares: a :class:`Request`, which is a file.
2. A custodian reads it, unseals their own share with their private key, and seals the share again to the review key,
   together with a digest of the terms: a :class:`Grant`. It works for these terms and this custodian alone.
3. Whoever holds the review key's private half joins enough grants to the data key and decrypts, in memory.

No private key of a custodian reaches the service, and no custodian sees content. What the caller still owes: that the
time is not over, that who asked granted nothing, and that the opening is recorded before anything is given out.
"""

import base64
import binascii
import datetime as dt
import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from safehold.vault.custodians import CustodianKey
from safehold.vault.envelope import DATA_KEY_BYTES, OBJECT_HEADER_BYTES, ObjectHeader
from safehold.vault.errors import GrantUnfitError, OpeningRefusedError, VaultError
from safehold.vault.evidence import EvidenceId, is_word, parse_evidence_id
from safehold.vault.opening import decrypt_object, join_shares, read_header, unseal_share

_REQUEST_SCHEMA = "safehold.opening-request/1"
_GRANT_SCHEMA = "safehold.opening-grant/1"
_MAGIC = b"safehold-grant-1"
_GRANT = struct.Struct(f">16s32sH{DATA_KEY_BYTES}s")
GRANT_BYTES = _GRANT.size + bindings.crypto_box_SEALBYTES
"""How long what a custodian sealed is: nothing longer is kept as a grant."""

LARGEST_FILE_BYTES = 1 << 20
"""Of a request or a grant: 64 shares of some 300 bytes each, in base64, are far below it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a custodian consents to.

    Attributes:
        opening: the opening's id.
        evidence: what is to be opened.
        case: for which case.
        purpose: why, in one word.
        requester: who asks.
        seconds: for how long it stays open once enough custodians have granted it.
        lapses_at: until when it can be granted, RFC 3339 in UTC.
        needed: how many custodians must grant it.
        review_key: to which key it is sealed again: X25519, 64 hexadecimal digits.
    """

    opening: str
    evidence: EvidenceId
    case: str
    purpose: str
    requester: str
    seconds: int
    lapses_at: str
    needed: int
    review_key: str

    def digest(self, custodian: str) -> bytes:
        """Return the 32 bytes that tie a grant of this custodian to these terms."""
        return hashlib.sha256(_json({**asdict(self), "custodian": custodian})).digest()


@dataclass(frozen=True, slots=True)
class Request:
    """What custodians are given to grant an opening: nothing in it opens without their keys.

    Attributes:
        terms: what is asked.
        header: the object's clear first bytes.
        shares: custodian's name → that custodian's sealed share.
    """

    terms: Terms
    header: bytes
    shares: Mapping[str, bytes]

    def to_bytes(self) -> bytes:
        """Return the file."""
        shares = {name: _text(share) for name, share in self.shares.items()}
        told = {"schema": _REQUEST_SCHEMA, "terms": asdict(self.terms), "header": _text(self.header), "shares": shares}
        return _json(told)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a request's file.

        Raises:
            GrantUnfitError: it is something else.
        """
        told = _read(data, _REQUEST_SCHEMA, {"terms": dict, "header": str, "shares": dict})
        try:
            terms = Terms(**told["terms"])
            parse_evidence_id(terms.evidence)
            shares = {str(name): _bytes(text) for name, text in told["shares"].items()}
            return cls(_checked(terms), _bytes(told["header"]), shares)
        except (TypeError, ValueError, VaultError) as error:
            raise _unfit("this is not a request to open evidence") from error


@dataclass(frozen=True, slots=True)
class Grant:
    """One custodian's consent, with their share sealed to the review key.

    Attributes:
        opening: which opening it is for.
        custodian: whose share it is.
        sealed: the share, a box that the review key alone opens.
    """

    opening: str
    custodian: str
    sealed: bytes

    def to_bytes(self) -> bytes:
        """Return the file."""
        told = {"opening": self.opening, "custodian": self.custodian, "sealed": _text(self.sealed)}
        return _json({"schema": _GRANT_SCHEMA, **told})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a grant's file.

        Raises:
            GrantUnfitError: it is something else.
        """
        told = _read(data, _GRANT_SCHEMA, {"opening": str, "custodian": str, "sealed": str})
        try:
            return cls(told["opening"], told["custodian"], _bytes(told["sealed"]))
        except ValueError as error:
            raise _unfit("this is not a grant of an opening") from error


def grant(request: Request, key: CustodianKey) -> Grant:
    """Unseal a custodian's share and seal it again to the review key that the request names.

    Who calls this has shown the terms to the custodian, and compared the review key with the one that they know.

    Raises:
        OpeningRefusedError: the custodian holds no share of this evidence, or the key does not open it.
        VaultSealedError: the share was changed, or belongs to another sealing.
    """
    terms = request.terms
    share = request.shares.get(key.name)
    if share is None:
        raise OpeningRefusedError(
            f"{key.name} holds no share of this evidence", advice="Ask the custodians that the request names."
        )
    header = ObjectHeader.from_bytes(request.header)
    if header.id != terms.evidence:
        raise _unfit("the request asks for other evidence than its shares open")
    number, part = unseal_share(share, header, key=key)
    content = _GRANT.pack(_MAGIC, terms.digest(key.name), number, part)
    box = SealedBox(PublicKey(bytes.fromhex(terms.review_key)))
    return Grant(terms.opening, key.name, box.encrypt(content))


def check(terms: Terms, given: Grant, review_key: CustodianKey) -> tuple[int, bytes]:
    """Return the share in a grant, once it is shown to be for these terms.

    Raises:
        GrantUnfitError: it is for other terms or another key, or was changed.
    """
    try:
        content = SealedBox(PrivateKey(review_key.secret)).decrypt(given.sealed)
        magic, digest, number, part = _GRANT.unpack(content)
    except (CryptoError, ValueError, TypeError, struct.error) as error:
        raise _unfit(f"the grant of {given.custodian} does not open with the review key") from error
    if (given.opening, magic, digest) != (terms.opening, _MAGIC, terms.digest(given.custodian)):
        raise _unfit(f"the grant of {given.custodian} was given for something else")
    return number, part


def open_granted(data: bytes, terms: Terms, grants: Sequence[Grant], review_key: CustodianKey) -> bytes:
    """Return the content of an object, from enough custodians' grants.

    Args:
        data: the object file.
        terms: as the opening holds them.
        grants: one of each custodian who granted it.
        review_key: the private half.

    Raises:
        GrantUnfitError: a grant is for other terms or another key, or was changed.
        OpeningRefusedError: there are too few.
        VaultSealedError: the object was changed, exchanged or cut short, or the shares don't open it.
    """
    header = read_header(data, terms.evidence)
    parts = [check(terms, given, review_key) for given in grants]
    if len({number for number, _ in parts}) < terms.needed:
        raise OpeningRefusedError(
            f"{len(parts)} of {terms.needed} custodians have granted this opening", advice="Ask another custodian."
        )
    return decrypt_object(memoryview(data), header, join_shares(parts, header))


def header_of(data: bytes, identifier: EvidenceId) -> bytes:
    """Return the clear first bytes of an object, for a request.

    Raises:
        VaultSealedError: it is other evidence, or not whole.
    """
    read_header(data, identifier)
    return data[:OBJECT_HEADER_BYTES]


def _checked(terms: Terms) -> Terms:
    words: tuple[object, ...] = (
        terms.opening,
        terms.case,
        terms.purpose,
        terms.requester,
    )  # shown to people as they are
    if not all(isinstance(word, str) and is_word(word) for word in words):
        raise ValueError(_REQUEST_SCHEMA)
    if len(bytes.fromhex(terms.review_key)) != DATA_KEY_BYTES or terms.lapses_at != _moment(terms.lapses_at):
        raise ValueError(_REQUEST_SCHEMA)
    if not all(type(number) is int and number > 0 for number in (terms.seconds, terms.needed)):
        raise ValueError(_REQUEST_SCHEMA)
    return terms


def _moment(text: str) -> str:
    """Return a time in its one form.

    Raises:
        TypeError, ValueError: it is none.
    """
    moment = dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _read(data: bytes, schema: str, fields: Mapping[str, type]) -> dict[str, Any]:
    try:
        told = json.loads(data) if len(data) <= LARGEST_FILE_BYTES else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or {name: type(value) for name, value in told.items()} != {"schema": str, **fields}:
        raise _unfit("this is no file of an opening")
    if told["schema"] != schema:
        raise _unfit(f"this file is a {told['schema'][:64]!r}, where a {schema!r} is wanted")
    return told


def _json(told: Mapping[str, object]) -> bytes:
    return json.dumps(told, ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode("ascii")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except binascii.Error as error:
        raise ValueError(_GRANT_SCHEMA) from error


def _unfit(what: str) -> GrantUnfitError:
    return GrantUnfitError(what, advice="Take the request from the console again, grant it, and hand in that file.")
