from __future__ import annotations

import re
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.feeds.packet import Stream
from hearthwatch.feeds.source import SourceKind
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.config import MAX_FILE_BYTES, TREE, Config, Reader, Record, Transport, load, parse
from hearthwatch.run.config_checks import url_fault
from hearthwatch.run.config_keys import Cost, keys
from hearthwatch.run.sources import kind_of, sources

FRONT = '[camera.front]\nmain = "rtsp://192.168.1.20/main"\n'


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigFault) as caught:
        parse(text, "h.toml")
    return str(caught.value).splitlines()


def test_an_empty_file_is_the_demo_camera() -> None:
    config = parse("")
    assert list(config.cameras) == ["demo"]
    assert config.cameras["demo"].main == "demo://street?seed=1"
    assert config.cameras["demo"].sub == "demo://street?seed=1"
    assert list(config.cameras["demo"].labels) == ["person", "car", "dog", "cat"]


def test_a_missing_file_is_an_empty_one(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml") == parse("")


def test_the_demo_camera_obeys_the_defaults_of_all_cameras() -> None:
    assert parse("[camera_defaults]\nrecord = 'never'").cameras["demo"].record is Record.NEVER


def test_a_whole_file() -> None:
    config = parse(
        """
[home]
name = "Lodge"
timezone = "Europe/Berlin"
networks = ["192.168.1", "fd00::/8"]
[camera_defaults]
user = "watch"
motion.sensitivity_frac = 0.05
[camera_defaults.labels]
car = false
bus = true
[camera_defaults.labels.person]
min_score = 0.6
[camera.front]
main = "rtsp://192.168.1.20:554/main?channel=1"
sub = "rtsp://192.168.1.20:554/sub"
transport = "udp"
motion.masks = [[[0, 0], [0.5, 0], [0, 0.5]]]
[camera.front.labels.person]
min_area_frac = 0.01
[camera.front.zones.drive]
points = [[0, 0], [1, 0], [1, 1]]
labels = ["person"]
[camera.back]
main = "http://192.168.1.21/snap.jpg"
poll_s = 2
user = ""
motion.sensitivity_frac = 0.1
labels.dog = false
[storage]
keep_event_days = 60
[web]
port = 0
"""
    )
    front, back = config.cameras["front"], config.cameras["back"]
    assert (config.home.name, config.home.networks) == ("Lodge", ("192.168.1", "fd00::/8"))
    assert (front.user, back.user) == ("watch", "")
    assert (front.motion.sensitivity_frac, back.motion.sensitivity_frac) == (0.05, 0.1)
    assert front.motion.masks == (((0.0, 0.0), (0.5, 0.0), (0.0, 0.5)),)
    assert set(front.labels) == {"person", "dog", "cat", "bus"}
    assert set(back.labels) == {"person", "cat", "bus"}
    assert (front.labels["person"].min_score, front.labels["person"].min_area_frac) == (0.6, 0.01)
    assert front.zones["drive"].labels == ("person",)
    assert config.storage.keep_event_days == 60
    assert config.web.port == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[cameras.x]\nmain = 1", 'h.toml:1: cameras: no such setting; did you mean "camera"?'),
        (FRONT + "mian = 'x'", 'h.toml:3: camera.front.mian: no such setting; did you mean "main"?'),
        (FRONT + "transport = 'ucp'", 'h.toml:3: camera.front.transport: must be one of "tcp" or "udp"; did you mean "udp"?'),
        (FRONT + "enabled = 'yes'", "h.toml:3: camera.front.enabled: must be true or false"),
        (FRONT + 'name = "a\\nb"', "h.toml:3: camera.front.name: must be one line of at most 60 ordinary characters"),
        ("[home]\nname = '" + "x" * 61 + "'", "h.toml:2: home.name: must be one line of at most 60 ordinary characters"),
        (FRONT + "poll_s = -1", "h.toml:3: camera.front.poll_s: must be at least 0, is -1"),
        (FRONT + "user = 5", 'h.toml:3: camera.front.user: must be text in quotes: "…"'),
        (FRONT + "motion = 5", "h.toml:3: camera.front.motion: must be a section of its own: [section] or { … }"),
        (FRONT + "motion = true", "h.toml:3: camera.front.motion: must be a section of its own: [section] or { … }"),
        (FRONT + "sensitivity_frac = 1", "h.toml:3: camera.front.sensitivity_frac: no such setting here; it belongs in [camera.front.motion]"),
        (FRONT + "motion = { sensitivity_frac = 2 }", "h.toml:3: camera.front.motion.sensitivity_frac: must be at most 1, is 2"),
        (FRONT + "motion.masks = [\n [[0, 0], [1, 1], [0,\n 2]]]", "h.toml:4: camera.front.motion.masks[0][2]: a corner lies between [0, 0] (top left) and [1, 1] (bottom right)"),
        (FRONT + "motion.masks = [[[0, 0], [1, 1]]]", "h.toml:3: camera.front.motion.masks[0]: needs at least three corners, has 2"),
        (FRONT + "zones.a.points = [[0], [0, 1], [1, 1]]", "h.toml:3: camera.front.zones.a.points[0][1]: is missing from the list"),
        (FRONT + "zones.a.points = []", "h.toml:3: camera.front.zones.a.points: needs at least three corners, has 0"),
        (FRONT + "zones.a = {points=[[0,0],[0,1],[1,1]], labels=['persn']}", 'h.toml:3: camera.front.zones.a.labels[0]: this camera does not look for that label; did you mean "person"?'),
        (FRONT + "zones.'My Drive'.points=[[0,0],[0,1],[1,1]]", "h.toml:3: camera.front.zones.\"My Drive\": is no name for a zone: use 1 to 32 of a-z, 0-9 and '-'; \"my-drive\" would do"),
        (FRONT + "labels.persn = true", 'h.toml:3: camera.front.labels.persn: no model knows this label; did you mean "person"?'),
        (FRONT + "[camera.front.labels]\nzorro = true", "h.toml:4: camera.front.labels.zorro: no model knows this label; the commonest are person, car, truck, bus, motorcycle, bicycle, dog, cat, bird, horse"),
        ("[camera.front]\nuser = 'x'", "h.toml:1: camera.front.main: is missing: say where the camera's stream is, or its `snapshot` and a `trigger`"),
        ("camera = 5", "h.toml:1: camera: must be a section of its own: [section] or { … }"),
        ("[camera]\nfront = 5", "h.toml:2: camera.front: must be a section of its own: [section] or { … }"),
        ("camera_defaults = 5", "h.toml:1: camera_defaults: must be a section: [camera_defaults]"),
        ("[home]\nkeep_event_days = 3", "h.toml:2: home.keep_event_days: no such setting here; it belongs in [storage]"),
        ("[home]\ntimezone = 'Europe/Berln'", 'h.toml:2: home.timezone: no such time zone; did you mean "Europe/Berlin"?'),
        ("[home]\ntimezone = '../../etc/passwd'", 'h.toml:2: home.timezone: no such time zone; it looks like "Europe/Berlin"'),
        ("[home]\nnetworks = ['10.0.0.0/8',\n '300.1']", 'h.toml:3: home.networks[1]: is no network: write "192.168.1.0/24" or "192.168.1"'),
        (FRONT + "alerts.labels = ['motion', 'prson']", 'h.toml:3: camera.front.alerts.labels[1]: no model knows this label; did you mean "person"?'),
        ("[alerts.webhook]\nurl = 'https://u:canary@h/x'", "h.toml:2: alerts.webhook.url: holds a password or user name: secrets do not belong in this file"),
        (FRONT + "power.off_url = 'http://u:canary@plug/off'", "h.toml:3: camera.front.power.off_url: holds a password or user name: secrets do not belong in this file"),
        (FRONT + "power.on_url = 'plug'", "h.toml:3: camera.front.power.on_url: must be an address such as https://example.org/path"),
        ("[alerts.telegram]\napi_base = 'telegram'", "h.toml:2: alerts.telegram.api_base: must be an address such as https://example.org/path"),
        ("[alerts.telegram]\ntoken = 'canary'", "h.toml:2: alerts.telegram.token: secrets do not belong in this file: take it out and run `hearthwatch secrets set alerts.telegram.token`"),
        ("[alerts.email]\nhost = 'h'\nto = ['a@b', 'a@b\\nBcc: c@d']".replace("'a@b\\", '"a@b\\').replace("c@d']", 'c@d"]'), "h.toml:3: alerts.email.to[1]: is no e-mail address"),
        ("[alerts.email]\nto = ['a@b']", "h.toml:1: alerts.email: has addresses to write to but no `host`: name your provider's outgoing mail server"),
        ("[storage]\nsegment_s = nan", "h.toml:2: storage.segment_s: must be more than 1, is nan"),
        ("[web]\nport = 8080.5", "h.toml:2: web.port: must be a whole number"),
        ("[web]\nport = 1979-05-27", "h.toml:2: web.port: must be a whole number"),
        ("a = 1\na = 2", "h.toml:2: not TOML: cannot overwrite a value"),
        ("[home]\nname = Lodge", 'h.toml:2: not TOML: invalid value (text needs quotes: name = "front door")'),
        ("[home\n", "h.toml:1: not TOML: expected ']' at the end of a table declaration"),
        ("x = 1\ny = [1,\n", "h.toml:2: not TOML: the file ends in the middle of a value: close its quote or bracket"),
    ],
)  # fmt: skip
def test_a_mistake_names_line_key_and_cure(text: str, expected: str) -> None:
    assert mistakes(text) == [expected]


def test_all_mistakes_come_at_once_in_the_order_of_the_file() -> None:
    found = mistakes(FRONT + "mian = 1\npoll_s = -1\n[detect]\nmax_per_s = 0\n[hom]\n")
    assert [line.split(": ")[0] for line in found] == ["h.toml:3", "h.toml:4", "h.toml:6", "h.toml:7"]


def test_an_inherited_mistake_is_told_once_where_it_was_written() -> None:
    text = "[camera_defaults]\nmotion.sensitivty = 1\npoll_s = -1\n" + FRONT + '[camera.back]\nmain = "rtsp://10.0.0.1"\n'
    assert mistakes(text) == [
        'h.toml:2: camera_defaults.motion.sensitivty: no such setting; did you mean "sensitivity_frac"?',
        "h.toml:3: camera_defaults.poll_s: must be at least 0, is -1",
    ]


def test_a_mistake_in_the_defaults_counts_even_where_every_camera_overrides_it() -> None:
    text = "[camera_defaults]\npoll_s = -1\n" + FRONT + "poll_s = 1\n"
    assert mistakes(text) == ["h.toml:2: camera_defaults.poll_s: must be at least 0, is -1"]


def test_of_two_lists_the_cameras_own_is_blamed() -> None:
    zone = "zones.a.points = [[0, 0], [1, 1], [1, {}]]\n"
    text = "[camera_defaults]\n" + zone.format(0) + FRONT + zone.format(7)
    assert mistakes(text)[0].startswith("h.toml:5: camera.front.zones.a.points[2]:")


@pytest.mark.parametrize("key", ["password", "pasword", "api_key", "telegram_token"])
def test_sec_35_a_secret_in_the_file_is_refused_and_never_repeated(key: str) -> None:
    (line,) = mistakes(FRONT + f'{key} = "hunter2-canary"')
    assert line == (
        f"h.toml:3: camera.front.{key}: secrets do not belong in this file: take it out and run "
        "`hearthwatch secrets set camera.front.password`"
    )


@pytest.mark.parametrize(
    "value",
    [
        "rtsp://admin:canary@192.168.1.20/x",
        "rtsp://canary@192.168.1.20/x",
        "rtsp://admin:can/ary@192.168.1.20/x",
        "rtsp://admin:can#ary@192.168.1.20/x",
        "http://192.168.1.20/video.cgi?user=admin&pwd=canary",
        "http://192.168.1.20/video.cgi?token=canary",
        "rtsp://192.168.1.20:canary/x",
        "canary",
        "rtsp://admin:can ary@192.168.1.20",
        "rtsp://admin:canary\\n@192.168.1.20",
        "canary://192.168.1.20",
    ],
)
def test_no_fault_repeats_what_may_be_a_password(value: str) -> None:
    (line,) = mistakes(f'[camera.front]\nmain = "{value}"')
    assert line.startswith("h.toml:2: camera.front.main: ")
    assert "ary" not in line.replace("necessary", "")


def test_credentials_in_an_address_come_with_the_command_to_run() -> None:
    (line,) = mistakes('[camera.front]\nmain = "rtsp://admin:hunter2@192.168.1.20/x"')
    assert "`hearthwatch secrets set camera.front.password`" in line
    (line,) = mistakes('[camera_defaults]\nmain = "rtsp://admin:hunter2@192.168.1.20/x"')
    assert "`hearthwatch secrets set camera.NAME.password`" in line


GOOD = [
    "rtsp://192.168.1.20/main",
    "RTSP://camera.lan:8554/cam@main/1?channel=1&subtype=0",
    "rtsps://[fd00::1]:322/x",
    "https://cam-1.example.org/video.cgi",
    "v4l2:///dev/video0",
    "v4l2:///dev/video0?size=1280x720&fps=15&format=mjpeg",
    "v4l2:///dev/v4l/by-id/usb-046d_HD_Pro-video-index0",
    "file:///home/me/clip.mp4",
    "demo://street?seed=1&walker=0",
]
BAD = [
    "", "-rtsp://x", "--help", "x", "rtsp:", "rtsp://", "rtsp:///path", "rtsp://-h/x", "rtsp://a b/", "rtsp://a\tb/", "rtsp://a/\n",
    "rtsp://a/\x00", "rtsp://a/\x7f", "rtsp://a/`id`", "rtsp://a/'x'", 'rtsp://a/"x"', "rtsp://a\\b", "rtsp://h:99999/", "rtsp://h:0/",
    "rtsp://h:x/", "rtsp://[::1", "rtsp://hö/", "rtsp://0.0.0.0/", "rtsp://224.0.0.1/", "rtsp://2130706433/", "rtsp://127.1/",
    "rtsp://0x7f.0.0.1/", "rtsp://0177.0.0.1/", "rtsp://[::]/", "v4l2:///etc/passwd", "v4l2:///dev/video0;id", "v4l2:///dev/video0?szie=1x1", "v4l2:///dev/../dev/video0",
    "v4l2://host/dev/video0", "file://host/x", "file://x", "file:///a/../../etc/shadow", "demo://", "demo://$(id)", "exec:ls", "exec://ls",
    "concat:a|b", "tcp://1.2.3.4", "udp://1.2.3.4", "pipe:0", "data://x", "ftp://h/x", "gopher://h", "javascript://x", "rtsp://" + "a" * 3000,
]  # fmt: skip
LOCAL = [
    "rtsp://127.0.0.1/", "rtsp://127.9.9.9/", "http://localhost:80/", "http://LOCALHOST./", "http://x.localhost/", "rtsp://[::1]/",
    "rtsp://[::ffff:127.0.0.1]/", "rtsp://ip6-localhost/",
]  # fmt: skip


@pytest.mark.parametrize("url", GOOD)
def test_an_address_of_a_camera_is_taken(url: str) -> None:
    assert url_fault(url, camera="front", allow_loopback=False) is None


@pytest.mark.parametrize("url", BAD)
def test_sec_16_what_is_no_address_is_refused(url: str) -> None:
    assert url_fault(url, camera="front", allow_loopback=True)


@pytest.mark.parametrize("url", LOCAL)
def test_sec_17_this_machine_is_no_camera_unless_allowed(url: str) -> None:
    assert "allow_loopback = true" in (url_fault(url, camera="front", allow_loopback=False) or "")
    assert url_fault(url, camera="front", allow_loopback=True) is None


@given(st.text(max_size=60), st.sampled_from(["", "rtsp://", "http://", "rtsp://u:p@", "file:///", "v4l2:///dev/", "demo://"]))
def test_sec_16_any_text_gets_an_answer_and_what_passes_is_plain(rest: str, prefix: str) -> None:
    url = prefix + rest
    if url_fault(url, camera="front", allow_loopback=True) is None:
        assert url.isascii()
        assert url.isprintable()
        assert " " not in url
        assert not url.startswith("-")


@given(st.text(max_size=200))
def test_any_text_is_a_configuration_or_a_fault(text: str) -> None:
    try:
        assert isinstance(parse(text), Config)
    except ConfigFault as fault:
        assert all(line.startswith("hearthwatch.toml") for line in str(fault).splitlines())


TOML_VALUE = st.recursive(
    st.none().map(lambda _: "x") | st.booleans() | st.integers(-5, 5) | st.floats() | st.text("ab/:.", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=6,
)
SECTIONS = sorted({key.path for key in keys({"camera": TREE["camera"]})})


@given(st.sampled_from(SECTIONS), TOML_VALUE)
def test_any_value_anywhere_gets_a_configuration_or_a_fault_in_words(path: tuple[str, ...], value: object) -> None:
    document: dict[str, object] = {"camera": {"NAME": {"main": "rtsp://10.0.0.1"}}}
    table: dict[str, object] = document
    for name in path[:-1]:
        table = table.setdefault(name, {})  # type: ignore[assignment]
    table[path[-1]] = value
    try:
        parse(tomlkit.dumps(document).replace("NAME", "front"))
    except ConfigFault as fault:
        assert "is not valid (" not in str(fault)
        assert "pydantic" not in str(fault)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xfe", "not UTF-8 text at byte 0"),
        (b"#" * (MAX_FILE_BYTES + 1), "over 1048576 bytes"),
        (b"a = " + b"[" * 5000, "too deep"),
        (b"a = " + b"[" * 300 + b"]" * 300, "too deep"),
        (b"a = " + b"{a = " * 15 + b"1" + b"}" * 15, "too deep"),
        (b"[web]\nport = 1" + b"0" * 5000, "too long"),
        (b"[web]\nport = 1" + b"0" * 50, "web.port: must be at most 65535"),
    ],
)
def test_what_is_no_text_file_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "hearthwatch.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigFault, match=words):
        load(path)


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="cannot be read"):
        load(tmp_path)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "hearthwatch.toml"
    path.write_bytes(b"\xef\xbb\xbf[home]\r\nname = 'Lodge'\r\n")
    assert load(path).home.name == "Lodge"


def test_sources_carry_login_and_kind(tmp_path: Path) -> None:
    store = Secrets(tmp_path)
    store.set("camera.front.password", "hunter2-canary")
    config = parse(
        FRONT + 'sub = "rtsp://192.168.1.20/sub"\nuser = "admin"\n'
        '[camera.off]\nmain = "rtsp://192.168.1.21/x"\nenabled = false\n'
        '[camera.still]\nmain = "http://192.168.1.22/snap.jpg"\npoll_s = 3\nallow_loopback = true\n'
    )
    found = sources(config, store)
    assert [(source.camera, source.stream, source.kind) for source in found] == [
        ("front", Stream.MAIN, SourceKind.RTSP),
        ("front", Stream.SUB, SourceKind.RTSP),
        ("still", Stream.MAIN, SourceKind.JPEG),
    ]
    assert (found[0].user, found[0].password) == ("admin", "hunter2-canary")
    assert "hunter2-canary" not in repr(found)
    assert (found[2].password, found[2].poll_s, found[2].allow_loopback) == ("", 3.0, True)


@pytest.mark.parametrize(
    ("url", "settings", "kind"),
    [
        ("rtsp://h/", "", SourceKind.RTSP),
        ("rtsps://h/", "", SourceKind.RTSP),
        ("rtsp://h/", "transport = 'udp'", SourceKind.RTSP),
        ("rtsp://h/", "reader = 'libav'", SourceKind.LIBAV),
        ("http://h/", "", SourceKind.MJPEG),
        ("https://h/", "poll_s = 1", SourceKind.JPEG),
        ("http://h/", "reader = 'libav'", SourceKind.LIBAV),
        ("v4l2:///dev/video0", "", SourceKind.V4L2),
        ("file:///a.mp4", "reader = 'libav'", SourceKind.FILE),
        ("demo://street", "", SourceKind.DEMO),
    ],
)
def test_the_kind_of_a_source(url: str, settings: str, kind: SourceKind) -> None:
    camera = parse(f'[camera.a]\nmain = "{url}"\n{settings}').cameras["a"]
    assert kind_of(camera, camera.main) is kind
    assert camera.transport in Transport
    assert camera.reader in Reader


def test_every_setting_is_documented_and_says_what_a_change_costs() -> None:
    for key in keys(TREE):
        assert key.doc, f"{'.'.join(key.path)} has no text below it"
        assert isinstance(key.cost, Cost), f"{'.'.join(key.path)} does not say `Change: …`"


def test_the_example_of_the_readme_is_right() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    config = parse(example)
    assert list(config.cameras) == ["front"]
    assert config.cameras["front"].user
