"""Banks: what a home lists, and every change to it.

In: lists, and what a person says of them. Out: versions of a bank, each one immutable part, one row and one event; and
their contents, for the index and for export.
"""
