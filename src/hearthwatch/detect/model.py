"""The Model: a detector's weights with their hash, licence and source, and the list of all we know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hearthwatch.detect.detection import BUILT_IN

# fmt: off
COCO_LABELS = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light", "fire hydrant",
    "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra",
    "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite",
    "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle", "wine glass", "cup", "fork",
    "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut",
    "cake", "chair", "couch", "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard",
    "cell phone", "microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear",
    "hair drier", "toothbrush",
)
# fmt: on
"""The 80 classes of COCO in the order every model below gives them."""


class Runtime(StrEnum):
    NCNN = "ncnn"
    ONNX = "onnx"
    HOG = "hog"


class Family(StrEnum):
    """How pictures go in and boxes come out."""

    NANODET_PLUS = "nanodet-plus"
    NANODET_M = "nanodet-m"
    PICODET = "picodet"
    YOLOX = "yolox"
    FASTESTDET = "fastestdet"
    HOG = "hog"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file as it lies in a models folder; `repo`, `path` and `commit` name the public GitHub file it was taken from."""

    name: str
    sha256: str
    size_bytes: int
    repo: str
    path: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """`long_side_px` is the longer side of the network's input; `square` inputs have a fixed shape, the others fit the picture.

    `default_score` is the score at which the model was compared with the others. `for_alerts` is False for a model with so many
    false people that it is never chosen by itself.
    """

    name: str
    runtime: Runtime
    family: Family
    long_side_px: int
    square: bool
    labels: tuple[str, ...] = COCO_LABELS
    default_score: float = 0.4
    files: tuple[ModelFile, ...] = ()
    licence: str
    note: str
    for_alerts: bool = True

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


_NANODET_PLUS = tuple(
    ModelFile(
        name=f"nanodet_plus_m_416.{kind}",
        sha256=sha256,
        size_bytes=size,
        repo="Qengineering/NanoDetPlus-ncnn-Raspberry-Pi-4",
        path=f"nanodet-plus-m_416.{kind}",
        commit="25654004a310a7bdc3217e071005fa45b3367627",
    )
    for kind, sha256, size in (
        ("param", "d79e18ecd8595081bb29fdf0c790a47fcea96fbf58598350569a92e71e915b72", 23_123),
        ("bin", "f7555ca6cb9650ee41e2f0a53fdf46b6e187a2a09792208d8c3eec033b6ac615", 2_397_184),
    )
)
_NANODET_LICENCE = "Apache-2.0 (weights: RangiLyu NanoDet)"


def _onnx(
    name: str,
    *,
    family: Family,
    long_side_px: int,
    sha256: str,
    size_bytes: int,
    source: tuple[str, str, str],
    licence: str,
    note: str,
    labels: tuple[str, ...] = COCO_LABELS,
    for_alerts: bool = True,
) -> Model:
    repo, path, commit = source
    file = ModelFile(name=f"{name}.onnx", sha256=sha256, size_bytes=size_bytes, repo=repo, path=path, commit=commit)
    return Model(
        name=name,
        runtime=Runtime.ONNX,
        family=family,
        long_side_px=long_side_px,
        square=True,
        labels=labels,
        files=(file,),
        licence=licence,
        note=note,
        for_alerts=for_alerts,
    )


_KAZUHITO_NANODET = ("Kazuhito00/NanoDet-ONNX-Sample", "610a874a9163369f6432bf7360ae6c66fc605680")
_HPC_PICODET = ("hpc203/picodet-onnxruntime", "dfe4d6cd0a18cd4126ee381e81df8a0b1e6ad97b")
_PICODET_LICENCE = "none stated by the source; upstream weights (PaddleDetection) Apache-2.0"

HOG = Model(
    name=BUILT_IN,
    runtime=Runtime.HOG,
    family=Family.HOG,
    long_side_px=0,
    square=False,
    labels=("person",),
    licence="Apache-2.0 (part of OpenCV)",
    note="basic: people only, upright and by day; needs no file",
)

MODELS: tuple[Model, ...] = (
    Model(
        name="nanodet_plus_m_416",
        runtime=Runtime.NCNN,
        family=Family.NANODET_PLUS,
        long_side_px=416,
        square=False,
        files=_NANODET_PLUS,
        licence=_NANODET_LICENCE,
        note="the default: fewest false people of all we measured",
    ),
    Model(
        name="nanodet_plus_m_640",
        runtime=Runtime.NCNN,
        family=Family.NANODET_PLUS,
        long_side_px=640,
        square=False,
        files=_NANODET_PLUS,
        licence=_NANODET_LICENCE,
        note="the default's files at a larger input: twice the work, best for small and far people and at night",
    ),
    _onnx(
        "yolox_nano_416",
        family=Family.YOLOX,
        long_side_px=416,
        sha256="695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14",
        size_bytes=3_660_092,
        source=(
            "Kazuhito00/YOLOX-ONNX-TFLite-Sample",
            "model/yolox_nano.onnx",
            "3d4f1119d0694200671c08069ecb847aa0d8495a",
        ),
        licence="Apache-2.0 (weights: Megvii YOLOX)",
        note="as fast as the default, misses more small people and infrared scenes",
    ),
    _onnx(
        "picodet_s_416",
        family=Family.PICODET,
        long_side_px=416,
        sha256="cdab77bdde16e4f76bec734c4e5791801d1739e4c7ec1995e0e110e04300d0c2",
        size_bytes=4_040_573,
        source=(_HPC_PICODET[0], "coco/picodet_s_416_coco.onnx", _HPC_PICODET[1]),
        licence=_PICODET_LICENCE,
        note="best on vehicles, slower, weak on dogs",
    ),
    _onnx(
        "picodet_s_320",
        family=Family.PICODET,
        long_side_px=320,
        sha256="d7852a1508b36bfc2739770ad52ff28bf81e219dc5c15dd7868d5ebdf007b6c8",
        size_bytes=4_040_569,
        source=(_HPC_PICODET[0], "coco/picodet_s_320_coco.onnx", _HPC_PICODET[1]),
        licence=_PICODET_LICENCE,
        note="picodet_s_416 at a smaller input",
    ),
    _onnx(
        "nanodet_m_416",
        family=Family.NANODET_M,
        long_side_px=416,
        sha256="08b62b9ee4a7878e7a64d6ef4faf3074322c033a0252c83a20f41b86c76e8146",
        size_bytes=3_802_805,
        source=(_KAZUHITO_NANODET[0], "model/nanodet_m_416.onnx", _KAZUHITO_NANODET[1]),
        licence=_NANODET_LICENCE,
        note="the default's predecessor",
    ),
    _onnx(
        "nanodet_m_320",
        family=Family.NANODET_M,
        long_side_px=320,
        sha256="88e9fb97a54bb0030127ad323a10f88b4531b6aa82617e7ef79e35ffcc9bb3e1",
        size_bytes=3_802_801,
        source=(_KAZUHITO_NANODET[0], "model/nanodet_m_320.onnx", _KAZUHITO_NANODET[1]),
        licence=_NANODET_LICENCE,
        note="nanodet_m_416 at a smaller input",
    ),
    _onnx(
        "light_person_192",
        family=Family.YOLOX,
        long_side_px=192,
        sha256="4bf5f704cd3bd900645a4303e0934ede13d9fb2135058b38005f4c2886c68576",
        size_bytes=3_616_703,
        source=(
            "Kazuhito00/Person-Detection-using-RaspberryPi-CPU",
            "model/model.onnx",
            "fab8c0d1129b391e8aaf0a4e557dd5bb812e749f",
        ),
        labels=("person",),
        licence="Apache-2.0",
        note="people only, for the weakest machines",
    ),
    _onnx(
        "fastestdet_352",
        family=Family.FASTESTDET,
        long_side_px=352,
        sha256="31cb14c017fce347cb4c846ec62fdf00d76bb3beecdf4be21e7116ac67feb880",
        size_bytes=998_169,
        source=(
            "dog-qiuqiu/FastestDet",
            "example/onnx-runtime/FastestDet.onnx",
            "50473cd155cb088aa4a99e64ff6a4b3c24fa07e1",
        ),
        licence="BSD-3-Clause",
        note="very fast, but sees people in empty scenes: not for alerts",
        for_alerts=False,
    ),
    HOG,
)
"""All models we can run, best first: `auto` takes the first that is present and fit for alerts.

TensorFlow Lite is not supported: the small SSD MobileNet it would bring saw people in one of seven empty pictures.
"""
