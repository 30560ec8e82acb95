"""Parts: the immutable pieces that versions of a bank are made of.

In: rows of fingerprints. Out: a file whose digest names it, and the same rows again once that digest agrees.
"""
