"""Searching distinct values: arrays made once, in memory or mapped from files, and two engines that read them.

In: distinct values of one algorithm; then queries. Out: pairs of query and row number. Nothing here knows banks.
"""
