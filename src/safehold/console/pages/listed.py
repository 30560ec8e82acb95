"""Lists: how much of one a page shows, and how long a place in it may be that an address names."""

LISTED = 50
"""Rows of a page: what one looks through without losing count. Ours."""

LONGEST_PLACE = 200
"""Characters; every place of ours is shorter, and what is longer is none."""

FEW = 10
"""Rows of a list that a page shows beside its own, with a link to all of it. Ours."""
