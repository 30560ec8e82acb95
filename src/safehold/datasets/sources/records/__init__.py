"""Records: what every format yields, and the parts that all of them are made of.

In: a member's name and bytes, or a row's cells. Out: media to examine, texts, an address, labels, listed hashes, and a
gap for whatever could not be read.
"""
