"""What types cannot say of the times at which a camera's events are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hearthwatch.alerts.times import HELP, week_span
from hearthwatch.run.config_faults import Faults
from hearthwatch.run.toml_lines import KeyPath


def times_faults(faults: Faults, path: KeyPath, alerts: Any) -> None:
    """Tell what is wrong with `times` and `label_times` of a camera's alerts."""
    if not isinstance(alerts, Mapping):
        return
    _spans(faults, (*path, "times"), alerts.get("times"))
    by_label = alerts.get("label_times")
    for label, spans in by_label.items() if isinstance(by_label, Mapping) else ():
        _spans(faults, (*path, "label_times", label), spans)


def _spans(faults: Faults, path: KeyPath, spans: Any) -> None:
    for place, text in enumerate(spans if isinstance(spans, list) else ()):
        if isinstance(text, str) and week_span(text) is None:
            faults.add((*path, place), f"is no time of the week: {HELP}")
