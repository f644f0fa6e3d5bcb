"""`hearthwatch audit`: what is weak about each camera, what Hearthwatch puts right, and rules for the router."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from datetime import tzinfo

    from hearthwatch.audit.finding import Finding, Report
    from hearthwatch.kit.units import CameraId
    from hearthwatch.run.control_audit import AuditAsk, Audited, AuditReply
    from hearthwatch.run.places import Places

_ANSWER_S = 1800.0


def register(app: typer.Typer) -> None:
    app.command("audit")(audit)


def audit(
    *,
    camera: options.Camera = None,
    apply: Annotated[bool, typer.Option("--apply", help="Put right what the camera lets be put right from here.")] = False,
    fence: Annotated[
        str | None,
        typer.Option(
            "--fence",
            metavar="KIND",
            help="Print rules that keep the cameras off the Internet, for nftables, openwrt or vyos, and nothing else.",
        ),
    ] = None,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Look at the cameras as a burglar would; exit code 1 when a serious weakness is open or a camera could not be asked."""
    import msgspec

    from hearthwatch.audit.finding import short
    from hearthwatch.run.control_audit import AskAudit, AskFence, Audited, Fence
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    if fence is not None:
        answer = _ask(house, AskFence(kind=fence))
        assert isinstance(answer, Fence)
        typer.echo(answer.text, nl=False)
        return
    wanted = (options.known_camera(camera, house),) if camera else _watched(house)
    reply = _ask(house, AskAudit(cameras=wanted, apply=apply))
    assert isinstance(reply, Audited)
    if as_json:
        typer.echo(msgspec.json.encode(plain(reply)))
    else:
        for line in lines(reply, zone_of(house.config), apply=apply):
            typer.echo(short(line, 1000))
        if not camera and (others := [name for name in house.config.cameras if name not in wanted]):
            typer.echo(f"not looked at, for they have no door of their own ([camera.NAME.door]): {', '.join(others)}")
    if not is_good(reply.reports):
        raise typer.Exit(1)


def _watched(house: Places) -> tuple[CameraId, ...]:
    """Return the cameras with a door of their own to look at. Raises ConfigFault when there is none."""
    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.run.camera_doors import door_of
    from hearthwatch.run.house_secrets import HouseSecrets

    secrets = HouseSecrets.open(house.data)
    found = tuple(name for name, camera in house.config.cameras.items() if door_of(name, camera, secrets) is not None)
    if not found:
        raise ConfigFault("there is no camera to audit: none in the configuration has a door of its own ([camera.NAME.door])")
    return found


def _ask(house: Places, ask: AuditAsk) -> AuditReply:
    from hearthwatch.kit.errors import Unreachable
    from hearthwatch.run.control import ask_house

    reply = ask_house(house.data, ask, _ANSWER_S)
    if reply is None:
        raise Unreachable(
            f"Hearthwatch is not running with the data folder {house.data}, and only a running one asks the cameras: "
            "start it with `hearthwatch run`, then try again"
        )
    return reply  # type: ignore[return-value]  # the caller knows which


def is_good(reports: Sequence[Report]) -> bool:
    """Tell whether every camera could be looked at and no serious weakness is open that the owner does not know of."""
    from hearthwatch.audit.finding import FindingState, Grade

    return not any(
        report.trouble
        or any(one.state is FindingState.FOUND and one.grade is Grade.SERIOUS and not one.accepted for one in report.findings)
        for report in reports
    )


def plain(reply: Audited) -> object:
    """Return what `--json` says: the nouns as they are, with the key a finding is accepted by."""
    import msgspec

    reports = []
    for report in reply.reports:
        findings = [{"key": one.key} | msgspec.to_builtins(one) for one in report.findings]
        reports.append(msgspec.to_builtins(report) | {"findings": findings})
    mended = [
        {"key": one.finding.key, "camera": one.finding.camera, "done": one.done, "text": one.text} for one in reply.mended
    ]
    return {"reports": reports, "mended": mended}


def lines(reply: Audited, zone: tzinfo, *, apply: bool) -> Iterator[str]:
    """Yield the audit as a person reads it: what is open first, what is right in one line."""
    for report in reply.reports:
        yield from _head(report, zone)
        if apply:
            yield from _mended(reply, report)
        yield from _findings(report)
        yield ""
    if not apply and any(one.is_automatic and not one.accepted for report in reply.reports for one in report.findings):
        yield "`hearthwatch audit --apply` puts right what is marked [can be put right from here]."


def _head(report: Report, zone: tzinfo) -> Iterator[str]:
    from hearthwatch.cli.wording import shown

    score = "not known" if report.score is None else f"{report.score} of 100"
    yield f"camera {report.camera}: {score} ({shown(report.at_us, zone)})"
    if report.trouble:
        yield f"  ! it could not be looked at: {report.trouble}"


def _findings(report: Report) -> Iterator[str]:
    from hearthwatch.audit.finding import FindingState, worst_first

    ordered = worst_first(report.findings)
    open_ones = [one for one in ordered if not one.accepted]
    for one in open_ones:
        if one.state is FindingState.FOUND:
            yield from _found(one)
    if unknown := [one for one in open_ones if one.state is FindingState.UNKNOWN]:
        yield "  not known, so not safe to call right:"
        for one in unknown:
            yield f"    ? {one.title}: {one.saw}"
            yield f"      look here: {one.fix}"
    if accepted := [one for one in ordered if one.accepted]:
        yield f"  you know of: {'; '.join(one.title for one in accepted)}"
    if right := [one for one in open_ones if one.state is FindingState.OK]:
        yield f"  right: {'; '.join(one.title for one in right)}"


def _found(one: Finding) -> Iterator[str]:
    marks = {"serious": "!!", "weak": "! ", "hint": "· "}
    can = " [can be put right from here]" if one.is_automatic else ""
    yield f"  {marks[one.grade]} {one.title}{can}"
    yield f"       {one.saw}"
    yield f"       why: {one.why}"
    if one.remedy is not None and not one.is_automatic:
        words = (one.remedy.camera, one.remedy.kind, one.remedy.subject)
        yield f"       from here, when you decide so: hearthwatch repair {shlex.join(word for word in words if word)}"
    yield f"       by hand: {one.fix}"


def _mended(reply: Audited, report: Report) -> Iterator[str]:
    from hearthwatch.audit.finding import FindingState

    tried = [one for one in reply.mended if one.finding.camera == report.camera]
    if not tried:
        yield "  nothing could be put right from here"
    for one in tried:
        yield f"  {'put right' if one.done else 'NOT put right'}: {one.finding.title}: {one.text}"
    keys = {one.finding.key for one in tried}
    rest = [one for one in report.findings if one.state is FindingState.FOUND and not one.accepted and one.key not in keys]
    if rest:
        yield "  left to you: " + "; ".join(one.title for one in rest)
