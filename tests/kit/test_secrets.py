from __future__ import annotations

import copy
import logging
import multiprocessing
import pickle
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthwatch.kit import logs
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.secrets import MAX_VALUE_BYTES, Secret, Secrets

NAME = "camera.front.password"


@pytest.fixture
def store(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path / "data")


def test_what_is_set_is_there_for_the_next_process(store: Secrets, tmp_path: Path) -> None:
    assert store.get(NAME) is None
    assert store.names() == ()
    store.set(NAME, "hunter2")
    store.set("telegram.token", "ünï\ncode")
    again = Secrets(tmp_path / "data")
    assert again.get(NAME) == Secret("hunter2")
    assert again.get("telegram.token") == Secret("ünï\ncode")
    assert again.names() == (NAME, "telegram.token")


def test_delete(store: Secrets) -> None:
    store.set(NAME, "hunter2")
    assert store.delete(NAME)
    assert not store.delete(NAME)
    assert store.get(NAME) is None


def test_nothing_is_made_before_something_is_set(store: Secrets, tmp_path: Path) -> None:
    assert store.get(NAME) is None
    assert list(tmp_path.iterdir()) == []


def test_sec_35_files_are_private_and_hold_no_value(store: Secrets, tmp_path: Path) -> None:
    store.set(NAME, "hunter2-canary")
    files = list((tmp_path / "data").iterdir())
    assert {path.name for path in files} == {"secrets.sealed", "secrets.key", ".secrets.lock"}
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"canary" not in path.read_bytes()
        assert b"camera" not in path.read_bytes()


def test_sec_35_a_file_others_may_read_is_closed_to_them(
    store: Secrets, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store.set(NAME, "hunter2")
    sealed = tmp_path / "data" / "secrets.sealed"
    sealed.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        assert store.get(NAME) == Secret("hunter2")
    assert stat.S_IMODE(sealed.stat().st_mode) == 0o600
    assert "private again" in caplog.text


def test_the_same_value_is_sealed_differently_each_time(store: Secrets, tmp_path: Path) -> None:
    sealed = tmp_path / "data" / "secrets.sealed"
    store.set(NAME, "hunter2")
    first = sealed.read_bytes()
    store.set(NAME, "hunter2")
    assert sealed.read_bytes() != first


@settings(max_examples=40)
@given(st.data())
def test_a_changed_byte_anywhere_is_noticed_and_never_written_over(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("s")
    Secrets(folder).set(NAME, "hunter2")
    sealed = folder / "secrets.sealed"
    whole = sealed.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    broken = data.draw(
        st.sampled_from((whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], whole + b"x", b"\0" * len(whole)))
    )
    sealed.write_bytes(broken)
    for action in (
        lambda: Secrets(folder).get(NAME),
        lambda: Secrets(folder).set("b", "c"),
        lambda: Secrets(folder).delete(NAME),
    ):
        with pytest.raises(StorageFailed, match=r"secrets\.sealed") as caught:
            action()
        assert caught.value.fault is StorageFault.BROKEN
        assert "hunter2" not in str(caught.value)
    assert sealed.read_bytes() == broken


def test_another_key_or_none_is_told_and_nothing_is_written_over(store: Secrets, tmp_path: Path) -> None:
    store.set(NAME, "hunter2")
    data = tmp_path / "data"
    before = (data / "secrets.sealed").read_bytes()
    key = (data / "secrets.key").read_bytes()
    for wrong in (b"f" * 64, None, b"short", b""):
        (data / "secrets.key").unlink(missing_ok=True)
        if wrong is not None:
            (data / "secrets.key").write_bytes(wrong)
        with pytest.raises(StorageFailed, match=r"secrets\.key"):
            store.set("b", "c")
    assert (data / "secrets.sealed").read_bytes() == before
    (data / "secrets.key").write_bytes(key)
    assert store.get(NAME) == Secret("hunter2")


def test_a_systemd_credential_wins_and_is_never_deleted(tmp_path: Path) -> None:
    given_folder = tmp_path / "credentials"
    given_folder.mkdir()
    (given_folder / NAME).write_text("from-systemd\n")
    store = Secrets.open(tmp_path / "data", {"CREDENTIALS_DIRECTORY": str(given_folder)})
    store.set(NAME, "stored")
    assert store.get(NAME) == Secret("from-systemd")
    assert store.delete(NAME)
    assert store.get(NAME) == Secret("from-systemd")
    assert store.names() == (NAME,)
    assert Secrets.open(tmp_path / "data", {}).get(NAME) is None


def test_sec_35_a_key_from_systemd_seals_without_a_key_file(tmp_path: Path) -> None:
    given_folder = tmp_path / "credentials"
    given_folder.mkdir()
    (given_folder / "hearthwatch.key").write_bytes(bytes(range(32)))
    store = Secrets(tmp_path / "data", credentials=given_folder)
    store.set(NAME, "hunter2")
    assert not (tmp_path / "data" / "secrets.key").exists()
    assert store.get(NAME) == Secret("hunter2")
    assert store.names() == (NAME,)
    with pytest.raises(StorageFailed, match="sealed with another key"):
        Secrets(tmp_path / "data").get(NAME)


def test_a_store_of_the_key_file_moves_to_the_key_from_systemd_at_the_next_write(tmp_path: Path) -> None:
    Secrets(tmp_path / "data").set(NAME, "hunter2")
    given_folder = tmp_path / "credentials"
    given_folder.mkdir()
    (given_folder / "hearthwatch.key").write_bytes(bytes(range(32)))
    store = Secrets(tmp_path / "data", credentials=given_folder)
    assert store.get(NAME) == Secret("hunter2")
    store.set("other", "value")
    (tmp_path / "data" / "secrets.key").unlink()
    assert store.get(NAME) == Secret("hunter2")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".a", "-a", "A", "a b", "ä", "a" * 101, "a\0", "a\n"])
def test_a_bad_name_is_refused(store: Secrets, name: str) -> None:
    for action in (lambda: store.set(name, "v"), lambda: store.get(name), lambda: store.delete(name)):
        with pytest.raises(ValueError, match="not a name"):
            action()


@pytest.mark.parametrize("value", ["", "x" * (MAX_VALUE_BYTES + 1)])
def test_a_bad_value_is_refused(store: Secrets, value: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        store.set(NAME, value)


def test_no_way_of_showing_a_secret_shows_it() -> None:
    secret = Secret("hunter2-canary")
    shown = f"{secret} {secret!r} {secret!s} %s {[secret]} { ({'a': secret}) }" % secret
    assert "canary" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.copy(secret)
    assert secret.reveal() == "hunter2-canary"
    assert len({secret, Secret("hunter2-canary"), Secret("other")}) == 2
    assert secret != "hunter2-canary"


def test_every_value_that_passes_is_hidden_from_the_logs(store: Secrets, tmp_path: Path) -> None:
    store.set(NAME, "one-canary-value")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "x").write_text("two-canary-value")
    Secrets(tmp_path, credentials=tmp_path / "c").get("x")
    assert "canary" not in logs.redact("a one-canary-value b two-canary-value")


def _set_many(folder: Path, prefix: str) -> None:
    for number in range(10):
        Secrets(folder).set(f"{prefix}.{number}", "value")


@pytest.mark.wired
def test_two_processes_that_set_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_set_many, args=(tmp_path, prefix)) for prefix in ("a", "b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
        writer.close()
    assert len(Secrets(tmp_path).names()) == 20


def test_a_sealed_blob_opens_for_its_purpose_only(store: Secrets, tmp_path: Path) -> None:
    sealed = store.seal(b"plain canary", "copies")
    assert b"canary" not in sealed
    assert store.seal(b"plain canary", "copies") != sealed
    assert Secrets(tmp_path / "data").unseal(sealed, "copies") == b"plain canary"
    with pytest.raises(StorageFailed, match="damaged"):
        store.unseal(sealed, "other")


@pytest.mark.parametrize("at", [0, 8, 16, 28, -1])
def test_a_damaged_blob_is_told(store: Secrets, at: int) -> None:
    sealed = bytearray(store.seal(b"plain", "copies"))
    sealed[at] ^= 1
    with pytest.raises(StorageFailed):
        store.unseal(bytes(sealed), "copies")
    with pytest.raises(StorageFailed):
        store.unseal(bytes(sealed[:20]), "copies")


def test_marks_tell_equal_from_other_and_nothing_else(store: Secrets, tmp_path: Path) -> None:
    first, again, other = store.marks(["hunter2", "hunter2", "hunter3"], "copies")
    assert first == again != other
    assert store.marks(["hunter2"], "elsewhere") != (first,)
    assert Secrets(tmp_path / "data").marks(["hunter2"], "copies") == (first,)
    (foreign,) = Secrets(tmp_path / "other").marks(["hunter2"], "copies")
    assert foreign.split(":")[0] != first.split(":")[0]
    assert foreign.split(":")[1] != first.split(":")[1]


def test_several_change_in_one_step_or_none_does(tmp_path):
    store = Secrets(tmp_path)
    store.set("camera.front.password", "old-password")
    store.set("camera.front.pending", "new-password")
    store.change({"camera.front.password": "new-password", "camera.front.pending": None, "camera.front.other": None})
    assert store.names() == ("camera.front.password",)
    with pytest.raises(ValueError, match="an empty secret"):
        store.change({"camera.front.password": "never", "camera.back.password": ""})
    assert store.get("camera.front.password").reveal() == "new-password"


def test_a_credential_of_systemd_is_known_for_one(tmp_path):
    given = tmp_path / "given"
    given.mkdir()
    (given / "camera.front.password").write_text("from-systemd")
    store = Secrets(tmp_path / "data", credentials=given)
    store.set("camera.back.password", "stored-one")
    assert store.is_given("camera.front.password")
    assert not store.is_given("camera.back.password")
