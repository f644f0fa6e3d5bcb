"""`hearthwatch status`: how a running house is, on one screen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.recording.forecast import Forecast
    from hearthwatch.run.status import Status
    from hearthwatch.web.doors import CameraNow
    from hearthwatch.web.offsite_doors import OffsiteNow


def register(app: typer.Typer) -> None:
    app.command("status")(status)


def status(
    *, config: options.Config = None, data: options.Data = None, as_json: options.Json = False, debug: options.Debug = False
) -> None:
    """Show cameras, losses, detector, disk and alert channels of the running house; exit code 1 when none runs."""
    import msgspec

    from hearthwatch.run.control import AskStatus, Now, ask_house
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    reply = ask_house(house.data, AskStatus())
    if reply is None:
        if as_json:
            typer.echo('{"running":false}')
        typer.echo(f"Hearthwatch is not running with the data folder {house.data}, or is just starting", err=True)
        raise typer.Exit(1)
    assert isinstance(reply, Now)
    if as_json:
        typer.echo(msgspec.json.encode({"running": True} | msgspec.to_builtins(reply.status)))
        return
    for line in lines(reply.status, zone_of(house.config)):
        typer.echo(line)


def lines(now: Status, zone: tzinfo) -> Iterator[str]:
    """Yield the status as a person reads it."""
    from hearthwatch.alerts.arming_alerts import standing
    from hearthwatch.cli.wording import counted, lasting, shown, sized

    yield f"{now.name}: Hearthwatch {now.version}, running for {lasting(now.now_us - now.started_us)}"
    yield standing(now.arming, zone, now.now_us)
    gaps = {each.camera: each for each in now.gaps}
    for camera in now.cameras:
        yield f"camera {camera.id}: {_state(camera)}"
        if camera.streams:
            yield "    " + "; ".join(
                f"{stream.stream} {stream.codec} {stream.width_px}x{stream.height_px}, {stream.fps:.0f} a second, "
                f"{stream.kbit_per_s:.0f} kbit/s"
                for stream in camera.streams
                if stream.codec
            )
        gap = gaps.get(camera.id)
        lost = f"{lasting(gap.lost_us)} lost in {counted(gap.count, 'gap')} (last: {gap.reason})" if gap else "nothing lost"
        dropped = sum({box.name: box.dropped for stream in camera.streams for box in stream.boxes}.values())
        since = f"recorded since {shown(camera.kept_from_us, zone)}; " if camera.kept_from_us else ""
        yield f"    {since}last 24 h: {lost}; {counted(dropped, 'packet')} skipped in looking"
    basic = "; basic: people only, `hearthwatch models fetch` gets the better one" if now.detector.basic else ""
    yield f"detector: {now.detector.name or 'none yet'}{basic}{'; ' + now.detector.error if now.detector.error else ''}"
    yield f"footage: {sized(now.footage_used_bytes)} in {now.footage_folder}, {sized(now.footage_free_bytes)} free"
    yield from forecast_lines(now.forecast)
    yield from offsite_lines(now.offsite, now.now_us)
    yield f"alerts go to: {', '.join(now.channels) or 'the page alone (no channel is set up)'}"
    for outage in now.outages:
        yield f"! {outage.subject}: {outage.fault} since {shown(outage.start_us, zone)}: {outage.detail}"


def forecast_lines(found: Forecast | None) -> Iterator[str]:
    """Yield how many days will be there, and what takes footage away first."""
    from hearthwatch.cli.wording import sized

    if found is None:
        return
    disk = "" if found.bound == "disk" else f"; the disk alone would hold {_days(found.disk_days)}"
    until = f"all of the last {_days(found.days)} will be there, {_BOUNDS[found.bound]}"
    yield f"    {sized(found.bytes_per_day)} a day: {until}{disk}"
    for camera in found.cameras:
        stays = "; ".join(f"{_CLASSES[stay.footage_class]} {_days(stay.days)} ({stay.bound})" for stay in camera.stays)
        yield f"    {camera.camera}: {sized(sum(stay.bytes_per_day for stay in camera.stays))} a day; {stays}"


_BOUNDS = {
    "disk": "then the disk is full",
    "rules": "then the rules take it (storage.keep_…_days)",
    "camera": "then a camera's own keep.max_gib is full",
}
_CLASSES = {"brief": "brief", "continuous": "without motion", "motion": "with motion", "event": "events"}


def _days(days: float) -> str:
    return f"{days:.1f} days" if days < 10 else f"{days:.0f} days"


def offsite_lines(now: OffsiteNow | None, now_us: int) -> Iterator[str]:
    """Yield how far the copies elsewhere are."""
    from hearthwatch.cli.wording import counted, lasting, sized

    if now is None or not now.targets:
        yield "copies elsewhere: none ([offsite] says where to)"
        return
    safe = f"everything up to {lasting(now_us - now.safe_us)} ago is safe" if now.safe_us else "not every camera is safe yet"
    yield f"copies elsewhere: {safe}"
    for target in now.targets:
        last = f"last proof {lasting(now_us - target.proved_us)} ago" if target.proved_us else "nothing proved yet"
        waits = f"{counted(target.waiting, 'piece')} waiting ({sized(target.waiting_bytes)})"
        yield f"    {target.name}: {last}; {waits}{'; ' + target.error if target.error else ''}"
    if now.emergency is not None:
        left = f"{counted(now.emergency.left, 'piece')} still on the way" if now.emergency.left else "all of it arrived"
        yield f"    last emergency {lasting(now_us - now.emergency.at_us)} ago: {now.emergency.cause} {left}"


def _state(camera: CameraNow) -> str:
    if camera.state == "private":
        return camera.cause
    recorded = ", events alone are kept" if camera.only_events else ""
    if not camera.recorded:
        recorded = ", not recorded (record = never)"
    return f"{camera.state}{recorded}" + (f": {camera.cause}" if camera.cause else "")
