"""Which action an event or a change of the mode asks for. Pure."""

from __future__ import annotations

from hearthwatch.actions.action import ActionOptions, Turn
from hearthwatch.arming.arming import Mode
from hearthwatch.events.event import Change, EventKind


def asked_by_event(options: ActionOptions, change: Change, mode: Mode) -> bool:
    """Tell whether `change`, in a house in that mode, switches the action on: at the moment a person would be told."""
    event, when = change.event, options.when
    if not options.enabled or not change.tell or mode not in when.modes:
        return False
    label = "motion" if event.kind is EventKind.MOTION else event.label or event.kind.value
    if label not in when.labels or (when.cameras and event.camera not in when.cameras):
        return False
    return not when.zones or bool(event.zones & set(when.zones))


def asked_by_mode(options: ActionOptions, mode: Mode) -> Turn | None:
    """Return what becomes of the action now that the house went to `mode`, None for nothing."""
    if options.enabled and mode in options.when.going_to:
        return Turn.ON
    return Turn.OFF if mode in options.off_going_to else None
