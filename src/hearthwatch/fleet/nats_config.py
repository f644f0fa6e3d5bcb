"""The files of the NATS servers of a hub and of its nodes: nothing in them is left to a default that lets somebody in.

The hub's server takes leaf connections with certificates of the hub's authority alone, maps each to its node, and gives it its
own subjects. Its other port, for programs of the hub, is for this machine.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hearthwatch.fleet.node import NodeId

ACCOUNT = "HEARTHWATCH"
HUB_USER, NODE_USER = "hub", "node"
HUB_DOMAIN = "hub"
LEAF_PORT = 7422
"""Where nodes' servers call the hub's."""
MAX_PAYLOAD_BYTES = 1024 * 1024
_HOST = "node.hearthwatch.internal"
"""What the authority puts before is the node's id: by this name of its certificate the server knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class May:
    """The subjects somebody may publish to and listen to."""

    publish: Sequence[str]
    listen: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Another program of the hub, such as a worker, at the port of this machine."""

    name: str
    may: May
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubServer:
    """`certificate` holds key and certificate (Authority.server_file) for the names nodes call it by, `authority` the
    certificate that nodes' own are checked against."""

    store: Path
    pid_file: Path
    certificate: Path
    authority: Path
    password: str = field(repr=False)
    port: int = 4222
    leaf_host: str = "0.0.0.0"  # noqa: S104 nodes come here, each with its certificate
    leaf_port: int = LEAF_PORT
    max_store_bytes: int = 50 * 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafServer:
    """The server beside a node: `hubs` are where it calls the hub's, as `hub.example.org:7422`; `certificate` holds the node's
    own and its key."""

    node: NodeId
    hubs: Sequence[str]
    store: Path
    pid_file: Path
    certificate: Path
    authority: Path
    password: str = field(repr=False)
    port: int = 4222
    max_store_bytes: int = 1024**3


def letters_stream(node: NodeId) -> str:
    """Return the stream of a node's letters at its own server; named so that what comes from it cannot be another's."""
    return f"letters-{node}"


def letters_subject(node: NodeId) -> str:
    return f"hw.letters.{node}"


def deliver_prefix(node: NodeId) -> str:
    """Return what subjects begin with by which the hub's server takes the node's letters over."""
    return f"hw.deliver.{node}"


def purged_subject(node: NodeId) -> str:
    """Return where the answer goes when the hub has a node forget letters that are kept."""
    return f"hw.purged.{node}"


def domain_api(node: NodeId) -> str:
    return f"$JS.{node}.API"


def line_subjects(node: NodeId) -> tuple[str, str, str]:
    """Return where the node knocks, and what the subjects of a line begin with: up to the hub and down from it."""
    return f"hw.line.{node}.open", f"hw.line.{node}.up", f"hw.line.{node}.down"


def node_may(node: NodeId) -> May:
    """Return what the hub's server lets a node say and hear: its own lines and letters, nothing of anybody else."""
    knock, up, down = line_subjects(node)
    stream = letters_stream(node)
    return May(
        # $JSC.R: the answer of its server to the hub's when that asks for letters
        publish=(knock, f"{up}.>", f"{deliver_prefix(node)}.>", purged_subject(node), "$JSC.R.>"),
        listen=(
            f"{down}.>",
            f"{domain_api(node)}.CONSUMER.>",
            f"{domain_api(node)}.STREAM.PURGE.{stream}",
            f"$JS.FC.{stream}.>",
            f"$JS.ACK.{stream}.>",
        ),
    )


def hub_config(server: HubServer, nodes: Collection[tuple[NodeId, May]], users: Collection[User] = ()) -> str:
    """Return the configuration file of the hub's server; a node that is not among `nodes` is refused."""
    tls = {
        "cert_file": str(server.certificate),
        "key_file": str(server.certificate),
        "ca_file": str(server.authority),
        "verify_and_map": True,
        "timeout": 10,
    }
    known: list[dict[str, object]] = [{"user": HUB_USER, "password": server.password}]
    known += [{"user": one.name, "password": one.password, "permissions": _permissions(one.may)} for one in users]
    known += [
        {"user": f"{node}.{_HOST}", "permissions": _permissions(may)} for node, may in sorted(nodes, key=lambda one: one[0])
    ]
    return _text(
        {
            "server_name": "hub",
            "listen": f"127.0.0.1:{server.port}",
            "pid_file": str(server.pid_file),
            "max_payload": MAX_PAYLOAD_BYTES,
            "jetstream": {"store_dir": str(server.store), "domain": HUB_DOMAIN, "max_file_store": server.max_store_bytes},
            "leafnodes": {"listen": f"{server.leaf_host}:{server.leaf_port}", "no_advertise": True, "tls": tls},
            "accounts": {ACCOUNT: {"jetstream": "enabled", "users": known}, "SYS": {}},
            "system_account": "SYS",
        }
    )


def leaf_config(server: LeafServer) -> str:
    """Return the configuration file of the server beside a node."""
    tls = {
        "cert_file": str(server.certificate),
        "key_file": str(server.certificate),
        "ca_file": str(server.authority),
        "timeout": 10,
    }
    remote = {"urls": [f"tls://{hub}" for hub in server.hubs], "account": ACCOUNT, "tls": tls}
    return _text(
        {
            "server_name": server.node,
            "listen": f"127.0.0.1:{server.port}",
            "pid_file": str(server.pid_file),
            "max_payload": MAX_PAYLOAD_BYTES,
            "jetstream": {"store_dir": str(server.store), "domain": server.node, "max_file_store": server.max_store_bytes},
            "leafnodes": {"remotes": [remote], "reconnect": 1},
            "accounts": {
                ACCOUNT: {"jetstream": "enabled", "users": [{"user": NODE_USER, "password": server.password}]},
                "SYS": {},
            },
            "system_account": "SYS",
        }
    )


def _permissions(may: May) -> dict[str, dict[str, list[str]]]:
    return {"publish": {"allow": list(may.publish)}, "subscribe": {"allow": list(may.listen)}}


def _text(config: dict[str, object]) -> str:
    """The server reads JSON as it reads its own format."""
    return (
        "# Written by Hearthwatch: it is written anew with every node that joins or leaves.\n"
        + json.dumps(config, indent=2)
        + "\n"
    )
