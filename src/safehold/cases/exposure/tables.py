"""The tables of exposure: who was shown what, how much that was a day, and what somebody chose not to be given."""

import sqlalchemy as sa

from safehold.home.tables import metadata

exposures = sa.Table(
    "exposures",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("item", sa.Text, nullable=False, index=True),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("form", sa.Text, nullable=False),
    sa.Column("shown", sa.Text, nullable=False),
    sa.Column("extent", sa.Text, nullable=False),
    sa.Column("began_at", sa.Text, nullable=False, index=True),
    sa.Column("ended_at", sa.Text, nullable=True),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Index("ix_exposures_person_began_at", "person", "began_at"),
)
"""One row an exposure, for as long as the home lasts: it answers for ever whether somebody saw a file, and who.
`ended_at` is NULL, and `milliseconds` 0, while content is shown. Times are RFC 3339 in UTC."""

doses = sa.Table(
    "exposure_doses",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("form", sa.Text, primary_key=True),
    sa.Column("items", sa.Integer, nullable=False),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Index("ix_exposure_doses_day", "day"),
)
"""What somebody was shown on a calendar day in UTC, by form: `items` counts different ones. Kept with every exposure,
so that figures never read them all."""

opt_outs = sa.Table(
    "exposure_opt_outs",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("form", sa.Text, primary_key=True),
    sa.Column("queue", sa.Text, primary_key=True),
)
"""What somebody chose not to be given; "" stands for any. No time and no event: it is nobody else's business."""
