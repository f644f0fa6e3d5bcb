"""A webhook receiver that prints each body as a line: `python -m tests.devices.loud_hook ADDRESS PORT`."""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web


async def _take(request: web.Request) -> web.Response:
    print((await request.text()).replace("\n", " "), flush=True)
    return web.Response(status=204)


async def main() -> None:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", _take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, sys.argv[1], int(sys.argv[2])).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
