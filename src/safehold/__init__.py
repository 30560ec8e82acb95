"""Safehold: Safety by Design for generative AI, as running practice.

Rooms, and what may import what, are described in ``docs/architecture.md``; the words in ``docs/glossary.md``.
"""

__version__ = "0.1.0"
