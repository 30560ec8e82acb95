"""Units that a bare number would hide."""

from typing import NewType

Bits = NewType("Bits", int)
"""A Hamming distance or threshold, 0..256."""

Seconds = NewType("Seconds", float)
"""A duration."""

Fraction = NewType("Fraction", float)
"""A share or score, 0..1, both ends included."""
