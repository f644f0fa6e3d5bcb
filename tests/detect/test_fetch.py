"""Fetching from a pinned source: right files arrive whole, anything else leaves nothing behind."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hearthwatch.detect.fetch import SOURCE, download, fetch, url_of
from hearthwatch.detect.model import MODELS
from hearthwatch.detect.store import FileState, Store
from hearthwatch.kit.errors import BadReply, StorageFailed, Unreachable

from .models import PARAM, WEIGHTS, made_up, place

MODEL = made_up(param=PARAM, weights=WEIGHTS)


def _from(**files):
    """A Downloader that serves `files` in pieces of 1000 bytes and notes what it was asked."""
    asked = []

    def serve(url):
        asked.append(url)
        data = files[url.rsplit("/", 1)[1].removesuffix(".bin")]
        for start in range(0, len(data), 1000):
            yield data[start : start + 1000]

    return serve, asked


def test_only_what_is_missing_or_wrong_is_asked_for_at_the_pinned_commit(tmp_path):
    place(tmp_path, param=PARAM, weights=b"old")
    serve, asked = _from(param=PARAM, weights=WEIGHTS)
    store = Store(folder=tmp_path)

    fetch(MODEL, store, download=serve)

    assert asked == [f"{SOURCE}/someone/something/{'0' * 40}/a%20folder/weights.bin"]
    assert store.read(MODEL) == (PARAM, WEIGHTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["param.bin", "weights.bin"]


def test_the_default_models_address():
    assert url_of(MODELS[0].files[0]) == (
        "https://raw.githubusercontent.com/Qengineering/NanoDetPlus-ncnn-Raspberry-Pi-4/"
        "25654004a310a7bdc3217e071005fa45b3367627/nanodet-plus-m_416.param"
    )


@pytest.mark.parametrize("body", [WEIGHTS[:-1] + b"S", WEIGHTS[:-1], b""], ids=["changed", "cut short", "empty"])
def test_a_wrong_file_is_not_kept(tmp_path, body):
    serve, _asked = _from(param=PARAM, weights=body)
    store = Store(folder=tmp_path)
    with pytest.raises(BadReply, match=r"weights\.bin came with .* another sha256"):
        fetch(MODEL, store, download=serve)
    assert [path.name for path in tmp_path.iterdir()] == ["param.bin"]


def test_an_endless_file_is_cut_at_the_size_we_know(tmp_path):
    taken = []

    def endless(_url):
        while True:
            taken.append(1)
            yield bytes(1000)

    with pytest.raises(BadReply, match="longer than the 7000 bytes"):
        fetch(made_up(weights=WEIGHTS), Store(folder=tmp_path), download=endless)
    assert len(taken) == 8
    assert list(tmp_path.iterdir()) == []


def test_a_break_in_the_middle_leaves_nothing(tmp_path):
    def broken(_url):
        yield WEIGHTS[:1000]
        raise Unreachable("the line is cut")

    with pytest.raises(Unreachable):
        fetch(made_up(weights=WEIGHTS), Store(folder=tmp_path), download=broken)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    serve, _asked = _from(weights=WEIGHTS)
    with pytest.raises(StorageFailed, match="writing"):
        fetch(made_up(weights=WEIGHTS), Store(folder=tmp_path / "file" / "models"), download=serve)


def test_only_web_addresses_are_opened(tmp_path):
    (tmp_path / "secret").write_bytes(b"x")
    with pytest.raises(BadReply, match="no web address"):
        next(download(f"file://{tmp_path}/secret"))


@contextmanager
def _server(answers):
    """Serves {path: body or status} on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # the name http.server calls
            answer = answers.get(self.path, 404)
            body = answer if isinstance(answer, bytes) else b"no"
            self.send_response(200 if isinstance(answer, bytes) else answer)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _path(name):
    return f"/someone/something/{'0' * 40}/a%20folder/{name}.bin"


@pytest.mark.wired
def test_over_http(tmp_path):
    store = Store(folder=tmp_path / "models")
    with _server({_path("param"): PARAM, _path("weights"): WEIGHTS}) as base:
        fetch(MODEL, store, base=base + "/")
    assert store.state(MODEL) is FileState.PRESENT


@pytest.mark.wired
def test_over_http_a_missing_file_is_told_with_its_address(tmp_path):
    store = Store(folder=tmp_path)
    with _server({_path("param"): PARAM}) as base, pytest.raises(BadReply, match=r"127\.0\.0\.1 answered 404 .*weights\.bin"):
        fetch(MODEL, store, base=base)


@pytest.mark.wired
def test_over_http_without_a_network_the_message_says_so(tmp_path):
    with _server({}) as base:
        pass
    with pytest.raises(Unreachable, match=r"cannot fetch from 127\.0\.0\.1 .*on the internet"):
        fetch(MODEL, Store(folder=tmp_path), base=base)
