"""Folders of media: one file is one record, with the sidecars and metadata rows that tell of it.

In: the files of a source, then a slice of them. Out: its plan, its records, and the kept files in their new place.
"""

from safehold.datasets.sources.folders.folder import keys, plan, read, rewrite

__all__ = ["keys", "plan", "read", "rewrite"]
