"""Immutable pieces of an index: arrays built once from distinct values, in memory or mapped from files.

In: distinct values of one algorithm. Out: pairs of query and row number.
"""
