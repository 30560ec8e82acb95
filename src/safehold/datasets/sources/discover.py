"""Discovery: which format each source is in, and the shards and companions it consists of.

A folder is judged by the names in it: tars, else media, else Parquet, else manifests. Media beside tars or Parquet
is refused, since nobody can say which of them is the dataset. What is neither record nor companion (a README,
an archive) is left out of the cleaned dataset and named in `Mix.left_out`.

Files that were named side by side and are of several formats by their own columns are one source for each.

One source keeps its names. Of several, each gets a sub-folder of its own: its place in the command, from 1, and
its folder's name ("2-flowers"), whether or not their names collide, so that one rule holds for every mix.

    mix = discover(["shards/{00000..00123}.tar", "s3://bucket/more"])
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from safehold.datasets.sources import folders, tars
from safehold.datasets.sources.errors import EmptySourceError, NotADatasetError
from safehold.datasets.sources.fields import SourceOptions
from safehold.datasets.sources.folders.metadata_rows import is_metadata
from safehold.datasets.sources.places.argument import Source, sources
from safehold.datasets.sources.records.names import is_known_media, split_name
from safehold.datasets.sources.shard import Mix, Plan
from safehold.datasets.sources.tables import manifest, parquet
from safehold.datasets.sources.tables.lines import is_lines

_ADVICE = "Name tars, Parquet files, a JSONL or CSV manifest, or a folder of one kind of them or of media files."


def discover(arguments: Sequence[str], options: SourceOptions | None = None) -> Mix:
    """Find everything that the arguments stand for; nothing is written and no media is opened.

    Raises:
        SourceError: an argument stands for nothing, for no dataset, for several at once, or can't be read.
    """
    options = options or SourceOptions()
    planned = [(source, plan) for source in sources(arguments) for plan in _by_format(source, _plan(source, options))]
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
    )


def _by_format(source: Source, plan: Plan) -> list[Plan]:
    """Return a source's plan, or one for each format where named files turned out to be of several.

    A shell writes out a pattern, so files side by side may be nobody's one dataset.

    Raises:
        EmptySourceError: there is no record in it.
    """
    if plan.shards and all(shard.records == 0 for shard in plan.shards):
        raise EmptySourceError(f"{source.named} holds no record", advice="Check that the download has finished.")
    formats = list(dict.fromkeys(shard.format for shard in plan.shards))
    if source.is_folder or len(formats) == 1:
        return [plan]
    of_format = [tuple(shard for shard in plan.shards if shard.format is one) for one in formats]
    return [Plan(shards, left_out=plan.left_out if not at else ()) for at, shards in enumerate(of_format)]


def _sub_folder(number: int, source: Source) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", source.root.rstrip("/").rpartition("/")[2]).strip("-.")
    return f"{number + 1}-{name or 'source'}/"


def _plan(source: Source, options: SourceOptions) -> Plan:
    """Choose the format of one source by the names in it."""
    names = list(source.files)
    archives = [name for name in names if name.endswith(".tar")]
    media = [name for name in names if is_known_media(split_name(name)[1])]
    rows = [name for name in names if name.endswith(".parquet") and not (media and is_metadata(name))]
    if media and (archives or rows):
        raise NotADatasetError(f"{source.named} holds media files beside shards", advice="Name the shards themselves.")
    if archives:
        return tars.plan(source, archives, options)
    if media:
        return folders.plan(source, options)
    if rows:
        return parquet.plan(source, rows, options)
    if manifests := [name for name in names if is_lines(name)]:
        return manifest.plan(source, manifests, options)
    if source.is_folder and any(name.endswith(".txt") for name in names):
        return folders.plan(source, options)
    raise NotADatasetError(f"{source.named} is no dataset that can be read", advice=_ADVICE)
