"""Read register files: the shipped one and operators' own.

register = load_register([Path("own-register.yaml")])
register.check_source("s3://bucket/laion2B-en/")
"""

import hashlib
import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from safehold.datasets.register.address import host_of, parse_address
from safehold.datasets.register.entry import Entry, EntryKind, Status
from safehold.datasets.register.register import Register
from safehold.reviewed import Strict, read_file, read_text
from safehold.vocabulary import UsageError

_Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
_Sentence = Annotated[str, Field(min_length=8, max_length=1000)]
_Pattern = Annotated[str, Field(min_length=4, max_length=256)]


class RegisterError(UsageError):
    """Registers don't go together."""


class EntryFile(Strict):
    """One of `entries`."""

    id: _Id
    name: Annotated[str, Field(min_length=2, max_length=200)]
    kind: EntryKind
    asserted_by: Annotated[str, Field(min_length=2, max_length=200)]
    asserted_on: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
    reference: _Sentence
    asserts: _Sentence
    status: Status = Status.ASSERTED
    repaired_by: Annotated[str, Field(max_length=64)] = ""
    names: tuple[_Pattern, ...] = ()
    other_names: tuple[_Pattern, ...] = ()
    domains: tuple[_Pattern, ...] = ()
    addresses: tuple[_Pattern, ...] = ()

    @model_validator(mode="after")
    def _can_be_looked_up(self) -> Self:
        if not (self.names or self.domains or self.addresses):
            raise ValueError("say names, domains or addresses: there is nothing to look up")
        for domain in self.domains:
            if host_of(domain) is None or "/" in domain or ":" in domain:
                raise ValueError("a domain is a bare host, without scheme, path, port or wildcard")
        for pattern in self.addresses:
            address = parse_address(pattern)
            if address is None or address.path == "/":
                raise ValueError("an address is HOST/PATH with a plain host and * in the path only")
        if any(not pattern.replace("*", "").strip(" -_.") for pattern in (*self.names, *self.other_names)):
            raise ValueError("a pattern of names must hold more than wildcards")
        return self


class RegisterFile(Strict):
    """A register file."""

    format: Literal["safehold.register/1"]
    id: _Id
    version: Annotated[str, Field(min_length=1, max_length=32)]
    entries: Annotated[tuple[EntryFile, ...], Field(max_length=1_000_000)]


def load_register(own: Sequence[Path] = ()) -> Register:
    """Return the shipped register with an operator's own files.

    Raises:
        ReviewedDataError: a file can't be read, or says what can't be meant, with its line.
        RegisterError: two entries have the same id.
    """
    shipped = resources.files("safehold.datasets.register").joinpath("known_risk_sources.yaml")
    files = [read_text(shipped.read_text(encoding="utf-8"), RegisterFile, called=shipped.name)]
    files += [read_file(path, RegisterFile, kind="register") for path in own]
    entries = [_translate(entry, f"{file.id}@{file.version}") for file in files for entry in file.entries]
    ids = [entry.id for entry in entries]
    if len(set(ids)) != len(ids):
        twice = min(name for name in ids if ids.count(name) > 1)
        raise RegisterError(f"two register entries have the id {twice!r}", advice="Rename the one in your own file.")
    return Register(entries, version=_version(files))


def _version(files: Sequence[RegisterFile]) -> str:
    content = json.dumps([file.model_dump(mode="json") for file in files], sort_keys=True, ensure_ascii=True)
    digest = hashlib.sha256(content.encode("ascii")).hexdigest()
    return "+".join(f"{file.id}@{file.version}" for file in files) + f" sha256:{digest[:16]}"


def _translate(file: EntryFile, register: str) -> Entry:
    return Entry(
        id=file.id,
        register=register,
        name=file.name,
        kind=file.kind,
        asserted_by=file.asserted_by,
        asserted_on=file.asserted_on,
        reference=file.reference,
        asserts=file.asserts,
        status=file.status,
        repaired_by=file.repaired_by,
        names=file.names,
        other_names=file.other_names,
        domains=file.domains,
        addresses=file.addresses,
    )
