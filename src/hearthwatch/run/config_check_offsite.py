"""What types cannot say of `[offsite]`: keys to seal to, and what each kind of target needs to be reached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hearthwatch.kit.units import CAMERA_ID_PATTERN
from hearthwatch.offsite.pace import parse_limit
from hearthwatch.offsite.seal import recipient_fault
from hearthwatch.offsite.upload import TargetKind
from hearthwatch.run.config_checks import service_fault
from hearthwatch.run.config_faults import Faults
from hearthwatch.run.toml_lines import KeyPath

_NAME = re.compile(CAMERA_ID_PATTERN)
_HOST = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,253}|[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")

_NEEDED: Mapping[TargetKind, Mapping[str, str]] = {
    TargetKind.SFTP: {"host": "the name or address of the server", "user": "the account there", "path": "a folder there"},
    TargetKind.S3: {"endpoint": "the address of the service", "bucket": "the bucket", "access_key": "the id of a key"},
    TargetKind.FOLDER: {"path": "the folder where its disk is mounted"},
    TargetKind.HUB: {},
}


def offsite_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with `[offsite]` beyond its types."""
    offsite = document.get("offsite")
    if not isinstance(offsite, Mapping):
        return
    recipients = offsite.get("recipients")
    for place, text in enumerate(recipients if isinstance(recipients, list) else ()):
        fault = recipient_fault(text) if isinstance(text, str) else None
        if fault:
            faults.add(("offsite", "recipients", place), fault)
    targets = offsite.get("targets")
    for name, target in targets.items() if isinstance(targets, Mapping) else ():
        path: KeyPath = ("offsite", "targets", name)
        if not _NAME.fullmatch(name):
            faults.add(path, "is no name for a target: use 1 to 32 of a-z, 0-9 and '-'")
        if isinstance(target, Mapping):
            _target_faults(faults, path, target)
            if target.get("sealed", True) is True and target.get("enabled", True) is True and not recipients:
                faults.add(
                    path,
                    "everything that goes there is sealed, and there is no key to seal to: `hearthwatch offsite keygen` makes "
                    "one for [offsite] recipients; or write sealed = false and on_lan = true for a target in your own home",
                )


def _target_faults(faults: Faults, path: KeyPath, target: Mapping[str, Any]) -> None:
    kind = target.get("kind")
    if kind in list(TargetKind):
        for key, what in _NEEDED[TargetKind(kind)].items():
            if target.get(key, "") == "":
                faults.add(path, f"needs `{key}`: {what}")
    if target.get("sealed") is False and target.get("on_lan") is not True:
        faults.add((*path, "sealed"), "may be false only for a target in your own home: write on_lan = true beside it if it is")
    host, host_key, bucket = target.get("host"), target.get("host_key"), target.get("bucket")
    if isinstance(host, str) and host and not _HOST.fullmatch(host):
        faults.add((*path, "host"), "is no name or address of a server: write 192.168.1.20 or nas.example.org, the port apart")
    if isinstance(host_key, str) and host_key and not _FINGERPRINT.fullmatch(host_key):
        faults.add((*path, "host_key"), "is no fingerprint: it begins SHA256:, as `hearthwatch offsite test` shows it")
    if isinstance(bucket, str) and bucket and not _BUCKET.fullmatch(bucket):
        faults.add((*path, "bucket"), "is no name of a bucket: 3 to 63 of a-z, 0-9, '-' and '.'")
    endpoint = target.get("endpoint")
    if isinstance(endpoint, str) and endpoint:
        fault = service_fault(endpoint)
        if fault:
            faults.add((*path, "endpoint"), fault)
    _path_fault(faults, path, kind, target.get("path"))
    _limit_faults(faults, path, target.get("limits"))


def _limit_faults(faults: Faults, path: KeyPath, limits: Any) -> None:
    for place, text in enumerate(limits if isinstance(limits, list) else ()):
        if isinstance(text, str):
            try:
                parse_limit(text)
            except ValueError as error:
                faults.add((*path, "limits", place), str(error))


def _path_fault(faults: Faults, path: KeyPath, kind: Any, folder: Any) -> None:
    if not isinstance(folder, str) or not folder:
        return
    if not folder.isprintable() or ".." in folder.split("/") or len(folder) > 512:
        faults.add((*path, "path"), "is no path")
    elif kind == TargetKind.FOLDER and not folder.startswith("/"):
        faults.add((*path, "path"), "give the whole path, beginning with /")
