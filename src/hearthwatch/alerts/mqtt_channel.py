"""Alerts by MQTT: messages for whoever listens at the broker when they come."""

from __future__ import annotations

import json

from hearthwatch.alerts.alert import Alert, Part
from hearthwatch.alerts.mqtt import NAME, MqttLink
from hearthwatch.alerts.mqtt_topics import Topics
from hearthwatch.alerts.wording import many_lines, one_line
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import iso


class MqttChannel:
    """Alerts as messages that nobody keeps: the text as JSON at TOPIC/alert, its picture at TOPIC/alert/ID/picture.

    While the broker is away, or does not want us, they wait in the outbox."""

    name = NAME
    parts = frozenset({Part.TEXT, Part.PICTURE})

    def __init__(self, link: MqttLink, topics: Topics) -> None:
        self._link = link
        self._topic = topics.alert

    async def send(self, alert: Alert, part: Part, attachment: bytes | None, *, repeat: bool) -> None:
        """See Channel."""
        if part is Part.TEXT:
            await self._link.publish(self._topic, alert_json(alert, repeat=repeat))
        elif part is Part.PICTURE and attachment is not None:
            await self._link.publish(f"{self._topic}/{alert.id}/picture", attachment)
        else:
            raise Unsupported(f"MQTT carries no {part}")

    async def close(self) -> None:
        """The link is closed by who runs it."""


def alert_json(alert: Alert, *, repeat: bool) -> bytes:
    """Return an alert as an event of Home Assistant (its event.mqtt: `event_type` is one of those announced)."""
    fields = {
        "event_type": alert.severity.value,
        "alert": alert.id,
        "event": alert.event,
        "camera": alert.camera,
        "title": one_line(alert.title),
        "text": many_lines(alert.text, 8000),
        "at": iso(alert.at_us),
        "repeat": repeat,
        "degraded": alert.degraded,
    }
    return json.dumps(fields).encode()
