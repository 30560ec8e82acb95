"""Tars of WebDataset: one archive is one shard, members that share a key are one record.

In: the files of a source, then a shard. Out: its plan, its records, and the archive again by byte ranges without the
records that go.
"""

from safehold.datasets.sources.tars.planning import companion_names, plan
from safehold.datasets.sources.tars.reading import read
from safehold.datasets.sources.tars.rewriting import keys, rewrite

__all__ = ["companion_names", "keys", "plan", "read", "rewrite"]
