"""What the API answers about alerts: how each came about, and the way of each part of it."""

from __future__ import annotations

from typing import Self

from hearthwatch.kit.logs import redact
from hearthwatch.web.doors import AlertNow
from hearthwatch.web.remedy_replies import OfferReply
from hearthwatch.web.replies import Reply


class DeliveryReply(Reply):
    """`decided_ms` is from the last byte of the deciding picture to the alert, `accepted_ms` from there until the service
    accepted this part; None where nothing was measured."""

    channel: str
    part: str
    state: str
    tries: int
    next_us: int
    last_error: str
    decided_ms: float | None
    accepted_ms: float | None


class AlertReply(Reply):
    """`decided_ms` is from the last byte of the deciding picture to the alert; None where there is no picture. `offers` is
    what can be done about it at once."""

    id: str
    event: str
    camera: str | None
    severity: str
    title: str
    text: str
    at_us: int
    decided_ms: float | None
    deliveries: list[DeliveryReply]
    offers: list[OfferReply]

    @classmethod
    def of(cls, now: AlertNow) -> Self:
        alert = now.alert
        timed = alert.received_ns and alert.decided_ns
        return cls(
            id=alert.id,
            event=alert.event,
            camera=alert.camera,
            severity=alert.severity,
            title=redact(alert.title),
            text=redact(alert.text),
            at_us=alert.at_us,
            decided_ms=(alert.decided_ns - alert.received_ns) / 1e6 if timed else None,
            deliveries=[
                DeliveryReply(
                    channel=delivery.channel,
                    part=delivery.part,
                    state=delivery.state,
                    tries=delivery.tries,
                    next_us=delivery.next_us,
                    last_error=redact(delivery.last_error),
                    decided_ms=delivery.decided_ms,
                    accepted_ms=delivery.accepted_ms,
                )
                for delivery in now.deliveries
            ],
            offers=[OfferReply.of(offer) for offer in alert.offers],
        )


class AlertsReply(Reply):
    alerts: list[AlertReply]
    more: bool
