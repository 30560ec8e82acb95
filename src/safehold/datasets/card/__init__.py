"""The card: a summary enters, one self-contained web page for the public leaves.

No thumbnails, identifiers, names or addresses of records; no scripts, no external assets; every number in a table.
"""

from safehold.datasets.card.errors import MalformedSummaryError
from safehold.datasets.card.page import render_card

__all__ = ["MalformedSummaryError", "render_card"]
