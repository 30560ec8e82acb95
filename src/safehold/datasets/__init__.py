"""Datasets made safe to train on: scan, decide, apply, prove.

Sources, a policy and banks enter (`safehold.datasets.safeguard`); an output folder leaves: the cleaned dataset, a
private manifest, and a summary, card and certificate that others can check. Three stages are kept apart: *scan* is
expensive and immutable, *decide* cheap and repeatable, *apply* rewrites only what changes.
"""
