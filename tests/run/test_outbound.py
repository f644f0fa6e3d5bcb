"""What leaves the house: every destination the configuration makes, and nothing else."""

from __future__ import annotations

from hearthwatch.run.config import parse
from hearthwatch.run.outbound import outbound


def hosts(
    text: str, *channels: str, telegram: bool = False, heartbeat: str = "", watches_doors: bool = False
) -> dict[str, str]:
    found = outbound(parse(text), channels, telegram=telegram, heartbeat=heartbeat, watches_doors=watches_doors)
    return {each.host: each.setting for each in found}


def test_sec_33_nothing_leaves_a_house_that_nobody_set_up() -> None:
    assert hosts("") == {}
    assert hosts('[camera.front]\nmain = "rtsp://192.168.1.20/x"\n') == {}


def test_sec_33_every_destination_is_named_and_no_secret_of_its_address() -> None:
    text = """
[alerts.email]
host = "mail.example.org"
sender = "house@example.org"
to = ["me@example.org"]
[alerts.webhook]
url = "https://hook.example.org/secret-path"
[syslog]
host = "192.168.1.9"
[connectivity]
outside = "example.net:443"
[action.bell.webhook]
url = "https://bell.example.org/ring?secret"
off_url = "https://bell.example.org/quiet"
[camera.front]
main = "rtsp://192.168.1.20/x"
power.off_url = "http://192.168.1.30/relay?turn=off"
power.on_url = "http://192.168.1.30/relay?turn=on"
"""
    found = hosts(text, "apprise", telegram=True, heartbeat="https://beat.example.org/ping/token", watches_doors=True)
    assert found == {
        "api.telegram.org": "alerts.telegram",
        "mail.example.org": "alerts.email",
        "hook.example.org": "alerts.webhook",
        "the services in its URLs": "alerts.apprise",
        "beat.example.org": "heartbeat",
        "the hosts above and the name server of this machine": "connectivity",
        "example.net": "connectivity.outside",
        "192.168.1.9": "syslog",
        "192.168.1.30": "camera.front.power",
        "bell.example.org": "action.bell.webhook",
        "the name server of this machine": "camera.NAME.logins",
    }


def test_sec_33_a_hub_and_its_node_name_where_they_send() -> None:
    text = '[hub]\nenabled = true\ndatabase = "postgresql://u@db.example.org/x"\n[hub.bucket]\nendpoint = "https://s3.example.org"\n'
    text += 'name = "bucket"\naccess_key = "k"\n'
    assert hosts(text) == {"db.example.org": "hub.database", "s3.example.org": "hub.bucket"}
    found = outbound(parse(""), (), telegram=False, heartbeat="", watches_doors=False, hub="hub.example.org:8444")
    assert [(each.host, each.setting) for each in found] == [("hub.example.org:8444", "node")]
