"""Lists of fingerprints as people receive them, read into columns.

In: a file of CSV, JSON lines, one value a line, or what python-threatexchange prints. Out: rows by algorithm, and the
faults of those that can't be read, with their line numbers. Nothing is dropped in silence.
"""

from safehold.matching.listings.listing import Listing, read_listing

__all__ = ["Listing", "read_listing"]
