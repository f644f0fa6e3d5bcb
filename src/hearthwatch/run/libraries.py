"""What is known against the libraries we stand on: SQLite and FFmpeg, with versions, and whether it can reach us."""

from __future__ import annotations

from dataclasses import dataclass

Version = tuple[int, ...]

SQLITE_SOUND: Version = (3, 51, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One published fault of FFmpeg: in `first` to `last`, both included. `needs` is a part it must have been built with; where
    `out_of_reach` says why, cameras cannot get at it here."""

    cve: str
    what: str
    first: Version
    last: Version
    needs: str = ""
    out_of_reach: str = ""


ADVISORIES = (
    Advisory(
        cve="CVE-2026-125262",
        what="LCEVC data in H.264 or H.265 writes outside its memory",
        first=(7, 1),
        last=(9, 0, 2),
        needs="--enable-liblcevc-dec",
    ),
    Advisory(
        cve="CVE-2026-40962",
        what="encrypted MP4 files write outside their memory",
        first=(4, 1),
        last=(8, 0, 99),
    ),
    Advisory(
        cve="CVE-2026-8461",
        what="MagicYUV pictures write outside their memory",
        first=(0,),
        last=(8, 1, 1),
        out_of_reach="only the codecs cameras send are decoded",
    ),
    Advisory(
        cve="CVE-2026-107696",
        what="an RTSP server leads round in circles",
        first=(0,),
        last=(9, 0, 2),
        out_of_reach="Hearthwatch ends a camera's redirect before FFmpeg sees it",
    ),
    Advisory(
        cve="CVE-2026-107695",
        what="a playlist leads round in circles",
        first=(0,),
        last=(8, 1, 2),
        out_of_reach="no playlist is ever opened",
    ),
)
"""What the records of the CVE programme said on the day REVIEWED of what a camera could send."""
REVIEWED = "2026-11-21"


def version_of(text: str) -> Version:
    """Return the numbers a version begins with: `n8.1.2-3-gabc` is (8, 1, 2); nothing for one that has none."""
    numbers: list[int] = []
    for part in text.removeprefix("n").partition("-")[0].split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


def reaching(version: str, configuration: str) -> tuple[Advisory, ...]:
    """Return what is known of this FFmpeg and can be reached here."""
    found = version_of(version)
    return tuple(
        one for one in ADVISORIES if one.first <= found <= one.last and one.needs in configuration and not one.out_of_reach
    )


def of_sqlite(version: Version) -> str:
    """Return what to know of this SQLite, "" when nothing is."""
    if version >= SQLITE_SOUND:
        return ""
    return (
        f"SQLite {'.'.join(map(str, version))} can damage a database that two connections write at once (mended in 3.51.3); "
        "here each has one writer, which alone checkpoints, so it does not come to that: leave other programs off the databases"
    )


def of_ffmpeg(version: str, configuration: str) -> str:
    """Return what to know of this FFmpeg, "" when nothing is."""
    found = reaching(version, configuration)
    if not found:
        return ""
    known = "; ".join(f"{one.cve}: {one.what}" for one in found)
    return f"FFmpeg {version} has known holes ({known}): install a newer release of Hearthwatch; until then the box holds them"
