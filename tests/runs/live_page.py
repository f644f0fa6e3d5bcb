"""The page of a real house with eight cameras in a real browser: when its pictures are there, and how old they are.

Every picture carries its number. A second viewer of the same camera tells when each number came over the wire, the page tells
when it showed it; both run on this machine, so the difference is what the house and the browser cost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from playwright.async_api import Browser, Page, async_playwright

from hearthwatch.bench import entries
from hearthwatch.bench.latency import Clockwork
from hearthwatch.bench.rtsp_server import Mount, RtspServer
from tests.runs.rig import OWNER_NAME, OWNER_PASSWORD, CameraSection, House, house_toml
from tests.web.browsing import CHROMIUM

LIMITS = {
    "tile_behind_p95_ms": 1000.0,
    "main_behind_p95_ms": 1000.0,
    "tile_first_picture_max_ms": 500.0,
    "main_first_picture_max_ms": 500.0,
    "meaningful_paint_median_ms": 1000.0,
}
_PICTURES = 300
_SETTLE_S = 6.0
_OPENINGS = 5

WATCH = """
window.sockets = {}; window.firsts = []; window.seen = [];
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
  constructor(url) { super(url); const at = new URL(url);
    const [, camera] = /cameras\\/([^/]+)\\/live/.exec(at.pathname) ?? [];
    if (camera) window.sockets[camera + '/' + at.searchParams.get('stream')] = performance.now();
    this.shared = at.pathname.endsWith('/v1/live') ? performance.now() : 0; }
  send(said) { // a camera that is watched as the shared connection opens has waited since that was begun
    const camera = this.shared && JSON.parse(said).watch;
    if (camera) window.sockets[camera + '/sub'] = this.begun === undefined || performance.now() - this.begun < 50
      ? this.shared : performance.now();
    this.begun ??= performance.now();
    return super.send(said); }
};
const cells = 16, canvas = document.createElement('canvas');
canvas.width = cells; canvas.height = 1;
const drawing = canvas.getContext('2d', { willReadFrequently: true });
const number = video => {
  const [w, h] = [video.videoWidth, video.videoHeight];
  let value = 0;
  for (let cell = 0; cell < cells; cell += 1)
    drawing.drawImage(video, (cell + 0.3) * w / cells, h - h * 10 / 360, 0.4 * w / cells, 4, cell, 0, 1, 1);
  const data = drawing.getImageData(0, 0, cells, 1).data;
  for (let cell = 0; cell < cells; cell += 1) value = value * 2 + (data[cell * 4] > 128 ? 1 : 0);
  return [value >> 4, value & 15];
};
const follow = video => {
  const each = (now, told) => {
    const [n, check] = number(video);
    window.seen.push([video.dataset.camera, video.videoWidth, n, check, performance.timeOrigin + told.expectedDisplayTime]);
    if (video.isConnected) video.requestVideoFrameCallback(each);
  };
  video.requestVideoFrameCallback(each);
};
new MutationObserver(list => { for (const { target } of list) {
  if (target instanceof HTMLVideoElement && target.className === 'is-shown' && !target.followed) {
    target.followed = true;
    window.firsts.push([target.dataset.camera, target.videoWidth, performance.now()]);
    if (window.reading) follow(target);
  } } }).observe(document, { subtree: true, attributes: true, attributeFilter: ['class'] });
new MutationObserver(() => {
  if (!window.meaningful && document.querySelectorAll('.tile-name').length >= CAMERAS)
    requestAnimationFrame(() => { window.meaningful ??= performance.now(); });
}).observe(document, { subtree: true, childList: true });
"""


def clip(width_px: int, height_px: int, fps: int) -> Path:
    """Return a clip of numbered pictures in which something moves, made once."""
    folder = Path(tempfile.gettempdir()) / f"hearthwatch-clips-{os.getuid()}"
    target = folder / f"numbered-2-{width_px}x{height_px}-{fps}.mp4"
    if target.exists():
        return target
    folder.mkdir(mode=0o700, exist_ok=True)
    temporary = target.with_name(f"{target.stem}.{os.getpid()}.mp4")
    with av.open(str(temporary), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        stream.bit_rate = 300_000 if width_px <= 640 else 1_500_000
        gop = str(2 * fps)
        stream.options = {"preset": "veryfast", "profile": "main", "bf": "0", "g": gop, "keyint_min": gop, "sc_threshold": "0"}
        for picture in _pictures(width_px, height_px):
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    temporary.rename(target)
    return target


def _pictures(width_px: int, height_px: int) -> Iterator[np.ndarray[Any, np.dtype[np.uint8]]]:
    across = np.linspace(60, 180, width_px, dtype=np.float32)[None, :] + np.linspace(0, 40, height_px)[:, None]
    for number in range(_PICTURES):
        i420 = np.full((height_px * 3 // 2, width_px), 128, np.uint8)
        grey = i420[:height_px]
        grey[:] = across
        left = number * width_px // _PICTURES
        grey[height_px // 3 : height_px // 2, left : left + width_px // 10] = 230
        entries.numbered(grey, number)
        # the strip is 16 rows of 360: as high a share of every size
        strip = grey[-entries.STRIP_PX :].copy()
        for row in range(max(entries.STRIP_PX, height_px * 16 // 360)):
            grey[-1 - row] = strip[0]
        yield i420


def behind_ms(seen: Sequence[tuple[int, float]], sent: Sequence[tuple[int, float]]) -> list[float]:
    """Return for each shown (number, wall ms) how long after it had come over the wire that was."""
    arrivals: dict[int, list[float]] = {}
    for number, at_ms in sent:
        arrivals.setdefault(number, []).append(at_ms)
    found = []
    for number, at_ms in seen:
        before = [one for one in arrivals.get(number, ()) if one <= at_ms + 5]
        if before and at_ms - before[-1] < 20_000:
            found.append(at_ms - before[-1])
    return found


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


async def _login(page: Page, base: str) -> None:
    await page.goto(base)
    await page.get_by_label("Name").fill(OWNER_NAME)
    await page.get_by_label("Password").fill(OWNER_PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_selector(".shell")


async def _shown(page: Page, count: int) -> None:
    await page.wait_for_function(f"() => document.querySelectorAll('video.is-shown').length >= {count}", timeout=60_000)


async def measure(cameras: int, seconds: float) -> dict[str, float]:
    """Return the figures of one house; see LIMITS."""
    small, large = clip(640, 360, 10), clip(1280, 720, 15)
    with (
        RtspServer([Mount(path="/sub", clip=small), Mount(path="/main", clip=large)]) as server,
        tempfile.TemporaryDirectory() as name,
    ):
        sections = [
            CameraSection(name=f"cam-{one}", main=server.url("/main"), sub=server.url("/sub")) for one in range(1, cameras + 1)
        ]
        house = House(Path(name) / "house", house_toml(sections), {})
        wires = {640: Clockwork(server.url("/sub")), 1280: Clockwork(server.url("/main"))}
        try:
            await house.start()
            await house.claim()
            await house.all_live(60)
            await asyncio.sleep(_SETTLE_S)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                try:
                    return await _in_browser(browser, house, wires, cameras, seconds)
                finally:
                    await browser.close()
        finally:
            for wire in wires.values():
                wire.close()
            await house.close()


async def _in_browser(
    browser: Browser, house: House, wires: dict[int, Clockwork], cameras: int, seconds: float
) -> dict[str, float]:
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    await context.add_init_script(WATCH.replace("CAMERAS", str(cameras)))
    page = await context.new_page()
    await _login(page, house.base)
    await _shown(page, cameras)
    paints, meaningful, firsts, alls, larges = [], [], [], [], []
    for opening in range(_OPENINGS):
        await page.goto(house.base)
        await _shown(page, cameras)
        paints.append(await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"))
        meaningful.append(await page.evaluate("window.meaningful"))
        found = await page.evaluate("window.firsts.map(([camera, , at]) => at - window.sockets[camera + '/sub'])")
        firsts += found
        alls.append(await page.evaluate("Math.max(...window.firsts.map(one => one[2]))"))
        await asyncio.sleep(1.5)
        await page.locator(f'[data-tile="cam-{1 + opening % cameras}"] .tile-link').click()
        await page.wait_for_function("() => document.querySelector('.enlarged video.is-shown')?.videoWidth === 1280")
        larges.append(
            await page.evaluate(
                "(() => { const [camera, , at] = window.firsts.filter(one => one[1] === 1280).at(-1); return at - window.sockets[camera + '/main']; })()"
            )
        )
    main = await _behind(page, house, wires[1280], 1280, seconds, f"/?camera=cam-{1 + (_OPENINGS - 1) % cameras}")
    tiles = await _behind(page, house, wires[640], 640, seconds, "/")
    await context.close()
    return {
        "cameras": float(cameras),
        "first_contentful_paint_median_ms": statistics.median(paints),
        "meaningful_paint_median_ms": statistics.median(meaningful),
        "tile_first_picture_median_ms": statistics.median(firsts),
        "tile_first_picture_max_ms": max(firsts),
        "all_pictures_median_ms": statistics.median(alls),
        "main_first_picture_median_ms": statistics.median(larges),
        "main_first_picture_max_ms": max(larges),
        "tile_behind_p50_ms": statistics.median(tiles),
        "tile_behind_p95_ms": _p95(tiles),
        "main_behind_p50_ms": statistics.median(main),
        "main_behind_p95_ms": _p95(main),
        "pictures": float(len(tiles) + len(main)),
        "load": os.getloadavg()[0],
    }


async def _behind(page: Page, house: House, wire: Clockwork, width_px: int, seconds: float, path: str) -> list[float]:
    await page.add_init_script("window.reading = true;")
    await page.goto(house.base + path)
    await page.wait_for_function(f"() => window.seen.some(one => one[1] === {width_px})", timeout=60_000)
    await asyncio.sleep(2.0)
    await page.evaluate("window.seen.length = 0")
    await asyncio.sleep(seconds)
    seen = await page.evaluate("window.seen")
    ahead_ms = time.time_ns() / 1e6 - time.monotonic_ns() / 1e6
    sent = [(number, at_ns / 1e6 + ahead_ms) for number, at_ns in list(wire.sent)]
    right = [
        (int(number), float(at_ms))
        for _camera, width, number, check, at_ms in seen
        if width == width_px and (number ^ number >> 4 ^ number >> 8 ^ 0b0101) & 0b1111 == check
    ]
    found = behind_ms(right, sent)
    assert len(found) > len(seen) / 2, f"only {len(found)} of {len(seen)} pictures could be read"
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    figures = asyncio.run(measure(given.cameras, given.seconds))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1))
    missed = 0
    for name, value in figures.items():
        limit = LIMITS.get(name)
        verdict = "" if limit is None else "met" if value <= limit else "MISSED"
        missed += verdict == "MISSED"
        print(f"{name:34} {value:9.1f} {f'<= {limit:.0f}' if limit else '':9} {verdict}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
