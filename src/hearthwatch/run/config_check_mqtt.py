"""What types cannot say of `[mqtt]`: a host without a scheme, topics without wildcards, certificates with their keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hearthwatch.run.config_faults import Faults

_HOST = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,253}|[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?")
_TOPIC = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
_MAX_TOPIC = 64
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FILES = ("ca", "certificate", "key")


def mqtt_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with the broker's section beyond its types."""
    mqtt = document.get("mqtt")
    if not isinstance(mqtt, Mapping):
        return
    host = mqtt.get("host")
    if isinstance(host, str) and host and not _HOST.fullmatch(host):
        faults.add(
            ("mqtt", "host"), 'must be a name or an address alone, as "192.168.1.10": the port and `tls` stand beside it'
        )
    topic, discovery = mqtt.get("topic", "hearthwatch"), mqtt.get("discovery", "homeassistant")
    for key, text in (("topic", topic), ("discovery", discovery)):
        if isinstance(text, str) and (text or key == "topic") and (len(text) > _MAX_TOPIC or not _TOPIC.fullmatch(text)):
            faults.add(("mqtt", key), f"must be letters, digits, '-' and '_' with '/' between, at most {_MAX_TOPIC} of them")
    if isinstance(topic, str) and topic == discovery:
        faults.add(("mqtt", "topic"), "is the one for discovery already: choose another")
    client = mqtt.get("client_id")
    if isinstance(client, str) and client and not _CLIENT_ID.fullmatch(client):
        faults.add(("mqtt", "client_id"), "must be 1 to 64 of letters, digits, '-' and '_'")
    user = mqtt.get("user")
    if isinstance(user, str) and (not user.isprintable() or len(user) > _MAX_TOPIC):
        faults.add(("mqtt", "user"), f"must be one line of at most {_MAX_TOPIC} ordinary characters")
    _file_faults(faults, mqtt)


def _file_faults(faults: Faults, mqtt: Mapping[str, Any]) -> None:
    named = {key for key in _FILES if mqtt.get(key)}
    for key in sorted(named):
        if mqtt.get("tls") is not True:
            faults.add(("mqtt", key), "means nothing without tls = true")
    if "certificate" in named and "key" not in named:
        faults.add(("mqtt", "certificate"), "needs its `key` beside it")
    if "key" in named and "certificate" not in named:
        faults.add(("mqtt", "key"), "needs its `certificate` beside it")
