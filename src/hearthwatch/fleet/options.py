"""Sections `[hub]` and `[node]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le

DATABASE_PASSWORD = "hub.database.password"  # noqa: S105 the name of a secret
BUCKET_KEY = "hub.bucket.secret_key"
DEFAULT_PORT = 8444


class BusKind(StrEnum):
    HTTPS = "https"
    NATS = "nats"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOptions:
    """Section `[hub.sites.NAME]`: a place where machines stand."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    title: str = ""
    """What the place is called on the page; empty means its NAME. Change: live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketOptions:
    """Section `[hub.bucket]`: keep the footage of nodes in an S3 bucket instead of a folder. The key that belongs to
    `access_key` is the secret `hub.bucket.secret_key`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    endpoint: str = ""
    """Address of the service, as `https://s3.example.org`; empty means that a folder is used. Change: live."""
    region: str = "us-east-1"
    """Region, as the service calls it. Change: live."""
    name: str = ""
    """The bucket. Change: live."""
    prefix: str = ""
    """What every name in the bucket begins with, as `hearthwatch/`. Change: live."""
    access_key: str = ""
    """Id of the key. Change: live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOptions:
    """Section `[hub]`: this house is the hub of others: their events, alerts and health come here, and their footage if they
    send it. At home nothing else is needed; see docs/nodes.md."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    enabled: bool = False
    """Be a hub. Change: live."""
    address: str = ""
    """Name or address the other machines reach this one by, as `hub.example.org` or `192.168.1.10`, with `:PORT` when a router
    passes on another port; empty means this machine's own address at home. Change: live."""
    listen: str = "0.0.0.0"  # noqa: S104 machines of the home come here, each with its certificate
    """Address of this machine the port for other machines is opened at. Change: live."""
    port: Annotated[int, Ge(1), Le(65_535)] = DEFAULT_PORT
    """Port for other machines: TLS with a certificate of each; people go to the page's own port. Change: live."""
    site: str = "home"
    """Site at which the hub's own house stands. Change: live."""
    footage: str = ""
    """Folder for the footage that nodes send; empty means `fleet` beside this house's own. Change: live."""
    keep_days: Annotated[float, Ge(0), Le(36_500)] = 30.0
    """Days the footage of nodes is kept here; 0 means for ever. Change: live."""
    max_gb: Annotated[float, Ge(0), Le(1_000_000)] = 0.0
    """Most gigabytes the footage of all nodes may take here, the oldest goes first; 0 means no limit but the disk's.
    Change: live."""
    nodes_may_delete: bool = False
    """Let a node delete or replace the footage it sent. Off, so that who steals one cannot take the evidence along.
    Change: live."""
    bucket: BucketOptions = BucketOptions()
    bus: BusKind = BusKind.HTTPS
    """How messages of nodes come: `https` needs nothing but this machine, `nats` a NATS server with JetStream, for many sites.
    Change: restart."""
    nats: str = "nats://127.0.0.1:4222"
    """Address of the NATS server beside the hub, for `bus = "nats"`. Change: restart."""
    database: str = ""
    """Where the hub's ledger is: empty means a file in the data folder; for many sites a PostgreSQL database, as
    `postgresql://hearthwatch@db.example.org:5432/hearthwatch`. Its password is the secret `hub.database.password`.
    Change: restart."""
    silent_after_s: Annotated[float, Ge(60), Le(86_400)] = 300.0
    """A node of which nothing was heard for so many seconds is told about, once. Change: live."""
    sites: Mapping[str, SiteOptions] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOptions:
    """Section `[node]`: this house joined a hub, by `hearthwatch node join CODE`. It records, watches and tells by itself; the
    hub gets to know of it. Nothing need be written here."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    enabled: bool = True
    """Off: the hub that was joined is not called; what happens meanwhile is told to it later. Change: live."""
    hub: str = ""
    """Address of the hub where it is not the one it had when this house joined, as `hub.example.org:8444`. Change: live."""
    past_days: Annotated[float, Ge(0), Le(36_500)] = 30.0
    """Days before the joining that the hub is told of, too: events, alerts, log-ins and what footage there is; 0 means nothing
    of before. It counts when this house joins. Change: live."""
    nats: str = ""
    """Address of the NATS server beside this house, as `nats://127.0.0.1:4222`, for a hub whose bus is NATS; empty means that
    all goes by HTTPS. Change: live."""
    allow_reboot: bool = False
    """Let an owner restart this machine from its page, here or through the hub, after showing once more who they are; systemd
    has to allow it as well, see docs/nodes.md. Change: live."""
