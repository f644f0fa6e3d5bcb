"""The documentation site: it builds without a warning, every link leads somewhere, and a browser gets all of it from the site itself."""

from __future__ import annotations

import functools
import http.server
import re
import threading
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from playwright.async_api import async_playwright, expect
from scripts import docs_site
from tests.web.browsing import CHROMIUM

pytestmark = pytest.mark.wired

SAID = re.compile(r"(?:https?|wss?)://[\w.-]+", re.IGNORECASE)
NAMESPACES = {"http://www.w3.org"}
IN_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?([^"')]+)""")
LOADED = {"src", "srcset", "poster", "data", "background"}
LOADING_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload", "manifest"}


class Read(HTMLParser):
    """What a page loads, links to and can be linked at."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = {""}
        self.silent: list[str] = []
        self.scripts: list[str] = []
        self._in: str = ""
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in = tag
        given = {name: value or "" for name, value in attrs}
        self.loads += [given[name] for name in LOADED & given.keys()]
        if tag in {"link", "use", "image"} and "href" in given:
            if tag != "link" or LOADING_LINKS & set(given.get("rel", "").split()):
                self.loads.append(given["href"])
        elif "href" in given:
            self.links.append(given["href"])
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "img" and not given.get("alt", "").strip():
            self.silent.append(given.get("src", "?"))

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in in {"script", "style"}:
            self.scripts.append(data)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return docs_site.build(tmp_path_factory.mktemp("docs"))


@pytest.fixture(scope="module")
def read(site: Path) -> dict[Path, Read]:
    return {path.resolve(): Read(path) for path in site.rglob("*.html")}


def is_elsewhere(address: str) -> bool:
    return address.startswith("//") or bool(re.match(r"(?!data:)[a-z][a-z0-9+.-]*:", address, re.IGNORECASE))


def test_nothing_is_loaded_from_elsewhere(site: Path, read: dict[Path, Read]) -> None:
    loaded = {(path.name, address) for path, page in read.items() for address in page.loads if is_elsewhere(address)}
    assert loaded == set()
    scripts = {path.name: "\n".join(page.scripts) for path, page in read.items()}
    scripts |= {path.name: path.read_text() for path in site.rglob("*.js")}
    said = {(name, address) for name, text in scripts.items() for address in SAID.findall(text)}
    assert {(name, address) for name, address in said if address not in NAMESPACES} == set()
    styles = {(path.name, address) for path in site.rglob("*.css") for address in IN_STYLES.findall(path.read_text())}
    assert {(name, address) for name, address in styles if is_elsewhere(address)} == set()
    rule = "default-src 'self'"
    assert [path.name for path in site.rglob("*.html") if rule not in path.read_text()] == []


def test_every_link_leads_somewhere(site: Path, read: dict[Path, Read]) -> None:
    lost = []
    for path, page in read.items():
        for link in page.links + page.loads:
            if is_elsewhere(link) or link.startswith("data:"):
                continue
            name, anchor = urldefrag(unquote(link))
            base = site if name.startswith("/") else path.parent
            target = (base / name.lstrip("/")).resolve() if name else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or (target in read and unquote(anchor) not in read[target].anchors):
                lost.append((path.relative_to(site.resolve()).as_posix(), link))
    assert lost == []


def test_every_picture_is_told_in_words(read: dict[Path, Read]) -> None:
    assert {path.name: page.silent for path, page in read.items() if page.silent} == {}


def test_no_marks_are_left_in_what_is_read(site: Path) -> None:
    left = re.compile(r"^(?:\d+\.|[-*]) |\]\(|```|^\|.*\|$|\*\*\w", re.MULTILINE)
    found = []
    for path in site.rglob("*.html"):
        article = "".join(re.findall(r"<article.*?</article>", path.read_text(), re.DOTALL))
        plain = re.sub(r"<(pre|code).*?</\1>", "", article, flags=re.DOTALL)
        for part in re.findall(r"<(?:p|li|td)[^>]*>(.*?)</(?:p|li|td)>", plain, re.DOTALL):
            text = re.sub(r"<[^>]+>", "", part)
            found += [(path.name, text[:80])] if left.search(text) else []
    assert found == []


def in_navigation(entries: list[object]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict):
            for inside in entry.values():
                yield from in_navigation(inside if isinstance(inside, list) else [inside])


def test_every_page_stands_in_the_navigation_once() -> None:
    listed = list(in_navigation(tomllib.loads((docs_site.DOCS / "zensical.toml").read_text())["project"]["nav"]))
    assert sorted(listed) == sorted(page.target.as_posix() for page in docs_site.pages()), "put it into docs/zensical.toml"


@pytest.fixture
def served(site: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_words: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


async def test_a_browser_without_the_internet_misses_nothing(served: str) -> None:
    failed: list[str] = []
    asked: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        )
        page = await browser.new_page()
        page.set_default_timeout(120_000)
        page.on("request", lambda request: asked.append(request.url))
        # a script that is late asks for more when the next page is opened already, and that is aborted
        page.on("requestfailed", lambda request: failed.append(request.url) if request.failure != "net::ERR_ABORTED" else None)
        page.on("response", lambda response: failed.append(response.url) if response.status >= 400 else None)
        page.on("console", lambda message: failed.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: failed.append(str(error)))
        for name in ("index.html", "tutorial/first-alert.html", "reference/config.html"):
            await page.goto(f"{served}/{name}", wait_until="networkidle")
            assert await page.locator("h1").first.is_visible()
        wanted = page.get_by_role("textbox").or_(page.get_by_role("searchbox")).or_(page.get_by_role("combobox")).first
        await page.goto(f"{served}/index.html", wait_until="networkidle")
        while not await wanted.is_visible():  # the page's script listens some time after all of it is there
            await page.keyboard.press("Control+k")
            await page.wait_for_timeout(300)
        await wanted.fill("battery cameras")
        await expect(page.get_by_text("Battery cameras sleep").first).to_be_visible()
        await browser.close()
    assert len(asked) > 10
    assert [address for address in asked if not address.startswith((served, "data:", "blob:"))] == []
    assert failed == []
