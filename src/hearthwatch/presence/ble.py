"""Bluetooth adverts, by bleak and the system's BlueZ: for tags and beacons. A phone hides its address.

Everything is loaded and connected by `start`: afterwards the process may be locked in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Protocol

from hearthwatch.kit.errors import Unsupported
from hearthwatch.presence.presence import DeviceId

_START_S = 20.0

OnAddress = Callable[[str], None]


class Adverts(Protocol):
    """Somebody who hears adverts."""

    def start(self, on_address: OnAddress) -> None:
        """Hear from now on, in a thread of its own; `on_address` gets each sender's address as it was written. Raises
        Unsupported where there is no adapter or no right."""
        ...


class BlueZAdverts:
    """Implements Adverts with bleak. Not tried on hardware."""

    def start(self, on_address: OnAddress) -> None:
        """See Adverts."""
        started: Future[None] = Future()

        async def hear() -> None:
            try:
                from bleak import BleakScanner
                from bleak.exc import BleakError
            except ImportError:
                started.set_exception(Unsupported("presence.ble needs the presence extra: install hearthwatch[presence]"))
                return
            try:
                scanner = BleakScanner(detection_callback=lambda device, _advert: on_address(device.address))
                await scanner.start()
            except (BleakError, OSError, EOFError) as error:
                started.set_exception(Unsupported(f"no Bluetooth adverts can be heard: {error}"))
                return
            started.set_result(None)
            await asyncio.Event().wait()

        threading.Thread(target=lambda: asyncio.run(hear()), name="ble", daemon=True).start()
        try:
            started.result(_START_S)
        except TimeoutError as error:
            raise Unsupported("no Bluetooth adverts can be heard: the system's Bluetooth service does not answer") from error


def device_of(address: str, devices: Mapping[bytes, DeviceId]) -> DeviceId | None:
    """Return whose address it is, written as `AA:BB:CC:DD:EE:FF`; None for a stranger's and for what is none."""
    if len(address) != 17:
        return None
    try:
        return devices.get(bytes.fromhex(address.replace(":", "")))
    except ValueError:
        return None
