"""Discovery: which format each source is in, and the shards and companions it consists of.

A folder is judged by the names in it: tars, Parquet, manifests or media. Shards of several kinds in one folder are
refused, since nobody can say which of them is the dataset; so are packed files beside shards. What is neither record
nor companion (a README) is left out of the cleaned dataset, named in `Mix.left_out` and counted in the summary.

Files that were named side by side and are of several formats, by name or by their own columns, are one source for each.

One source keeps its names. Of several, each gets a sub-folder of its own: its place in the command, from 1, and
its folder's name ("2-flowers"), whether or not their names collide, so that one rule holds for every mix.

    mix = discover(["shards/{00000..00123}.tar", "s3://bucket/more"])
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from enum import Enum

from safehold.datasets.sources import folders, tars
from safehold.datasets.sources.errors import EmptySourceError, NotADatasetError
from safehold.datasets.sources.fields import SourceOptions
from safehold.datasets.sources.folders.metadata_rows import is_metadata
from safehold.datasets.sources.places.argument import Source, sources
from safehold.datasets.sources.records.names import is_known_media, split_name
from safehold.datasets.sources.shard import Mix, Plan
from safehold.datasets.sources.tables import manifest, parquet
from safehold.datasets.sources.tables.lines import is_lines

_PACKED = re.compile(r"\.(?:tar\.\w+|tgz|tbz2?|txz|tzst|zip|7z|rar|(?:parquet|jsonl|csv|tsv)\.(?:gz|bz2|xz|zst))$")
_ADVICE = "Name tars, Parquet files, a JSONL or CSV manifest, or a folder of one kind of them or of media files."


class _Kind(Enum):
    """What the shards of a source are, by their names."""

    TARS = "tars"
    ROWS = "Parquet files"
    LINES = "manifests"
    MEDIA = "media"


def discover(arguments: Sequence[str], options: SourceOptions | None = None) -> Mix:
    """Find everything that the arguments stand for; nothing is written and no media is opened.

    Raises:
        SourceError: an argument stands for nothing, for no dataset, for several at once, or can't be read.
    """
    options = options or SourceOptions()
    planned = [(source, plan) for source in sources(arguments) for plan in _plans(source, options)]
    found, plans = [source for source, _ in planned], [plan for _, plan in planned]
    sub_folders = [_sub_folder(number, source) if len(found) > 1 else "" for number, source in enumerate(found)]
    shards = [
        replace(shard, source=number, name=folder + shard.name)
        for number, (plan, folder) in enumerate(zip(plans, sub_folders, strict=True))
        for shard in plan.shards
    ]
    return Mix(
        tuple(replace(shard, number=number) for number, shard in enumerate(shards)),
        tuple(
            replace(one, source=number, name=folder + one.name, output=one.output and folder + one.output)
            for number, (plan, folder) in enumerate(zip(plans, sub_folders, strict=True))
            for one in plan.companions
        ),
        tuple(folder + name for plan, folder in zip(plans, sub_folders, strict=True) for name in plan.left_out),
        tuple(source.arguments for source in found),
        options.fields,
        tuple(dict.fromkeys(name for plan in plans for name in plan.unscreened)),
    )


def _by_format(source: Source, plan: Plan) -> list[Plan]:
    """Return a source's plan, or one for each format where named files turned out to be of several by their columns.

    Raises:
        EmptySourceError: there is no record in it.
    """
    if plan.shards and all(shard.records == 0 for shard in plan.shards):
        raise EmptySourceError(f"{source.named} holds no record", advice="Check that the download has finished.")
    formats = list(dict.fromkeys(shard.format for shard in plan.shards))
    if source.is_folder or len(formats) == 1:
        return [plan]
    of_format = [tuple(shard for shard in plan.shards if shard.format is one) for one in formats]
    return [
        Plan(shards, left_out=() if at else plan.left_out, unscreened=plan.unscreened)
        for at, shards in enumerate(of_format)
    ]


def _sub_folder(number: int, source: Source) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", source.root.rstrip("/").rpartition("/")[2]).strip("-.")
    return f"{number + 1}-{name or 'source'}/"


def _plans(source: Source, options: SourceOptions) -> list[Plan]:
    """Return a source's plan, or one for each format of files that were named side by side.

    A shell writes out a pattern, so files side by side may be nobody's one dataset.
    """
    kinds = _kinds(source)
    if len(kinds) > 1 and source.is_folder:
        raise NotADatasetError(
            f"{source.named} holds shards of several kinds: {' and '.join(kind.value for kind in kinds)}",
            advice="Name the shards themselves, as DIR/*.tar DIR/*.parquet: each kind is then a source of its own.",
        )
    plans = [_planned(source, kind, names, options) for kind, names in kinds.items()]
    used = {name for names in kinds.values() for name in names}
    if len(plans) > 1:
        plans = [
            replace(plan, left_out=tuple(name for name in plan.left_out if not at and name not in used))
            for at, plan in enumerate(plans)
        ]
    return [part for plan in plans for part in _by_format(source, plan)]


def _kinds(source: Source) -> dict[_Kind, list[str]]:
    """Return the names of a source's shards by their kind, of which none is left out for another one's sake."""
    names = list(source.files)
    archives = [name for name in names if name.lower().endswith(".tar")]
    media = [name for name in names if is_known_media(split_name(name)[1])]
    beside = tars.companion_names(archives)
    rows = [name for name in names if _is_table(name, beside) and not (media and is_metadata(name))]
    if media and any(name.startswith(f"{row[: -len('.parquet')]}/") for row in rows[:1] for name in media):
        raise NotADatasetError(
            f"{source.named} holds folders of files with a table beside each, as img2dataset's format `files` writes",
            advice="Name the folders themselves, as DIR/00000 DIR/00001: their .json and .txt files say the same.",
        )
    if media and (archives or rows):
        raise NotADatasetError(f"{source.named} holds media files beside shards", advice="Name the shards themselves.")
    if media:
        return {_Kind.MEDIA: media}
    if packed := [name for name in names if _PACKED.search(name.lower())]:
        raise NotADatasetError(
            f"{source.named} holds packed files, which nobody would look into: {packed[0]} ({len(packed)} in all)",
            advice="Unpack them into tars, Parquet files or folders, or name the shards themselves.",
        )
    kinds = {_Kind.TARS: archives, _Kind.ROWS: rows, _Kind.LINES: [name for name in names if is_lines(name)]}
    if found := {kind: of_kind for kind, of_kind in kinds.items() if of_kind}:
        return found
    if source.is_folder and any(name.endswith(".txt") for name in names):
        return {_Kind.MEDIA: names}
    raise NotADatasetError(f"{source.named} is no dataset that can be read", advice=_ADVICE)


def _is_table(name: str, beside_tars: Collection[str]) -> bool:
    return name.lower().endswith(".parquet") and name not in beside_tars


def _planned(source: Source, kind: _Kind, names: Sequence[str], options: SourceOptions) -> Plan:
    match kind:
        case _Kind.TARS:
            return tars.plan(source, names, options)
        case _Kind.ROWS:
            return parquet.plan(source, names, options)
        case _Kind.LINES:
            return manifest.plan(source, names, options)
        case _Kind.MEDIA:
            return folders.plan(source, options)
