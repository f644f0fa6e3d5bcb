"""A part of every corpus of bad input, always the same; all of them: `python -m tests.corpora`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hearthwatch.kit.errors import BadReply, StorageFailed, Unsupported
from hearthwatch.recording.store import is_damage
from tests.corpora.__main__ import corpus, modules
from tests.corpora.cor03_video import made_clips, read_clip
from tests.corpora.cor10_state import made_footage, start, states
from tests.corpora.frame import CANARY, Case, Corpus, Tally, Terms, data_folder, play, try_case

pytestmark = pytest.mark.wired


@pytest.mark.parametrize("name", modules())
def test_bad_input_does_no_harm(name: str, tmp_path: Path) -> None:
    tally = Tally()
    play(corpus(name), Terms(seed=7, mutations=3, folder=tmp_path, data=data_folder(), brief=True), tally)
    assert tally.failures == []
    assert tally.cases >= 25


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    model = tmp_path_factory.mktemp("footage")
    return model, made_footage(model)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("label: no ticks", "set aside"),
        ("stranger: names of all kinds", "Repaired"),
        ("index: giant sizes", "Repaired"),
        ("index: a schema of broken text", "Repaired"),
    ],
)
def test_states_that_once_kept_the_recorder_from_starting(state: str, told: str, footage, tmp_path: Path) -> None:
    model, sums = footage
    assert told in start(model, tmp_path, states()[state], random.Random(1), sums)


def test_a_clip_in_a_format_nobody_knows_is_refused() -> None:
    clip = made_clips()["mkv"]
    assert read_clip(clip)
    with pytest.raises(Unsupported, match="nobody here knows"):
        read_clip(clip.replace(b"V_MPEG4/ISO/AVC", b"V_XXXX4/ISO/AVC"))


@pytest.mark.parametrize("state", ["index: a state nobody knows", "index: a camera that goes up"])
def test_rows_that_nobody_wrote_are_damage(state: str, footage, tmp_path: Path) -> None:
    """So that the recorder sets the index aside and makes it anew from the files."""
    model, sums = footage
    with pytest.raises(StorageFailed) as caught:
        start(model, tmp_path, states()[state], random.Random(1), sums)
    assert is_damage(caught.value)


def _fails(why: object) -> object:
    raise why if isinstance(why, Exception) else AssertionError(why)


@pytest.mark.parametrize(
    ("play_it", "why"),
    [
        (lambda: _fails(ValueError("x")), "let out ValueError"),
        (lambda: _fails("two for one"), "broke a rule: two for one"),
        (lambda: f"rtsp://u:{CANARY}@h", "shows a secret"),
        (lambda: _fails(BadReply(f"cannot open {CANARY}")), "shows a secret"),
        (lambda: sum(range(30_000_000)), "s of CPU"),
        (lambda: len(bytes(80 << 20).replace(b"\0", b"\1")), "MiB (at most"),
    ],
)
def test_the_rule_can_be_broken(play_it, why: str, tmp_path: Path) -> None:
    """Else a corpus that finds nothing says nothing."""
    case = Case(name="a: b", play=play_it, cpu_s=0.1 if "CPU" in why else 60.0, rss_bytes=32 << 20)
    tally = Tally()
    found = Corpus(id="COR0", what="", cases=lambda _terms: iter([case]))
    play(found, Terms(seed=1, mutations=1, folder=tmp_path, data=None), tally)
    assert len(tally.failures) == 1
    assert why in tally.failures[0][1]
    assert try_case(Case(name="a: c", play=lambda: "well"), tally, []) is None
