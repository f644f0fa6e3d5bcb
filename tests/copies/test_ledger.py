"""The ledger and the shelf: order, what goes when there are too many, and what is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.copies.scene import DAHUA, PORCH, Desk, PaperCamera

from hearthwatch.copies import ledger
from hearthwatch.copies.copy import HIDDEN, ConfigCopy, CopyId
from hearthwatch.copies.ledger import Sealed
from hearthwatch.copies.shelf import CopyShelf
from hearthwatch.kit.errors import StorageFailed, Unsupported
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.device import Vendor

COPY = ConfigCopy(
    id=CopyId("A0000"),
    camera=PORCH,
    vendor=Vendor.DAHUA,
    firmware="1",
    taken_us=WallUs(5),
    seen_us=WallUs(5),
    reason="daily look",
    drift=False,
    told=True,
    setting_count=1,
    change_count=0,
)
BLOB = Sealed(settings=b"", secrets=b"")


@pytest.fixture
async def desk(tmp_path):
    desk = Desk(tmp_path, porch=PaperCamera())
    await desk.renew()
    yield desk
    desk.close()


async def test_the_oldest_go_but_never_the_first(desk, monkeypatch):
    monkeypatch.setattr(ledger, "KEPT_COPIES", 5)

    def fill(connection):
        for number in range(12):
            ledger.add(connection, replace(COPY, id=CopyId(f"A{number:04}")), BLOB)
        ledger.add(connection, replace(COPY, id=CopyId("A9999"), camera=CameraId("gate")), BLOB)
        return ledger.since(connection, PORCH), ledger.cameras(connection)

    left, cameras = await desk.db.run(fill)
    assert [one.id for one in left] == ["A0000", "A0007", "A0008", "A0009", "A0010", "A0011"]
    assert cameras == ("gate", "porch")


async def test_pages_newest_first(desk):
    def fill(connection):
        for number in range(5):
            ledger.add(connection, replace(COPY, id=CopyId(f"A{number:04}")), BLOB)

    await desk.db.run(fill)
    shelf = CopyShelf(desk.db, desk.secrets)
    first = await shelf.recent(camera=PORCH, limit=2)
    assert [one.id for one in first] == ["A0004", "A0003"]
    assert [one.id for one in await shelf.recent(before=first[-1].id, limit=9)] == ["A0002", "A0001", "A0000"]
    assert await shelf.recent(camera=CameraId("gate")) == ()


async def test_what_is_shown_of_a_copy(desk):
    camera = desk.doors.clients[PORCH]
    first = (await desk.keeper.collect(PORCH, "asked for")).copy
    camera.pairs |= {"T2UServer.Enable": "true", "Email.Password": "stolen-Secret"}
    second = (await desk.keeper.collect(PORCH, "asked for")).copy
    shelf = CopyShelf(desk.db, desk.secrets)
    shown = await shelf.show(second.id)
    assert shown.settings == DAHUA | {"T2UServer.Enable": "true", "Email.Password": HIDDEN}
    assert [change.key for change in shown.diff.changes] == ["T2UServer.Enable", "Email.Password"]
    assert (await shelf.diff(second.id, second.id)).is_empty
    assert (await shelf.show(first.id)).diff.is_empty
    with pytest.raises(Unsupported, match="there is no copy"):
        await shelf.show(CopyId("NONE"))


async def test_a_copy_whose_key_is_gone_says_so(desk, tmp_path):
    copy = (await desk.keeper.collect(PORCH, "asked for")).copy
    with pytest.raises(StorageFailed, match="another key"):
        await CopyShelf(desk.db, Secrets(tmp_path / "elsewhere")).show(copy.id)
