"""What types cannot say of when a camera's events are told, and told again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hearthwatch.alerts.times import HELP, week_span
from hearthwatch.run.config_faults import Faults
from hearthwatch.run.toml_lines import KeyPath

_LEAST_REMIND_S = 30


def times_faults(faults: Faults, path: KeyPath, alerts: Any) -> None:
    """Tell what is wrong with `times`, `label_times` and `remind_s` of a camera's alerts."""
    if not isinstance(alerts, Mapping):
        return
    spans_faults(faults, (*path, "times"), alerts.get("times"))
    by_label = alerts.get("label_times")
    for label, spans in by_label.items() if isinstance(by_label, Mapping) else ():
        spans_faults(faults, (*path, "label_times", label), spans)
    remind_s = alerts.get("remind_s")
    if isinstance(remind_s, int | float) and 0 < remind_s < _LEAST_REMIND_S:
        faults.add((*path, "remind_s"), f"must be 0, for never, or at least {_LEAST_REMIND_S}")


def spans_faults(faults: Faults, path: KeyPath, spans: Any) -> None:
    """Tell which of `spans` is no time of the week."""
    for place, text in enumerate(spans if isinstance(spans, list) else ()):
        if isinstance(text, str) and week_span(text) is None:
            faults.add((*path, place), f"is no time of the week: {HELP}")
