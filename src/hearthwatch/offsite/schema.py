"""The tables of the queue of copies in `house.db`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
uploads = Table(
    "uploads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("target", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("camera", String(32), nullable=False),
    Column("stream", String(8), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("footage_class", String(16), nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("event", String(64), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("order_us", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("sealed_bytes", BigInteger, nullable=False),
    Column("sealed_sha256", LargeBinary, nullable=False),
    Column("sent_bytes", BigInteger, nullable=False),
    Column("token", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_us", BigInteger, nullable=False),
    Column("proved_us", BigInteger),
    Column("checked_us", BigInteger),
    Column("manifest", LargeBinary, nullable=False),
    Column("parcels", LargeBinary, nullable=False),
    UniqueConstraint("target", "kind", "camera", "stream", "sequence", "start_us", "event", name="uploads_piece"),
    Index("uploads_due", "target", "state", "priority", "order_us"),
    Index("uploads_by_file", "camera", "stream", "sequence"),
    Index("uploads_by_name", "target", "name"),
    Index("uploads_by_time", "camera", "stream", "start_us"),
    sqlite_autoincrement=True,
)
"""`sequence` is that of a segment's file, 0 for other pieces. `next_us` is when a piece that failed is tried again. `manifest`
(compressed) is what it is packed by again, `parcels` are the files that wait here to be sent."""

heads = Table(
    "upload_heads",
    metadata,
    Column("target", String(32), primary_key=True),
    Column("camera", String(32), primary_key=True),
    Column("manifest", LargeBinary, nullable=False),
)
"""The last manifest of each camera at each target: where its chain stands."""
