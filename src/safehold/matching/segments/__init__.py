"""Immutable pieces of an index: arrays to search, the entries that their rows stand for, and the shelf that keeps them.

In: the parts of banks. Out: pieces that give hits.
"""
