"""The tables of `index.db`, said once; migrations/versions holds how a database comes to them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, text

MIGRATIONS = Path(__file__).parent / "migrations"

metadata = MetaData()
_Id = BigInteger().with_variant(Integer, "sqlite")

stores = Table(
    "stores",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("uuid", Text, nullable=False, unique=True),
    Column("first_seen_us", BigInteger, nullable=False),
    Column("in_use", Boolean, nullable=False),
)
"""Disks that footage was written to. Rows of a disk that is not there are left alone until it comes back."""

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("camera", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("info", LargeBinary, nullable=False),
)

segments = Table(
    "segments",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("store", BigInteger, nullable=False),
    Column("run", Text, nullable=False),
    Column("camera", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("duration_us", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("keyframes", Integer, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("footage_class", Text, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("origin", Text, nullable=False, server_default="live"),
    Column("proved_us", BigInteger),
    Column("clock_boot", Text),
    Column("clock_us", BigInteger),
    Column("stated_us", BigInteger),
    UniqueConstraint("camera", "stream", "sequence", name="segments_sequence"),
    Index(
        "segments_by_time",
        *("camera", "stream", "start_us", "duration_us", "state", "store", "footage_class", "pinned", "origin"),
    ),
    Index("segments_by_age", "store", "state", "pinned", "start_us"),
    Index("segments_by_origin", "origin", "camera", "start_us", sqlite_where=text("origin != 'live'")),
    Index("segments_by_clock", "clock_boot", sqlite_where=text("clock_boot IS NOT NULL")),
)
"""The timeline is answered by `segments_by_time` alone. `duration_us` is 0 while a file is written, `sha256` empty until it is
known, `proved_us` null until the off-site copy is proved. `clock_boot` and `clock_us` (kit.clock.UnsetClock) are set as long as
`start_us` is of a clock nobody kept right; `stated_us` is what the file says where the row was stamped anew."""

gaps = Table(
    "gaps",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("camera", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("clock_boot", Text),
    Column("clock_us", BigInteger),
    Index("gaps_by_time", "camera", "stream", "start_us"),
)

ranges = Table(
    "ranges",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("camera", Text, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("footage_class", Text, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Index("ranges_by_time", "camera", "start_us"),
)
"""What was asked of footage, also of footage still to come: a class it is worth, or a pin."""

quarters = Table(
    "quarters",
    metadata,
    Column("store", BigInteger, primary_key=True),
    Column("camera", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("quarter", BigInteger, primary_key=True),
    Column("kept_us", BigInteger, nullable=False),
    Column("motion_us", BigInteger, nullable=False),
    Column("card_us", BigInteger, nullable=False),
    Column("pinned_us", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""How much finished footage each quarter of an hour (`start_us // 900 s`) holds, and how much of it shows motion, comes from
the camera's card, is pinned. Triggers on `segments` keep it; nobody else writes it."""

quarter_steps = Table("quarter_steps", metadata, Column("n", Integer, primary_key=True))
"""0, 1, 2 … for the triggers, which cannot count by themselves."""
