"""What the configuration makes this house talk to beside its cameras, for the owner to see."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

from hearthwatch.health.connectivity import host_port
from hearthwatch.offsite.upload import TargetKind
from hearthwatch.run.config import Config
from hearthwatch.web.doors import Outbound


def outbound(
    config: Config, channels: Collection[str], *, telegram: bool, heartbeat: str, watches_doors: bool, hub: str = ""
) -> Iterator[Outbound]:
    """Yield every destination. `channels` are the ways alerts take; of `heartbeat`, a secret address, the host is shown; `hub`
    is where the hub is that this house joined, empty for none."""
    services = list(_services(config, channels, telegram=telegram, heartbeat=heartbeat))
    yield from services
    if config.connectivity.enabled and services:
        yield Outbound(
            host="the hosts above and the name server of this machine",
            purpose="a look every few minutes whether they can be reached; nothing is sent",
            setting="connectivity",
        )
    outside = host_port(config.connectivity.outside)
    if config.connectivity.enabled and outside is not None:
        yield Outbound(host=outside[0], purpose="the same look every few minutes", setting="connectivity.outside")
    if config.syslog.host:
        yield Outbound(host=config.syslog.host, purpose="the cameras' logs by syslog", setting="syslog")
    for name, camera in config.cameras.items():
        for url in dict.fromkeys((camera.power.off_url, camera.power.on_url)):
            if url:
                yield Outbound(host=_host(url), purpose=f"switching {name} off and on", setting=f"camera.{name}.power")
    for action, options in config.actions.items():
        for host in dict.fromkeys(_host(url) for url in (options.webhook.url, options.webhook.off_url) if url):
            yield Outbound(host=host, purpose=f"the action {options.name or action}", setting=f"action.{action}.webhook")
    for target, place in config.offsite.targets.items():
        if place.enabled and place.kind not in {TargetKind.FOLDER, TargetKind.HUB}:
            host = place.host if place.kind is TargetKind.SFTP else _host(place.endpoint)
            yield Outbound(host=host, purpose="copies of footage", setting=f"offsite.targets.{target}")
    yield from _of_fleet(config, hub)
    yield from _releases(config)
    if watches_doors:
        yield Outbound(
            host="the name server of this machine",
            purpose="what an address is called from which a stranger logs in to a camera",
            setting="camera.NAME.logins",
        )


def _of_fleet(config: Config, hub: str) -> Iterator[Outbound]:
    if hub:
        yield Outbound(host=hub, purpose="what happens here, for the hub this house joined", setting="node")
    if config.hub.enabled and config.hub.database:
        host = urlsplit(config.hub.database).hostname or "this machine"
        yield Outbound(host=host, purpose="what the nodes of this hub tell", setting="hub.database")
    if config.hub.enabled and config.hub.bucket.endpoint:
        yield Outbound(host=_host(config.hub.bucket.endpoint), purpose="footage of this hub's nodes", setting="hub.bucket")


def _releases(config: Config) -> Iterator[Outbound]:
    if config.updates.ask:
        host, purpose = _host(config.updates.url), "a look each day whether there is a newer release"
        yield Outbound(host=host, purpose=purpose, setting="updates")


def _services(config: Config, channels: Collection[str], *, telegram: bool, heartbeat: str) -> Iterator[Outbound]:
    alerts = config.alerts
    if telegram:
        yield Outbound(
            host=_host(alerts.telegram.api_base), purpose="alerts and commands by Telegram", setting="alerts.telegram"
        )
    if alerts.email.host and alerts.email.to:
        yield Outbound(host=alerts.email.host, purpose="alerts by e-mail", setting="alerts.email")
    if alerts.webhook.url:
        yield Outbound(host=_host(alerts.webhook.url), purpose="alerts by webhook", setting="alerts.webhook")
    if "apprise" in channels:
        yield Outbound(host="the services in its URLs", purpose="alerts by Apprise", setting="alerts.apprise")
    if any(channel.startswith("push:") for channel in channels):
        yield Outbound(
            host="the push services of your browsers' makers",
            purpose="notifications, which only your devices can read",
            setting="alerts.push",
        )
    if heartbeat:
        yield Outbound(host=_host(heartbeat), purpose="the sign of life of this box", setting="heartbeat")
    if config.mqtt.host:
        yield Outbound(host=config.mqtt.host, purpose="the state of the house and alerts by MQTT", setting="mqtt")


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
