"""Making decisions: what may be said, which items are one, what becomes of them, and what is written of it.

What somebody says of items enters; a recorded decision leaves, in the caller's transaction.
"""
