"""Metrics: /healthz for anybody, /metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from hearthwatch.kit.late import late
from hearthwatch.kit.units import US_PER_S
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


@router.get("/healthz", response_class=PlainTextResponse)
@needs(Permission.PUBLIC)
async def healthz(site: SiteDep) -> PlainTextResponse:
    """`ok` with 200, or `not ok` with 503: nothing more for strangers."""
    ok = site.doors.health.ok()
    return PlainTextResponse("ok\n" if ok else "not ok\n", status_code=200 if ok else 503)


@router.get("/metrics", response_class=Response)
@needs(Permission.METRICS)
def metrics(site: SiteDep) -> Response:
    """Prometheus text format."""
    registry = prometheus_client.CollectorRegistry(auto_describe=False)
    registry.register(_House(site))
    return Response(
        prometheus_client.generate_latest(registry), headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST}
    )


class _House:
    """What the doors say at this moment, as metrics."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def collect(self) -> Iterator[core.Metric]:
        doors = self._site.doors
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
