"""Metrics: /healthz for anybody, /metrics for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from hearthwatch.kit.late import late
from hearthwatch.kit.timings import LIMITS_S
from hearthwatch.kit.units import NS_PER_S, US_PER_S
from hearthwatch.web.auth import Permission
from hearthwatch.web.doors import CameraState
from hearthwatch.web.gate import needs
from hearthwatch.web.site import Site, SiteDep

if TYPE_CHECKING:
    import prometheus_client
    from prometheus_client import core
else:
    prometheus_client, core = late("prometheus_client"), late("prometheus_client.core")

router = APIRouter()

_NAP_S = 0.02


@router.get("/healthz", response_class=PlainTextResponse)
@needs(Permission.PUBLIC)
async def healthz(site: SiteDep) -> PlainTextResponse:
    """`ok` with 200, or `not ok` with 503: nothing more for strangers."""
    ok = site.doors.health.ok()
    return PlainTextResponse("ok\n" if ok else "not ok\n", status_code=200 if ok else 503)


@router.get("/metrics", response_class=Response)
@needs(Permission.METRICS)
async def metrics(site: SiteDep) -> Response:
    """Prometheus text format."""
    began_ns = site.clock.mono_ns()
    await asyncio.sleep(_NAP_S)
    late_s = (site.clock.mono_ns() - began_ns) / NS_PER_S - _NAP_S
    text = await asyncio.to_thread(_text, site, max(0.0, late_s))
    return Response(text, headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST})


def _text(site: Site, late_s: float) -> bytes:
    registry = prometheus_client.CollectorRegistry(auto_describe=False)
    registry.register(_House(site, late_s))
    return prometheus_client.generate_latest(registry)


class _House:
    """What the doors say at this moment, as metrics."""

    def __init__(self, site: Site, late_s: float) -> None:
        self._site = site
        self._late_s = late_s

    def collect(self) -> Iterator[core.Metric]:
        doors = self._site.doors
        yield core.GaugeMetricFamily(
            "hearthwatch_loop_late_seconds",
            "How late the house's event loop woke from a short nap just now",
            value=self._late_s,
        )
        counts, sum_s = doors.health.commits().read()
        yield core.HistogramMetricFamily(
            "hearthwatch_commit_seconds",
            "What the disk took for each commit of the house's database",
            buckets=[(str(limit), count) for limit, count in zip((*LIMITS_S, "+Inf"), counts, strict=True)],
            sum_value=sum_s,
        )
        up = core.GaugeMetricFamily("hearthwatch_up", "1 while the house does its work", value=float(doors.health.ok()))
        yield up
        now = doors.house.now()
        yield core.GaugeMetricFamily("hearthwatch_footage_free_bytes", "Free on the footage disk", value=now.footage_free_bytes)
        yield core.GaugeMetricFamily("hearthwatch_footage_used_bytes", "Taken by footage", value=now.footage_used_bytes)
        wrong = core.GaugeMetricFamily(
            "hearthwatch_outage",
            "1 for each thing that is wrong now: camera, router, internet, disk",
            labels=["fault", "subject"],
        )
        for outage in doors.health.lasting():
            wrong.add_metric([outage.fault.value, outage.subject], 1)
        yield wrong
        live = core.GaugeMetricFamily("hearthwatch_stream_live", "1 while packets come", labels=["camera", "stream"])
        fps = core.GaugeMetricFamily("hearthwatch_stream_fps", "Pictures a second", labels=["camera", "stream"])
        age = core.GaugeMetricFamily("hearthwatch_stream_age_seconds", "Since the last packet", labels=["camera", "stream"])
        drops = core.CounterMetricFamily("hearthwatch_dropped", "Dropped by a mailbox", labels=["camera", "stream", "box"])
        motion = core.GaugeMetricFamily("hearthwatch_motion_fraction", "Changed share of the picture", labels=["camera"])
        now_us = self._site.clock.wall_us()
        for camera in doors.cameras.all():
            motion.add_metric([camera.id], camera.motion_frac)
            for stream in camera.streams:
                labels = [camera.id, stream.stream.value]
                live.add_metric(labels, float(stream.state is CameraState.LIVE))
                fps.add_metric(labels, stream.fps)
                if stream.last_us is not None:
                    age.add_metric(labels, (now_us - stream.last_us) / US_PER_S)
                for box in stream.boxes:
                    drops.add_metric([*labels, box.name], box.dropped)
        yield from (live, fps, age, drops, motion)
