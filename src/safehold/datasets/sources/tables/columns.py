"""Columns: which columns of a table play which role, by name, by type, or because an option says so.

Every column of bytes is media unless it is a hash: bytes that nobody looked at must not pass as a column nobody knew.
"""

from collections.abc import Iterable, Iterator

import pyarrow as pa

from safehold.datasets.sources.errors import UnknownColumnError
from safehold.datasets.sources.fields import Fields

_DEFAULTS = Fields()
_WRAPPERS = (
    pa.ListType, pa.LargeListType, pa.FixedSizeListType, pa.ListViewType, pa.LargeListViewType, pa.DictionaryType,
    pa.RunEndEncodedType,
)  # fmt: skip


def resolve(schema: pa.Schema, fields: Fields, *, table: str) -> Fields:
    """Return the columns of a table by role, in the table's own spelling and order.

    Args:
        schema: the table's columns.
        fields: names to look for. A role that differs from the default was named by the user, so one of its names
            must be there.
        table: what to call the table in an error.

    Raises:
        UnknownColumnError: a named column is missing, or there is nothing to match or screen.
    """
    for role in ("media", "path", "caption", "url", "md5", "sha1", "sha256", "label"):
        _require_named(schema.names, fields, role, table)
    texts = [field.name for field in schema if not holds_bytes(field.type)]
    hashes = {role: _named(schema.names, getattr(fields, role)) for role in ("md5", "sha1", "sha256")}
    taken = {name for names in hashes.values() for name in names}
    found = Fields(
        media=tuple(field.name for field in schema if holds_bytes(field.type) and field.name not in taken),
        path=_named([field.name for field in schema if is_text(field.type)], fields.path),
        caption=_named(texts, fields.captions),
        url=_named(texts, fields.url),
        label=_named([name for name in texts if not _named([name], fields.captions)], fields.labels),
        tags=_named(texts, fields.tags),
        **hashes,
    )
    require_content(found, schema.names, table=table)
    return found


def require_content(found: Fields, names: Iterable[str], *, table: str) -> None:
    """Refuse a table in which no column has anything to match or screen.

    Raises:
        UnknownColumnError: there is none.
    """
    if not any((found.media, found.path, found.caption, found.url, found.md5, found.sha1, found.sha256)):
        raise UnknownColumnError(
            f"none of the columns of {table} is known: {', '.join(names)}",
            advice="Say which column holds media, path, caption, url or a hash.",
        )


def resolve_names(names: Iterable[str], fields: Fields, *, table: str) -> Fields:
    """Return the columns of a manifest by role; it has no types, and no bytes.

    Raises:
        UnknownColumnError: as for `resolve`.
    """
    schema = pa.schema([(name, pa.string()) for name in names])
    return resolve(schema, fields, table=table)


def _require_named(names: Iterable[str], fields: Fields, role: str, table: str) -> None:
    wanted = getattr(fields, role)
    if wanted != getattr(_DEFAULTS, role) and not _named(names, wanted):
        raise UnknownColumnError(
            f"{table} has no column {' or '.join(wanted)}", advice=f"Its columns are: {', '.join(names)}."
        )


def _named(names: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...]:
    folded = {name.lower() for name in wanted}
    return tuple(name for name in names if name.lower() in folded)


def holds_bytes(kind: pa.DataType) -> bool:
    """Return whether a column holds bytes: as such, or anywhere in what structs, lists, maps and the like wrap."""
    return any(
        pa.types.is_binary(leaf) or pa.types.is_large_binary(leaf) or pa.types.is_binary_view(leaf)
        or pa.types.is_fixed_size_binary(leaf)
        for leaf in _leaves(kind)
    )  # fmt: skip


def unscreened(schema: pa.Schema, found: Fields) -> list[str]:
    """Return the columns that hold text, however it is wrapped, and have no role: nobody reads what they say."""
    taken = {name for _, names in found.hashes for name in names}
    taken.update(found.media, found.path, found.captions, found.url, found.labels)
    return [
        field.name
        for field in schema
        if field.name not in taken
        and any(
            pa.types.is_string(leaf) or pa.types.is_large_string(leaf) or pa.types.is_string_view(leaf)
            for leaf in _leaves(field.type)
        )
    ]  # fmt: skip


def _leaves(kind: pa.DataType) -> Iterator[pa.DataType]:
    """Yield what a type is made of, whatever wraps it."""
    if isinstance(kind, pa.BaseExtensionType):
        yield from _leaves(kind.storage_type)
    elif pa.types.is_map(kind):
        yield from _leaves(kind.key_type)
        yield from _leaves(kind.item_type)
    elif isinstance(kind, _WRAPPERS):
        yield from _leaves(kind.value_type)
    elif pa.types.is_struct(kind):
        for number in range(kind.num_fields):
            yield from _leaves(kind.field(number).type)
    else:
        yield kind


def is_text(kind: pa.DataType) -> bool:
    """Return whether a column holds text as such, or as words of a dictionary."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
