"""What types cannot say of `[hub]` and `[node]`: addresses, names of sites, and the port that another listener has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from hearthwatch.fleet.node import site_id
from hearthwatch.fleet.options import DEFAULT_PORT
from hearthwatch.run.config_checks import service_fault
from hearthwatch.run.config_faults import Faults

_PLACE = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def fleet_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with `[hub]` and `[node]` beyond their types."""
    hub, node, web = document.get("hub"), document.get("node"), document.get("web")
    if isinstance(hub, Mapping):
        _hub_faults(faults, hub)
        port = hub.get("port", DEFAULT_PORT)
        if hub.get("enabled") is True and isinstance(web, Mapping) and port in {web.get("port"), web.get("https_port")}:
            faults.add(("hub", "port"), "is the page's port already: machines need one of their own")
    if isinstance(node, Mapping):
        _place_fault(faults, ("node", "hub"), node.get("hub"))
        _nats_fault(faults, ("node", "nats"), node.get("nats"))


def _hub_faults(faults: Faults, hub: Mapping[str, Any]) -> None:
    _place_fault(faults, ("hub", "address"), hub.get("address"))
    site = hub.get("site")
    if isinstance(site, str):
        _site_fault(faults, ("hub", "site"), site)
    sites = hub.get("sites")
    for name in sites if isinstance(sites, Mapping) else ():
        _site_fault(faults, ("hub", "sites", name), name)
    footage = hub.get("footage")
    if isinstance(footage, str) and footage and (not footage.startswith("/") or not footage.isprintable()):
        faults.add(("hub", "footage"), "give the whole path of the folder, beginning with /")
    _database_fault(faults, hub.get("database"))
    _nats_fault(faults, ("hub", "nats"), "?" if hub.get("nats") == "" else hub.get("nats"))
    bucket = hub.get("bucket")
    if isinstance(bucket, Mapping):
        _bucket_faults(faults, bucket)


def _bucket_faults(faults: Faults, bucket: Mapping[str, Any]) -> None:
    endpoint, name = bucket.get("endpoint"), bucket.get("name")
    if isinstance(endpoint, str) and endpoint:
        fault = service_fault(endpoint)
        if fault:
            faults.add(("hub", "bucket", "endpoint"), fault)
        for key, what in (("name", "the bucket"), ("access_key", "the id of a key")):
            if not bucket.get(key):
                faults.add(("hub", "bucket"), f"needs `{key}`: {what}")
    if isinstance(name, str) and name and not _BUCKET.fullmatch(name):
        faults.add(("hub", "bucket", "name"), "is no name of a bucket: 3 to 63 of a-z, 0-9, '-' and '.'")


def _database_fault(faults: Faults, address: Any) -> None:
    if not isinstance(address, str) or not address:
        return
    parts = urlsplit(address)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        faults.add(("hub", "database"), "is no PostgreSQL database: write it as postgresql://USER@HOST:5432/NAME")
    elif parts.password is not None:
        faults.add(
            ("hub", "database"),
            "holds a password: leave it out and store it with `hearthwatch secrets set hub.database.password`",
        )


def _nats_fault(faults: Faults, path: tuple[str, ...], address: Any) -> None:
    """The server beside the house speaks without TLS, and its password is made here."""
    if not isinstance(address, str) or not address:
        return
    parts = urlsplit(address)
    if parts.scheme != "nats" or parts.hostname not in {"127.0.0.1", "localhost", "::1"} or parts.username or parts.path:
        faults.add(path, "must be a server on this machine: write it as nats://127.0.0.1:4222")


def _site_fault(faults: Faults, path: tuple[str, ...], text: str) -> None:
    try:
        site_id(text)
    except ValueError as error:
        faults.add(path, str(error))


def _place_fault(faults: Faults, path: tuple[str, ...], text: Any) -> None:
    if isinstance(text, str) and text and not _PLACE.fullmatch(text):
        faults.add(path, "is no address: write it as hub.example.org, 192.168.1.10 or 192.168.1.10:8444")
