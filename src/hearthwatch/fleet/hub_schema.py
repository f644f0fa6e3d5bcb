"""Tables of the hub's ledger: the same on SQLite (a hub at home) and on PostgreSQL (many sites)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

sites = Table(
    "sites",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("made_us", BigInteger, nullable=False),
)

nodes = Table(
    "nodes",
    metadata,
    Column("id", String(8), primary_key=True),
    Column("site", String(32), nullable=False),
    Column("name", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("own", Boolean, nullable=False),
    Column("certificate_sha256", LargeBinary(32), nullable=False),
    Column("next_sha256", LargeBinary(32), nullable=False),
    Column("joined_us", BigInteger, nullable=False),
    Column("heard_us", BigInteger, nullable=False),
    Column("retired_us", BigInteger, nullable=False),
    Column("merged_into", String(8)),
)
"""`next_sha256` is of a certificate the node was given and has not shown yet, empty for none; `retired_us` 0: on the list."""

invitations = Table(
    "invitations",
    metadata,
    Column("kept", LargeBinary(32), primary_key=True),
    Column("site", String(32), nullable=False),
    Column("name", String(64), nullable=False),
    Column("ends_us", BigInteger, nullable=False),
    Column("node", String(8)),
    Column("key_sha256", LargeBinary(32)),
)
"""`kept` is the hash of the code's word. `node` and `key_sha256` are who used it: the same key may ask once more, because an
answer may be lost on its way."""

letters = Table(
    "letters",
    metadata,
    Column("node", String(8), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("camera", String(32)),
    Column("label", String(64), nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger),
    Column("gone", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Index("letters_by_start", "kind", "start_us"),
    Index("letters_by_node", "node", "kind", "start_us"),
)
"""All kinds but segments. `gone`: the house has no such thing any more; the row stays so that an older letter is known as one.
`start_us` is `at_us` where a body says nothing else."""

segments = Table(
    "segments",
    metadata,
    Column("node", String(8), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("camera", String(32)),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger),
    Column("size_bytes", BigInteger, nullable=False),
    Column("gone", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Index("segments_by_camera", "node", "camera", "start_us"),
)
