"""What the database says of banks and their parts, as values."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from safehold.home.home import Home
from safehold.home.prepared import Prepared
from safehold.matching.banks.bank import Bank, BankTerms
from safehold.matching.banks.tables import bank_parts, banks
from safehold.matching.parts.part import FilePart, Part, PartKind
from safehold.vocabulary import Algorithm, HarmClass, PdqFlavour, Tier


@dataclass(frozen=True, slots=True)
class BankContents:
    """A bank with its parts, in order of version."""

    bank: Bank
    parts: tuple[Part, ...]


def stored_contents(home: Home) -> tuple[BankContents, ...]:
    """Return every bank of a home, by name, at one moment; those taken out of use as well."""
    return followed_contents(home, ())


def followed_contents(home: Home, known: Sequence[BankContents]) -> tuple[BankContents, ...]:
    """Return what `stored_contents` does, reading no part's row that is known already.

    Args:
        home: where the banks are.
        known: what was read before; banks that haven't changed are returned as they are.
    """
    before = {one.bank.name: one for one in known}
    with home.database.reading() as connection:
        if known and _is_as_before(known, connection):
            return tuple(known)
        rows = connection.execute(_BANKS).mappings().all()
        return tuple(_followed(home.banks, row, before.get(row["name"]), connection) for row in rows)


_PLACES = Prepared(
    sa.select(banks.c.name, banks.c.version, banks.c.withdrawn_at.is_not(None).label("is_out")).order_by(banks.c.name)
)
"""Where every bank is. Asked after every commit of anybody's, nearly always to find that no bank has changed."""


_BANKS = sa.text(f"SELECT {', '.join(banks.c.keys())} FROM banks ORDER BY name").columns(*banks.c)  # noqa: S608
_LATER_PARTS = sa.text(
    f"SELECT {', '.join(bank_parts.c.keys())} FROM bank_parts"  # noqa: S608  names of columns, like above
    " WHERE bank = :bank AND version > :version ORDER BY version"
).columns(*bank_parts.c)
"""As text, since the first answer of a process waits for them: building them took a fifth of opening an index."""


def _is_as_before(known: Sequence[BankContents], connection: sa.Connection) -> bool:
    return [_place(one) for one in known] == [(*at, bool(out)) for *at, out in _PLACES.rows(connection, {})]


def _place(known: BankContents) -> tuple[str, int, bool]:
    return known.bank.name, known.bank.version, known.bank.withdrawn_at is not None


def _followed(folder: Path, row: sa.RowMapping, known: BankContents | None, connection: sa.Connection) -> BankContents:
    version = 0 if known is None else known.bank.version
    is_used = row["withdrawn_at"] is None
    if known is not None and row["version"] == version and is_used is (known.bank.withdrawn_at is None):
        return known
    name = row["name"]
    found = connection.execute(_LATER_PARTS, {"bank": name, "version": version}).mappings()
    parts = (*(known.parts if known is not None else ()), *(_part(folder / name, part) for part in found))
    return BankContents(_bank(row, parts), parts)


def contents_of(folder: Path, name: str, connection: sa.Connection) -> BankContents | None:
    """Return a bank with its parts; None if there is none of that name."""
    row = connection.execute(sa.select(banks).where(banks.c.name == name)).mappings().first()
    if row is None:
        return None
    versions = sa.select(bank_parts).where(bank_parts.c.bank == name).order_by(bank_parts.c.version)
    parts = tuple(_part(folder / name, part) for part in connection.execute(versions).mappings())
    return BankContents(_bank(row, parts), parts)


def living_entries(parts: Sequence[Part]) -> dict[Algorithm, int]:
    """Return how many entries of each algorithm are listed and not withdrawn."""
    living: Counter[Algorithm] = Counter()
    for part in parts:
        if part.kind is PartKind.IMPORT:
            living.update(part.counts)
        else:
            living.subtract(part.counts)
    return {algorithm: living[algorithm] for algorithm in Algorithm if living[algorithm]}


def _part(folder: Path, row: sa.RowMapping) -> FilePart:
    counts = {Algorithm(name): int(count) for name, count in row["counts"].items()}
    return FilePart(PartKind(row["kind"]), row["sha256"], counts, folder / row["file"])


def _bank(row: sa.RowMapping, parts: Sequence[Part]) -> Bank:
    terms: Mapping[str, object] = row["terms"]
    return Bank(
        name=row["name"],
        source=row["source"],
        legal_basis=row["legal_basis"],
        terms=BankTerms(onward_sharing=terms["onward_sharing"] is True, text=str(terms["text"])),
        harm_class=HarmClass(row["harm_class"]),
        tier=Tier(row["tier"]),
        pdq_flavour=PdqFlavour(row["flavour"]),
        version=row["version"],
        created_at=dt.datetime.fromisoformat(row["created_at"]),
        entries=living_entries(parts),
        withdrawn_at=dt.datetime.fromisoformat(row["withdrawn_at"]) if row["withdrawn_at"] else None,
        withdrawn_reason=row["withdrawn_reason"] or "",
        pdq_threshold=row["pdq_threshold"],
    )
