"""Where models lie: the data folder's `models/` and a read-only folder of hand-placed files; nothing is loaded unchecked."""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hearthwatch.detect.model import MODELS, Model, ModelFile, Runtime
from hearthwatch.kit.errors import ConfigFault, StorageFailed, StorageFault
from hearthwatch.kit.files import storage_failed

AUTO = "auto"


class FileState(StrEnum):
    PRESENT = "present"
    MISSING = "missing"
    WRONG = "wrong"
    """There is something of that name, but it is not the file we know, or cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """`folder` is where fetched models go; `hand_placed` (setting or HEARTHWATCH_MODELS) comes first, is never written."""

    folder: Path
    hand_placed: Path | None = None

    def state(self, model: Model) -> FileState:
        """Return the state of the worst of the model's files, their hashes checked."""
        states = {self.file_state(file) for file in model.files}
        for state in (FileState.WRONG, FileState.MISSING):
            if state in states:
                return state
        return FileState.PRESENT

    def present(self) -> tuple[Model, ...]:
        """Return the models whose files are here and right and whose runtime is installed, best first; HOG is always one."""
        return tuple(model for model in MODELS if is_installed(model.runtime) and self.state(model) is FileState.PRESENT)

    def fit_for_alerts(self) -> Iterator[Model]:
        """Yield what `auto` may take, best first, HOG at the end; one model's files are read only when it is asked for."""
        return (
            model
            for model in MODELS
            if model.for_alerts and is_installed(model.runtime) and self.state(model) is FileState.PRESENT
        )

    def choose(self, name: str) -> Model:
        """Return the model of that name; for `auto` the best one present that is fit for alerts. Raises ConfigFault."""
        return next(self.fit_for_alerts()) if name == AUTO else model_named(name)

    def choose_for_gpu(self, name: str) -> Model:
        """Return what a graphics processor is to run of that name; for `auto` the best present that can. Raises ConfigFault."""
        if name == AUTO:
            able = next((model for model in self.fit_for_alerts() if model.runtime is Runtime.NCNN), None)
            if able is None:
                raise ConfigFault("no model for a graphics processor is here: run 'hearthwatch models fetch'")
            return able
        model = model_named(name)
        if model.runtime is not Runtime.NCNN:
            able_names = ", ".join(each.name for each in MODELS if each.runtime is Runtime.NCNN)
            raise ConfigFault(
                f"the model {name} cannot run on a graphics processor: take one of {able_names}, or go without --gpu"
            )
        return model

    def passed_over(self, taken: str) -> str:
        """Return why `auto` took `taken` and not a better model of which there is a file, empty where there is none."""
        for model in MODELS:
            if model.name == taken:
                return ""
            if model.for_alerts and is_installed(model.runtime) and self.state(model) is FileState.WRONG:
                try:
                    self.read(model)
                except StorageFailed as error:
                    return str(error)
        return ""

    def read(self, model: Model) -> tuple[bytes, ...]:
        """Return the model's files, in order, after checking size and hash. Raises StorageFailed."""
        return tuple(self._read(file, model.name) for file in model.files)

    def _read(self, file: ModelFile, model_name: str) -> bytes:
        fault, message = StorageFault.MISSING, ""
        for folder in self._folders():
            path = folder / file.name
            data = _bytes_of(path, file.size_bytes)
            if data is None:
                continue
            if hashlib.sha256(data).hexdigest() == file.sha256:
                return data
            fault = StorageFault.BROKEN
            message = (
                f"{path} is not the file we know as {file.name} (its sha256 differs), so it is not loaded: "
                f"delete it and run 'hearthwatch models fetch {model_name}'"
            )
        raise StorageFailed(
            fault,
            message
            or f"model {model_name} is not here ({file.name} is missing): run 'hearthwatch models fetch {model_name}' "
            f"or put the file into {self.folder}",
        )

    def file_state(self, file: ModelFile) -> FileState:
        try:
            self._read(file, "")
        except StorageFailed as error:
            return FileState.MISSING if error.fault is StorageFault.MISSING else FileState.WRONG
        return FileState.PRESENT

    def _folders(self) -> tuple[Path, ...]:
        return (self.hand_placed, self.folder) if self.hand_placed else (self.folder,)


def model_named(name: str) -> Model:
    """Return the model of that name; ConfigFault names the nearest one otherwise."""
    for model in MODELS:
        if model.name == name:
            return model
    near = difflib.get_close_matches(name, [model.name for model in MODELS], n=1, cutoff=0.4)
    hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(model.name for model in MODELS)}"
    raise ConfigFault(f"there is no model named '{name}': {hint}")


def is_installed(runtime: Runtime) -> bool:
    """Tell whether this machine has the library of `runtime`."""
    needed = {Runtime.NCNN: "ncnn", Runtime.ONNX: "onnxruntime", Runtime.HOG: "cv2"}[runtime]
    return importlib.util.find_spec(needed) is not None


def _bytes_of(path: Path, limit_bytes: int) -> bytes | None:
    """Return the file's first `limit_bytes` + 1 bytes (a longer one cannot be ours), None when there is none."""
    try:
        with path.open("rb") as file:
            return file.read(limit_bytes + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_failed(error, f"reading {path}") from error
