"""Section `[backup]`: a backup of the house each day, by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le

from hearthwatch.run.config_faults import Faults

TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
PASSPHRASE = "backup.passphrase"  # noqa: S105 the name of a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupOptions:
    """Section `[backup]`: everything that makes this house in one file, each day. It is sealed to `offsite.recipients`, or by
    the secret `backup.passphrase`; `hearthwatch restore` brings the house back on a bare machine. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    folder: str = ""
    """Folder it is written to, on another disk or machine, as `/mnt/usb/hearthwatch`; empty means that none is made.
    Change: live."""
    at: str = "03:40"
    """When, in the home's time zone. A house that was off then makes it later. Change: live."""
    keep: Annotated[int, Ge(1), Le(1000)] = 7
    """How many are kept there; the oldest goes. Change: live."""
    pictures: bool = True
    """With the pictures of events. Change: live."""
    same_disk: bool = False
    """Also when the folder lies on the disk of the house itself, which otherwise is told as a disk that is not mounted.
    Change: live."""


def backup_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with `[backup]` beyond its types."""
    options = document.get("backup")
    if not isinstance(options, Mapping):
        return
    folder, at = options.get("folder", ""), options.get("at", "")
    if (
        isinstance(folder, str)
        and folder
        and (not folder.startswith("/") or not folder.isprintable() or ".." in folder.split("/"))
    ):
        faults.add(("backup", "folder"), "give the whole path, beginning with /")
    if isinstance(at, str) and at and not TIME_OF_DAY.fullmatch(at):
        faults.add(("backup", "at"), "is no time of day: write it as 03:40")
