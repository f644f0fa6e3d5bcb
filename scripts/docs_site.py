"""Builds the documentation site into build/site: `make site`.

The pages are copied first, because they link to what is not a page: tests, sources, the changelog. Those files are copied
along, so that every link of the site leads somewhere on the site. Fails on any warning.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
BESIDE = {"CHANGELOG.md": "changelog.md", "SECURITY.md": "report-a-hole.md"}
"""Files of the project's root that are pages of the site, by another name."""
ASSETS = (DOCS / "theme" / "hearth.css", ROOT / "ui" / "public" / "hearth.svg")
KEPT = {".json", ".gz", ".webp", ".png", ".svg"}
LINK = re.compile(r"(\]\()([^)\s#:/][^)\s#:]*)(#[^)\s]*)?(\))")
FENCE = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)
FOREIGN = re.compile(r"https?://(?:unpkg\.com|api\.github\.com|cdn\.jsdelivr\.net)[^\"'`\s]*")
"""Where the theme's script would fetch diagrams, a playground and a repository's stars from, none of which is used here."""


class NotBuilt(Exception):
    """What is wrong with the pages, for who writes them."""


class Page(NamedTuple):
    source: Path
    target: Path


def pages() -> list[Page]:
    """Return every page with its place below build/pages."""
    found = [Page(path, path.relative_to(DOCS)) for path in sorted(DOCS.rglob("*.md"))]
    return found + [Page(ROOT / name, Path(target)) for name, target in BESIDE.items()]


def stage(to: Path) -> None:
    """Write every page and picture into `to`, anew. Raises NotBuilt for a link that leads nowhere."""
    shutil.rmtree(to, ignore_errors=True)
    for path in DOCS.rglob("*"):
        inside = path.relative_to(DOCS)
        if path.is_file() and path.suffix in KEPT:
            (to / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to / inside)
    (to / "assets").mkdir()
    for asset in ASSETS:
        shutil.copyfile(asset, to / "assets" / asset.name)
    places = {page.source: page.target for page in pages()}
    for page in pages():
        (to / page.target).parent.mkdir(parents=True, exist_ok=True)
        (to / page.target).write_text(_linked(page, places, to))


def _linked(page: Page, places: dict[Path, Path], to: Path) -> str:
    def follow(found: re.Match[str]) -> str:
        before, link, anchor, after = found.groups()
        target = (page.source.parent / link).resolve()
        if target in places:
            inside = places[target]
        elif target.is_relative_to(DOCS) and target.is_file():
            inside = target.relative_to(DOCS)
        elif target == ROOT / "README.md":
            inside = Path("index.md")
        elif target == DOCS / "decisions":
            inside = Path("decisions/index.md")
        elif target.is_relative_to(ROOT) and target.is_file():
            inside, anchor = _beside(target, to), ""
        else:
            raise NotBuilt(f"{page.source.relative_to(ROOT)}: {link} leads nowhere")
        up = "../" * (len(page.target.parts) - 1)
        return f"{before}{up}{inside.as_posix()}{anchor or ''}{after}"

    parts = FENCE.split(page.source.read_text())
    return "".join(part if part.lstrip().startswith("```") else LINK.sub(follow, part) for part in parts)


def _beside(source: Path, to: Path) -> Path:
    """Copy a file of the project that is not a page to where a browser shows it as text; return its place."""
    inside = Path("source") / source.relative_to(ROOT).parent / (source.name + ".txt")
    (to / inside).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, to / inside)
    return inside


def build(work: Path) -> Path:
    """Build the site in the folder `work` and return where it is. Raises NotBuilt when the builder was not content."""
    stage(work / "pages")
    shutil.copyfile(DOCS / "zensical.toml", work / "zensical.toml")
    shutil.copytree(DOCS / "theme", work / "theme", dirs_exist_ok=True)
    site = work / "site"
    shutil.rmtree(site, ignore_errors=True)
    command = [Path(sys.executable).with_name("zensical"), "build", "--clean", "--strict"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    said = done.stdout + done.stderr
    if done.returncode or "warning" in said.lower():
        raise NotBuilt(said)
    for script in site.rglob("*.js"):
        script.write_text(FOREIGN.sub("about:blank", script.read_text()))
    return site


def main() -> None:
    try:
        site = build(ROOT / "build")
    except NotBuilt as error:
        sys.exit(f"{error}\nThe site was not built: mend what is said above.")
    count = len(list(site.rglob("*.html")))
    print(f"{count} pages in build/site. To read them: .venv/bin/python -m http.server --bind 127.0.0.1 -d build/site 8099")


if __name__ == "__main__":
    main()
