"""What we ship with: the bill of materials is the lock's, licences are ones we can live with, nothing altered gets in."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from hearthwatch.detect.fetch import fetch
from hearthwatch.detect.model import MODELS, ModelFile
from hearthwatch.detect.store import FileState, Store
from hearthwatch.kit.errors import HearthwatchError

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
UV = Path(sys.executable).with_name("uv")
WEIGHTS = {".onnx", ".bin", ".param"}
"""Formats that hold numbers and a graph: reading them runs nothing."""


@pytest.fixture(scope="module")
def sbom() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sbom", ROOT / "scripts" / "sbom.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sbom"] = module  # a dataclass looks its module up
    spec.loader.exec_module(module)
    return module


def pinned(lock: Path) -> dict[tuple[str, str], list[str]]:
    """Name and version of each package of a lock, and its hashes."""
    found = {}
    for block in re.split(r"\n(?=[a-zA-Z0-9])", lock.read_text()):
        match = re.match(r"([A-Za-z0-9_.-]+)==([^ ;\\]+)", block)
        if match:
            found[match.group(1), match.group(2)] = re.findall(r"--hash=sha256:([0-9a-f]{64})", block)
    return found


def test_sec_40_the_bill_of_materials_is_what_the_locks_pin(sbom: ModuleType) -> None:
    document = json.loads((ROOT / "docs" / "sbom.json").read_text())
    listed = {(one["purl"].split("/")[0], one["name"], one["version"]) for one in document["components"]}
    python = {("pkg:pypi", name, version) for name, version in pinned(ROOT / "requirements.lock")}
    packages = json.loads((ROOT / "ui" / "package-lock.json").read_text())["packages"]
    page = {
        ("pkg:npm", path.removeprefix("node_modules/"), each["version"])
        for path, each in packages.items()
        if path and not each.get("dev")
    }
    assert len(python) > 80
    assert len(page) >= 3
    assert listed == python | page
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    found = sbom.parts()
    assert (ROOT / "docs" / "sbom.json").read_text() == sbom.sbom(found), "make sbom"
    assert (ROOT / "docs" / "licences.md").read_text() == sbom.licences(found), "make sbom"


def test_every_licence_is_one_we_can_live_with(sbom: ModuleType) -> None:
    assert [part for part in sbom.parts() if not sbom.is_known(part.licence)] == []
    assert not sbom.is_known("GPL-3.0-or-later")
    assert not sbom.is_known("MIT AND AGPL-3.0-only")
    assert sbom.is_known("EPL-2.0 OR GPL-2.0-or-later")
    for inside in sbom.BUNDLED.values():
        for name, (licence, _files) in inside.items():
            assert sbom.is_known(licence) or name in sbom.GPL_BUNDLED, f"{name}: {licence}"


def test_what_wheels_carry_inside_is_listed(sbom: ModuleType) -> None:
    site = Path(importlib.util.find_spec("av").origin).parent.parent
    unknown = []
    for libs in site.glob("*.libs"):
        known = sbom.BUNDLED.get(libs.name.removesuffix(".libs").replace("_", "-"), {})
        for path in libs.iterdir():
            stem = re.sub(r"-[0-9a-f]{8}.*$|\.so.*$", "", path.name)
            if not any(re.fullmatch(files, stem) for _licence, files in known.values()):
                unknown.append(f"{libs.name}/{path.name}")
    assert unknown == []


def test_sec_40_every_pin_has_its_hashes_and_no_lock_names_a_host() -> None:
    assert len(LOCKS) >= 4
    for lock in LOCKS:
        bare = [name for name, hashes in pinned(lock).items() if not hashes]
        assert bare == [], lock.name
        assert "://" not in re.sub(r"(?m)^ *#.*$", "", lock.read_text()), lock.name
    packages = json.loads((ROOT / "ui" / "package-lock.json").read_text())["packages"]
    assert [path for path, each in packages.items() if path and not each.get("integrity", "").startswith("sha512-")] == []
    assert "://" not in "".join(each.get("resolved", "") for each in packages.values())
    setup = (ROOT / "scripts" / "setup.sh").read_text()
    installs = [line for line in setup.splitlines() if re.search(r"pip install", line) and ".lock" in line]
    assert installs
    assert all("--require-hashes" in line for line in installs)


def wheel(folder: Path, text: str) -> Path:
    """A package of one line, as small as a wheel can be."""
    folder.mkdir(exist_ok=True)
    files = {
        "tiny_part.py": text,
        "tiny_part-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny-part\nVersion: 1.0\n",
        "tiny_part-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).decode().rstrip("=")
        rows.append(f"{name},sha256={digest},{len(content)}")
    files["tiny_part-1.0.dist-info/RECORD"] = "\n".join([*rows, "tiny_part-1.0.dist-info/RECORD,,", ""])
    path = folder / "tiny_part-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.mark.skipif(not UV.exists(), reason="uv comes with `make setup`")
def test_sec_40_an_altered_wheel_is_refused(tmp_path: Path) -> None:
    """The installer of scripts/setup.sh with its own option, on a folder instead of an index."""
    made = wheel(tmp_path / "wheels", "value = 1\n")
    lock = tmp_path / "tiny.lock"
    lock.write_text(f"tiny-part==1.0 \\\n    --hash=sha256:{hashlib.sha256(made.read_bytes()).hexdigest()}\n")

    def install(name: str, requirements: Path) -> subprocess.CompletedProcess[str]:
        command = [UV, "pip", "install", "--require-hashes", "--no-index", "--find-links", made.parent, "--no-cache"]
        command += ["--offline", "-p", sys.executable, "--target", tmp_path / name, "-r", requirements]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert install("good", lock).returncode == 0
    assert (tmp_path / "good" / "tiny_part.py").read_text() == "value = 1\n"
    wheel(tmp_path / "wheels", "value = 2  # somebody was here\n")
    refused = install("altered", lock)
    assert refused.returncode != 0
    assert "hash" in refused.stderr.lower()
    assert not (tmp_path / "altered" / "tiny_part.py").exists()
    bare = tmp_path / "bare.lock"
    bare.write_text("tiny-part==1.0\n")
    assert install("bare", bare).returncode != 0, "a line without a hash is refused, too"


def test_sec_40_models_are_pinned_and_never_pickles(tmp_path: Path) -> None:
    files = [(model, file) for model in MODELS for file in model.files]
    assert len(files) > 5
    for model, file in files:
        assert Path(file.name).suffix in WEIGHTS, f"{model.name}: {file.name}"
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.size_bytes > 0
        assert re.fullmatch(r"[0-9a-f]{40}", file.commit), "a branch may change under its name"
    loading = (ROOT / "src" / "hearthwatch" / "detect").glob("*.py")
    for path in loading:
        assert not re.search(r"\bpickle\b|\btorch\b|allow_pickle=True|marshal|joblib", path.read_text()), path.name


def test_sec_40_an_altered_model_is_refused_when_it_is_fetched_and_when_it_is_read(tmp_path: Path) -> None:
    model, file = next((model, model.files[0]) for model in MODELS if len(model.files) == 1)
    store = Store(folder=tmp_path)

    def altered(_url: str):
        yield b"x" * file.size_bytes

    with pytest.raises(HearthwatchError, match="sha256"):
        fetch(model, store, download=altered)
    assert list(tmp_path.iterdir()) == [], "nothing of it is kept"
    (tmp_path / file.name).write_bytes(b"x" * file.size_bytes)
    assert store.file_state(file) is FileState.WRONG
    with pytest.raises(HearthwatchError):
        store.read(model)
    assert isinstance(file, ModelFile)
