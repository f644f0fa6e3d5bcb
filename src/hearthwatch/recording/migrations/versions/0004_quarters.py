# ruff: noqa: S608 - statements put together from constants
"""The timeline reads no row of a file: an index holds all that a day needs of it, and a table, kept by triggers, how much
footage each quarter of an hour has."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_QUARTER_US = 900 * 1_000_000
_LONGEST = 97
"""A file lasts a day at most: it lies in so many quarters."""
_COUNTS = "{row}.duration_us > 0 AND {row}.state IN ('complete', 'suspect')"
_ADD = f"""
INSERT INTO quarters (store, camera, stream, quarter, kept_us, motion_us, card_us, pinned_us)
SELECT {{row}}.store, {{row}}.camera, {{row}}.stream, q, {{sign}} part,
       {{sign}} part * ({{row}}.footage_class IN ('motion', 'event')),
       {{sign}} part * ({{row}}.origin = 'card'), {{sign}} part * {{row}}.pinned
  FROM (SELECT {{row}}.start_us / {_QUARTER_US} + n AS q,
               min({{row}}.start_us + {{row}}.duration_us, ({{row}}.start_us / {_QUARTER_US} + n + 1) * {_QUARTER_US})
               - max({{row}}.start_us, ({{row}}.start_us / {_QUARTER_US} + n) * {_QUARTER_US}) AS part
          FROM quarter_steps
         WHERE n <= ({{row}}.start_us + {{row}}.duration_us - 1) / {_QUARTER_US} - {{row}}.start_us / {_QUARTER_US})
 WHERE {_COUNTS}
    ON CONFLICT (store, camera, stream, quarter) DO UPDATE
   SET kept_us = kept_us + excluded.kept_us, motion_us = motion_us + excluded.motion_us,
       card_us = card_us + excluded.card_us, pinned_us = pinned_us + excluded.pinned_us;
"""
_TIDY = f"""
DELETE FROM quarters
 WHERE store = OLD.store AND camera = OLD.camera AND stream = OLD.stream AND kept_us <= 0
   AND quarter BETWEEN OLD.start_us / {_QUARTER_US} AND (OLD.start_us + OLD.duration_us) / {_QUARTER_US};
"""
_COLUMNS = "store, camera, stream, start_us, duration_us, state, footage_class, pinned, origin"


def upgrade() -> None:
    op.drop_index("segments_by_time", "segments")
    told = ["camera", "stream", "start_us", "duration_us", "state", "store", "footage_class", "pinned", "origin"]
    op.create_index("segments_by_time", "segments", told)
    op.create_table("quarter_steps", sa.Column("n", sa.Integer, primary_key=True))
    op.execute(
        f"INSERT INTO quarter_steps WITH RECURSIVE one(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM one WHERE n < {_LONGEST})"
        " SELECT n FROM one"
    )
    op.create_table(
        "quarters",
        sa.Column("store", sa.BigInteger, primary_key=True),
        sa.Column("camera", sa.Text, primary_key=True),
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("quarter", sa.BigInteger, primary_key=True),
        sa.Column("kept_us", sa.BigInteger, nullable=False),
        sa.Column("motion_us", sa.BigInteger, nullable=False),
        sa.Column("card_us", sa.BigInteger, nullable=False),
        sa.Column("pinned_us", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        f"""
        INSERT INTO quarters
        SELECT store, camera, stream, q, sum(part), sum(part * (footage_class IN ('motion', 'event'))),
               sum(part * (origin = 'card')), sum(part * pinned)
          FROM (SELECT store, camera, stream, footage_class, origin, pinned, start_us / {_QUARTER_US} + n AS q,
                       min(start_us + duration_us, (start_us / {_QUARTER_US} + n + 1) * {_QUARTER_US})
                       - max(start_us, (start_us / {_QUARTER_US} + n) * {_QUARTER_US}) AS part
                  FROM segments JOIN quarter_steps
                    ON n <= (start_us + duration_us - 1) / {_QUARTER_US} - start_us / {_QUARTER_US}
                 WHERE {_COUNTS.format(row="segments")})
         GROUP BY store, camera, stream, q
        """
    )
    into, out_of = _ADD.format(row="NEW", sign="+"), _ADD.format(row="OLD", sign="-")
    op.execute(f"CREATE TRIGGER segments_noted AFTER INSERT ON segments BEGIN {into} END")
    op.execute(f"CREATE TRIGGER segments_gone AFTER DELETE ON segments BEGIN {out_of} {_TIDY} END")
    op.execute(f"CREATE TRIGGER segments_changed AFTER UPDATE OF {_COLUMNS} ON segments BEGIN {out_of} {into} {_TIDY} END")
