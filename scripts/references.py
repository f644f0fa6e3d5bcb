"""Writes the reference pages that are made from the program itself: `make docs`. Those of the settings: run/config_reference.

    python -m scripts.references           all of them, into docs/reference

Each page is a function that returns its text; tests/docs/test_references.py holds the files to it.
"""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

from tests.web.fake_house import Built, FakeHouse, build
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from hearthwatch.alerts import login_alerts
from hearthwatch.alerts.policy import CameraAlerts, Policy
from hearthwatch.cli import app as cli
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins.login import Login, LoginId, Notify, Source, Verdict
from hearthwatch.logins.verdict import is_wanted
from hearthwatch.vendors import capability
from hearthwatch.vendors.dahua import DahuaCamera
from hearthwatch.vendors.device import Access, LoginAction
from hearthwatch.vendors.foscam_hd import FoscamHdCamera
from hearthwatch.vendors.foscam_mjpeg import FoscamMjpegCamera
from hearthwatch.vendors.onvif import OnvifCamera
from hearthwatch.vendors.reolink import ReolinkCamera
from hearthwatch.web import metrics
from hearthwatch.web.description import description
from hearthwatch.web.gate import Rule, rules

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
MADE = "Written from the source by `make docs`; do not edit."
SHARED = ("--config", "--data", "--debug")
REPEATED_DEFAULT = re.compile(r"(\[default: [^\]]*\])(?:\s+\[default: [^\]]*\])+")


SCRAPE = """```yaml
scrape_configs:
  - job_name: hearthwatch
    scheme: https
    authorization:
      credentials_file: /etc/prometheus/hearthwatch-token
    static_configs:
      - targets: ["hearthwatch.home.example:8443"]
```"""


def command_line() -> str:
    """Return every command with every option."""
    program = cli.build()
    parts = [
        "# Every option of every command\n",
        MADE,
        "What the commands do, with examples: [every command](commands.md).\n",
        "Every command also takes `--help` and, where it works on a house, `--data DIR` (its data folder), `--config FILE`",
        "(its configuration) and `--debug` (log everything, and show where an error came from).\n",
    ]
    for name, command in program.commands.items():
        parts += _command(f"hearthwatch {name}", command, level=2)
    return "\n".join(parts).rstrip() + "\n"


def _command(name: str, command: Any, *, level: int) -> Iterator[str]:
    if command.hidden:
        return
    assert isinstance(command, TyperCommand | TyperGroup)
    about = " ".join((command.help or "").split())
    yield f"{'#' * level} `{name}`\n"
    yield f"{about}\n"
    rows = [_row(each, command.context_class(command, info_name=name)) for each in command.params if _is_own(each)]
    if rows:
        yield "| | |\n|---|---|"
        yield from rows
        yield ""
    for part, inner in getattr(command, "commands", {}).items():
        yield from _command(f"{name} {part}", inner, level=min(level + 1, 4))


def _is_own(parameter: Any) -> bool:
    return not parameter.hidden and parameter.opts[0] not in SHARED


def _row(parameter: TyperOption | TyperArgument, context: Any) -> str:
    record = parameter.get_help_record(context) or ("", "")
    said = REPEATED_DEFAULT.sub(r"\1", " ".join(record[1].split()))
    if isinstance(parameter, TyperArgument):
        name = record[0].split(" <")[0]
    else:
        names = ", ".join([*parameter.opts, *parameter.secondary_opts])
        name = names if parameter.is_flag or parameter.count else f"{names} {_value(parameter, record[0])}"
    said = said.replace("[0<=x<=65535]", "").replace("  ", " ").strip().replace("|", "\\|")
    return f"| `{name}` | {said} |"


def _value(option: TyperOption, shown: str) -> str:
    return option.metavar or ("N" if "<int" in shown or "<float" in shown else "TEXT")


def api() -> str:
    """Return every route of the page's API, with what it asks for."""
    with fake_house() as built:
        described = description(built.app)["paths"]  # type: ignore[arg-type]
        found = [
            (rule, way, described[rule.path][way.lower()])
            for rule in rules(built.app)  # type: ignore[arg-type]
            for way in sorted(rule.methods)
            if way.lower() in described.get(rule.path, {})
        ]
    groups: dict[str, list[str]] = {}
    for rule, way, operation in found:
        said = (operation.get("description") or operation.get("summary") or "").split("\n\n")[0]
        line = f"| `{way}` | `{rule.path}` | {_permission(rule)} | {_cell(said)} |"
        groups.setdefault(_group(rule.path), []).append(line)
    parts = [
        "# The HTTP API\n",
        MADE,
        "A house describes its own API, with every field, at `/api/openapi.json`, and shows it at `/docs` of its page.",
        "Times are microseconds since 1970, UTC, in fields that end in `_us`.\n",
        "A program sends `Authorization: Bearer TOKEN`; the owner makes tokens on the page and says what each may do",
        "([accounts](../accounts.md#programs)). A refusal is `application/problem+json` and says in words what to do.\n",
        "| it asks for | who has it |\n|---|---|",
        "| `public` | anybody who reaches the page: it gives nothing away |",
        "| `metrics` | this machine itself, or who knows the metrics token |",
        "| `own` | a person, for their own account; no program |",
        "| `look` | viewers, members, owners; a token with `look` |",
        "| `decide` | members, owners; a token with `decide` |",
        "| `export` | members, owners; a token with `export` |",
        "| `manage` | owners; a token with `manage` |\n",
        "*Once more* means that a person types their password again when they logged in a while ago.\n",
    ]
    for group in sorted(groups):
        parts += [f"## {group}\n", "| | route | asks for | what it does |\n|---|---|---|---|", *groups[group], ""]
    return "\n".join(parts).rstrip() + "\n"


def _group(path: str) -> str:
    parts = path.strip("/").split("/")
    if parts[:2] == ["api", "v1"]:
        return parts[2].split(".")[0].replace("-", " ").replace("_", " ").capitalize()
    return "Not under /api/v1"


def _permission(rule: Rule) -> str:
    word = f"`{rule.permission.value}`" if rule.permission else "never"
    return f"{word}, once more" if rule.fresh else word


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def measures() -> str:
    """Return every metric."""
    with fake_house() as built:
        site = built.app.state.site  # type: ignore[attr-defined]
        families = sorted(metrics._House(site, 0.0).collect(), key=lambda family: family.name)
    rows = []
    for family in families:
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        name = family.name + ("_total" if family.type == "counter" else "")
        rows.append(f"| `{name}` | {family.type} | {', '.join(f'`{each}`' for each in labels)} | {family.documentation} |")
    return (
        "\n".join(
            [
                "# Metrics\n",
                MADE,
                "`GET /metrics` in Prometheus' text format, for this machine itself and for whoever",
                "sends `Authorization: Bearer` with the secret `web.metrics_token`. `GET /healthz` answers `ok` or, with",
                "status 503, `not ok` to anybody.\n",
                "| name | kind | labels | what it says |\n|---|---|---|---|",
                *rows,
                "",
                SCRAPE,
                "",
                "What may be behind `hearthwatch_outage{fault=…}`: [what can be wrong](faults.md).",
            ]
        )
        + "\n"
    )


def faults() -> str:
    """Return what can be wrong, in the words of the alerts: each is told by the code that tells it."""
    camera = CameraId("porch")
    policy = Policy(home="Home", zone=UTC, cameras={camera: CameraAlerts(name="NAME")}, ids=lambda: "1")
    rows = []
    for fault in Fault:
        whose = camera if fault.value.startswith(("camera-", "card-", "door-")) else None
        begun, over = (
            policy.on_outage(
                Outage(fault=fault, camera=whose, subject="NAME", start_us=WallUs(1), end_us=end, detail=""), now_us=WallUs(3)
            ).title.replace("Name:", "NAME:")
            for end in (None, WallUs(2))
        )
        rows.append(f"| `{fault.value}` | {_cell(begun)} | {_cell(over)} |")
    return (
        "\n".join(
            [
                "# What can be wrong\n",
                MADE,
                "Each of these is told once when it begins, with what to do about it, and once",
                "when it is over. `NAME` is the camera, the disk, the channel or whatever else it is about. The first column",
                "is what `/metrics` and `GET /api/v1/house` call it.\n",
                "| fault | told when it begins | told when it is over |\n|---|---|---|",
                *rows,
            ]
        )
        + "\n"
    )


def log_ins() -> str:
    """Return what is told of log-ins at cameras, in the words of the alerts, for one example of each."""
    rows = []
    for verdict in Verdict:
        if not is_wanted(verdict, Notify.FOREIGN):
            rows.append(f"| `{verdict.value}` | {'counted' if verdict is Verdict.OWN else 'kept'}, told to nobody | |")
            continue
        user, address = ("watch" if verdict is Verdict.OUR_ACCOUNT else "admin"), "203.0.113.7"
        if verdict is Verdict.PLACE_UNKNOWN:
            address = ""
        login = Login(
            id=LoginId(1),
            camera=CameraId("porch"),
            action=ACTIONS.get(verdict, LoginAction.LOGIN),
            code="",
            user=user,
            address=address or None,
            origin="",
            via="",
            local_us=None,
            at_us=WallUs(1),
            seen_us=WallUs(1),
            source=Source.LOG,
            verdict=verdict,
        )
        alert = login_alerts.told("1", [login], login_alerts.Setting(name="Porch", zone=UTC), now_us=WallUs(2))
        advice = alert.text.splitlines()[1:]
        rows.append(f"| `{verdict.value}` | {_cell(alert.title)} | {_cell(' '.join(advice))} |")
    return (
        "\n".join(
            [
                "# What is told of log-ins\n",
                MADE,
                "What Hearthwatch thinks of a log-in at a camera, with the words of an alert for one example: `admin` (or",
                "`watch`, its own account) at the camera *Porch*, from outside. `notify` of `[camera.NAME.logins]` says what",
                "is told; below each alert are buttons for what that camera lets be done.\n",
                "| verdict | the alert says | and what to do |\n|---|---|---|",
                *rows,
                "\nStep by step: [somebody logged in](../howto/somebody-logged-in.md).",
            ]
        )
        + "\n"
    )


ACTIONS = {
    Verdict.FAILED: LoginAction.DENIED,
    Verdict.LOCKED: LoginAction.LOCKED,
    Verdict.ACCOUNT_ADDED: LoginAction.ACCOUNT_ADDED,
    Verdict.ACCOUNT_CHANGED: LoginAction.ACCOUNT_CHANGED,
    Verdict.ACCOUNT_REMOVED: LoginAction.ACCOUNT_REMOVED,
    Verdict.PASSWORD_CHANGED: LoginAction.PASSWORD_CHANGED,
    Verdict.SETTINGS_CHANGED: LoginAction.SETTINGS_CHANGED,
    Verdict.LOG_CLEARED: LoginAction.LOG_CLEARED,
    Verdict.LOG_GAP: LoginAction.LOG_GAP,
}


WATCHED = {
    "its log of log-ins read": capability.LoginLog,
    "log-ins told by the camera at once": capability.LoginAlarms,
    "who is logged in right now": capability.Sessions,
    "its accounts": capability.Accounts,
    "its own log collected": capability.SystemLog,
    "its settings kept and compared": capability.ConfigExport,
    "its alarms (people, tampering, card)": capability.AlarmFeed,
    "footage fetched from its card": capability.CardFootage,
}
MENDED = {
    "settings put back, or a baseline applied": capability.ConfigImport,
    "its password changed, restarted": capability.Fix,
    "an account renamed": capability.AccountRename,
    "an account removed": capability.AccountRemoval,
    "a visit ended": capability.SessionControl,
    "an address shut out by the camera's own firewall": capability.Firewall,
    "its address, name servers and ports": capability.NetworkControl,
    "its clock set, a time server given": capability.ClockControl,
    "its picture and services switched off": capability.StandBy,
    "a firmware file of the maker uploaded": capability.FirmwareUpload,
}
USED = {
    "streams found by themselves": capability.Streams,
    "single pictures": capability.Snapshot,
    "turned and zoomed, where it has a motor": capability.Ptz,
    "relay, siren or light switched": capability.Outputs,
}


def makers() -> str:
    """Return what can be watched and mended at cameras of each family, asked of the clients themselves."""
    access = Access(camera=CameraId("camera"), host="camera.example", port=80)
    clients = {
        name: family(access, clock=FakeClock(), rng=random.Random(1))  # noqa: S311  # only asked what it can do
        for name, family in {
            "Foscam MJPEG": FoscamMjpegCamera,
            "Foscam HD": FoscamHdCamera,
            "Amcrest, Dahua": DahuaCamera,
            "Reolink": ReolinkCamera,
            "ONVIF": OnvifCamera,
        }.items()
    }
    head = f"| | {' | '.join(clients)} |\n|---|{'---|' * len(clients)}"

    def rows(asked: Mapping[str, type]) -> list[str]:
        return [f"| {what} | {' | '.join(_can(each, kind) for each in clients.values())} |" for what, kind in asked.items()]

    services = [
        f"| {_SERVICE_WORDS.get(service, service.value.upper())} | "
        + " | ".join("yes" if service in each.services else "no" for each in clients.values())
        + " |"
        for service in capability.Service
    ]
    return (
        "\n".join(
            [
                "# What works with which camera\n",
                MADE,
                "*yes*: the programming interface of that make allows it and Hearthwatch does",
                "it; a model may lack it all the same, and then the page says so. *no*: there is no way, and the page says",
                "what to do instead.\n",
                f"## Watched\n\n{head}",
                *rows(WATCHED),
                f"\n*polled*: the camera is asked every second or two.\n\n## Mended\n\n{head}",
                *rows(MENDED),
                f"\n## Switched\n\nServices a camera offers, or does by itself.\n\n{head}",
                *services,
                f"\n## Used\n\n{head}",
                *rows(USED),
                "\nA camera with a stream and nothing else is recorded and looked at; its doors cannot be watched.",
            ]
        )
        + "\n"
    )


_SERVICE_WORDS = {
    capability.Service.P2P: "access through the maker's cloud (P2P)",
    capability.Service.MAIL: "mails of its own",
    capability.Service.FTP: "uploads of its own (FTP)",
    capability.Service.ONVIF_LOGIN: "ONVIF only with a log-in",
    capability.Service.LOCKOUT: "lock-out after wrong passwords",
    capability.Service.AUTO_REBOOT: "restarting by itself",
    capability.Service.TELNET: "Telnet",
    capability.Service.BONJOUR: "Bonjour",
    capability.Service.MULTICAST: "multicast",
    capability.Service.UPNP: "UPnP",
}


def _can(client: object, kind: type) -> str:
    if not isinstance(client, kind):
        return "no"
    return "polled" if kind is capability.AlarmFeed and isinstance(client, capability.PolledAlarms) else "yes"


class fake_house:  # noqa: N801  # used as a function
    def __enter__(self) -> Built:
        self._folder = tempfile.TemporaryDirectory()
        self._built = build(Path(self._folder.name), FakeHouse(clock=FakeClock()))
        return self._built

    def __exit__(self, *_error: object) -> None:
        self._built.close()
        self._folder.cleanup()


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": command_line,
    "api.md": api,
    "metrics.md": measures,
    "faults.md": faults,
    "log-ins.md": log_ins,
    "makers.md": makers,
}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page())
