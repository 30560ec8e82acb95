"""Plots: figures as pictures that the server draws, and as tables that say the same. No script, no foreign code.

Numbers enter; a :class:`Figure` leaves. Its drawing is SVG with a title and a description, in the colour of the text
around it, so that it is right in both themes; series are told apart by their filling, never by colour alone.
"""

from safehold.console.plots.bars import draw_bars
from safehold.console.plots.columns import draw_columns
from safehold.console.plots.figure import Chart, Figure, Series, tabulated
from safehold.console.plots.spread import Spread, draw_spreads

__all__ = ["Chart", "Figure", "Series", "Spread", "draw_bars", "draw_columns", "draw_spreads", "tabulated"]
