"""Writes docs/sbom.json (CycloneDX 1.6) and docs/licences.md: what Hearthwatch ships with, exactly as the locks say.

    make sbom        writes both; `.venv/bin/python scripts/sbom.py --check` says whether they are as they should be

Reads requirements.lock, ui/package-lock.json and what the installed packages say of their own licence; asks nobody.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import sys
import tomllib
import uuid
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SBOM, LICENCES = ROOT / "docs" / "sbom.json", ROOT / "docs" / "licences.md"
LOCK, UI_LOCK = ROOT / "requirements.lock", ROOT / "ui" / "package-lock.json"

ALLOWED = frozenset({
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "EPL-2.0", "GPL-3.0-or-later WITH GCC-exception-3.1",
    "IJG", "ISC", "LGPL-2.1-or-later",
    "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-2.0", "OFL-1.1", "OpenSSL", "PSF-2.0", "Unlicense", "Zlib",
    "libpng-2.0",
})  # fmt: skip
"""What may ship: all let a program under Apache-2.0 use them as the libraries they are."""

GPL_BUNDLED = frozenset({"x264", "x265"})
"""Under the GPL inside a wheel we do not distribute: pip fetches it from its makers. Whoever hands out an image with them in
it gives that image under GPL-3.0, which Apache-2.0 allows."""

SAID_ELSEWHERE = {
    "colorama": "BSD-3-Clause", "lgpio": "Unlicense", "pyasynchat": "PSF-2.0", "pyasyncore": "PSF-2.0", "pyftpdlib": "MIT",
    "pyobjc-core": "MIT", "pyobjc-framework-cocoa": "MIT", "pyobjc-framework-corebluetooth": "MIT",
    "pyobjc-framework-libdispatch": "MIT", "pyrage": "MIT", "segno": "BSD-3-Clause", "aiomqtt": "BSD-3-Clause",
    "trove-classifiers": "Apache-2.0", "uvloop": "MIT OR Apache-2.0", "aiohappyeyeballs": "PSF-2.0",
    "pyasn1-modules": "BSD-2-Clause", "requests-oauthlib": "ISC", "editables": "MIT",
}  # fmt: skip
"""Where the metadata says nothing, too little, or the package is not for this machine: what its LICENSE file says."""

BUNDLED = {
    "av": {
        "FFmpeg": ("LGPL-3.0-or-later", "libav(codec|device|filter|format|util)|libsw(resample|scale)"),
        "x264": ("GPL-2.0-or-later", "libx264"),
        "x265": ("GPL-2.0-or-later", "libx265"),
        "dav1d": ("BSD-2-Clause", "libdav1d"),
        "SVT-AV1": ("BSD-3-Clause", "libSvtAv1Enc"),
        "libvpx": ("BSD-3-Clause", "libvpx"),
        "libwebp": ("BSD-3-Clause", "libwebp(mux)?|libsharpyuv"),
        "LAME": ("LGPL-2.1-or-later", "libmp3lame"),
        "opencore-amr": ("Apache-2.0", "libopencore-amr(nb|wb)"),
        "Opus": ("BSD-3-Clause", "libopus"),
        "GnuTLS": ("LGPL-2.1-or-later", "libgnutls"),
        "Nettle": ("LGPL-3.0-or-later", "libnettle|libhogweed"),
        "GMP": ("LGPL-3.0-or-later", "libgmp"),
        "libunistring": ("LGPL-3.0-or-later", "libunistring"),
        "oneVPL": ("MIT", "libvpl"),
        "ALSA": ("LGPL-2.1-or-later", "libasound"),
        "XCB": ("MIT", "libxcb(-.+)?|libXau"),
        "libdrm": ("MIT", "libdrm"),
    },
    "opencv-contrib-python-headless": {
        "FFmpeg": ("LGPL-2.1-or-later", "libav(codec|device|filter|format|util)|libsw(resample|scale)"),
        "libvpx": ("BSD-3-Clause", "libvpx"),
        "AOM": ("BSD-2-Clause", "libaom"),
        "libavif": ("BSD-2-Clause", "libavif"),
        "OpenSSL 1.1.1": ("OpenSSL", "libcrypto|libssl"),
        "OpenBLAS": ("BSD-3-Clause", "libopenblasp-r0|libopenblas"),
        "libgfortran": ("GPL-3.0-or-later WITH GCC-exception-3.1", "libgfortran|libquadmath"),
        "libpng": ("libpng-2.0", "libpng16"),
        "libdrm": ("MIT", "libdrm"),
    },
    "numpy": {
        "OpenBLAS": ("BSD-3-Clause", "libscipy_openblas64_|libopenblas.*"),
        "libgfortran": ("GPL-3.0-or-later WITH GCC-exception-3.1", "libgfortran|libquadmath"),
    },
    "ncnn": {"libgomp": ("GPL-3.0-or-later WITH GCC-exception-3.1", "libgomp")},
    "lgpio": {"lgpio": ("Unlicense", "liblgpio")},
    "simplejpeg": {"libjpeg-turbo": ("IJG AND BSD-3-Clause AND Zlib", "libjpeg|libturbojpeg")},
}
"""What wheels carry inside: name, licence, and how its files are called in the wheel's `.libs` folder."""

_HEAD = """# Licences

What Hearthwatch (Apache-2.0) ships with, by `make sbom` from the locks; for programs the same is in [sbom.json](sbom.json)
(CycloneDX), which lies in the wheel, too. Nothing here keeps you from using, changing or passing on Hearthwatch. Two things
to know: *python-telegram-bot* and *zeroconf* are LGPL, so you may replace them by versions of your own; and the wheels of PyAV
and OpenCV carry libraries under the LGPL and GPL (x264, x265). pip fetches those from their makers; whoever hands out an image
with them inside gives that image under GPL-3.0, which Apache-2.0 allows.
"""
_LINE = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)(?: *; *([^\\]*[^\\ ]))?", re.MULTILINE)
_PHRASES = {
    "MIT License": "MIT", "Apache 2.0": "Apache-2.0", "Apache License, Version 2.0": "Apache-2.0", "BSD": "BSD-3-Clause",
    "BSD-3": "BSD-3-Clause", "3-Clause BSD License": "BSD-3-Clause", "ISC License": "ISC", "BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0", "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0",
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Part:
    """One package as a lock pins it; `marker` says for which machines."""

    kind: str
    name: str
    version: str
    licence: str
    marker: str = ""

    @property
    def purl(self) -> str:
        return f"pkg:{self.kind}/{self.name.replace('@', '%40')}@{self.version}"


def locked_python() -> list[tuple[str, str, str]]:
    """Return name, version and marker of every package requirements.lock pins."""
    return [(name, version, (marker or "").strip()) for name, version, marker in _LINE.findall(LOCK.read_text())]


def locked_ui() -> list[tuple[str, str, str]]:
    """Return name, version and licence of every package that becomes a part of the page."""
    packages = json.loads(UI_LOCK.read_text())["packages"]
    return [
        (path.removeprefix("node_modules/"), each["version"], each["license"])
        for path, each in packages.items()
        if path and not each.get("dev")
    ]


def licence_of(name: str) -> str:
    """Return the SPDX expression of a Python package. Raises LookupError when it says none that we know."""
    if name in SAID_ELSEWHERE:
        return SAID_ELSEWHERE[name]
    if name.startswith("winrt-"):
        return "MIT"
    said = importlib.metadata.metadata(name)
    if expression := said.get("License-Expression"):
        return expression
    classified = [one.split(" :: ")[-1] for one in said.get_all("Classifier") or [] if one.startswith("License ::")]
    for phrase in (said.get("License") or "", *classified):
        known = _PHRASES.get(phrase, phrase)
        if is_known(known):
            return known
    raise LookupError(f"{name}: what licence? It says {said.get('License')!r} {classified}: look, and add it to SAID_ELSEWHERE")


def terms(expression: str) -> list[list[str]]:
    """Return an expression as alternatives, each a list of what holds together."""
    plain = expression.replace("(", " ").replace(")", " ")
    return [[term.strip() for term in either.split(" AND ")] for either in plain.split(" OR ")]


def is_known(expression: str) -> bool:
    return any(all(term in ALLOWED for term in either) for either in terms(expression))


def parts() -> list[Part]:
    """Return everything that ships."""
    python = [Part("pypi", name, version, licence_of(name), marker) for name, version, marker in locked_python()]
    page = [Part("npm", name, version, licence) for name, version, licence in locked_ui()]
    return sorted([*python, *page])


def sbom(found: list[Part]) -> str:
    """Return the CycloneDX document; the same for the same locks, on every machine and day."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (LOCK, UI_LOCK)}
    components = []
    for part in found:
        properties = [{"name": "hearthwatch:marker", "value": part.marker}] if part.marker else []
        inside = [
            {"type": "library", "name": name, "licenses": [{"expression": licence}]}
            for name, (licence, _files) in sorted(BUNDLED.get(part.name, {}).items())
        ]
        components.append(
            {
                "type": "library",
                "bom-ref": part.purl,
                "name": part.name,
                "version": part.version,
                "purl": part.purl,
                "scope": "optional" if part.marker else "required",
                "licenses": [{"expression": part.licence}],
                **({"properties": properties} if properties else {}),
                **({"components": inside} if inside else {}),
            }
        )
    main = {"type": "application", "bom-ref": "hearthwatch", "name": project["name"], "version": project["version"]}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([digests, components]))}",
        "version": 1,
        "metadata": {
            "component": {**main, "licenses": [{"expression": project["license"]}]},
            "properties": [{"name": f"hearthwatch:sha256:{name}", "value": value} for name, value in sorted(digests.items())],
        },
        "components": components,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def licences(found: list[Part]) -> str:
    """Return the list for a person."""
    lines = [
        _HEAD,
        "| package | version | licence | for |",
        "|---|---|---|---|",
    ]
    lines += [f"| {one.name} | {one.version} | {one.licence} | {one.marker or 'all'} |" for one in found]
    lines += ["", "Inside wheels:", "", "| wheel | carries | licence |", "|---|---|---|"]
    for wheel, inside in sorted(BUNDLED.items()):
        lines += [f"| {wheel} | {name} | {licence} |" for name, (licence, _files) in sorted(inside.items())]
    return "\n".join([*lines, ""])


def main() -> int:
    found = parts()
    wanted = {SBOM: sbom(found), LICENCES: licences(found)}
    if "--check" in sys.argv:
        stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not what the locks say: make sbom", file=sys.stderr)
        return int(bool(stale))
    for path, text in wanted.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
