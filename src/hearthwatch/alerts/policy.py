"""Who is told of what, and in which words. Pure: what happened comes in, an Alert or silence comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from hearthwatch.alerts.alert import Alert, AlertId, Part, Severity
from hearthwatch.alerts.options import AlertOptions
from hearthwatch.alerts.times import is_time
from hearthwatch.alerts.wording import clock_time, many_lines, one_line, span
from hearthwatch.arming.arming import Mode, ModesOptions
from hearthwatch.events.event import Change, Event, EventKind
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.units import US_PER_S, CameraId, MonoNs, WallUs, to_datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraAlerts:
    """A camera as alerts need it: the name a person reads, its options, and what each mode of the house means for it."""

    name: str
    options: AlertOptions = AlertOptions()
    modes: ModesOptions = ModesOptions()


_OUTAGE_WORDS = {
    Fault.CAMERA_UNREACHABLE: ("offline", "is back"),
    Fault.CAMERA_REFUSED: ("refuses our login", "lets us in again"),
    Fault.CAMERA_BAD_REPLY: ("sends nothing we understand", "sends video again"),
    Fault.CAMERA_UNSUPPORTED: ("has no stream we can use", "has a usable stream again"),
    Fault.CAMERA_DAMAGED: ("sends damaged pictures", "sends whole pictures again"),
    Fault.CAMERA_COVERED: ("shows nothing: covered?", "shows its view again"),
    Fault.CAMERA_BLURRED: ("is blurred", "is sharp again"),
    Fault.CAMERA_TURNED: ("shows another view: turned?", "shows its usual view again"),
    Fault.CAMERA_FROZEN: ("repeats one picture", "shows live pictures again"),
    Fault.CAMERA_DARK: ("is too dark to see anything", "sees something again"),
    Fault.CAMERA_QUARANTINED: ("is recorded but not looked at", "is looked at again"),
    Fault.CAMERA_STRANGER: ("another device answers at its address", "answers at its address again"),
    Fault.CAMERA_TAMPERED: ("says that somebody tampers with it", "reports no tampering any more"),
    Fault.CAMERA_VIDEO_LOST: ("says that it has no picture", "has a picture again"),
    Fault.CAMERA_ADDRESS_CONFLICT: ("says that another device uses its address", "has its address for itself again"),
    Fault.CAMERA_NETWORK_LOST: ("says that it lost the network", "has the network again"),
    Fault.CAMERA_RESTARTED: ("has restarted", "runs again"),
    Fault.CAMERA_CLOCK: ("its clock is wrong", "its clock is right again"),
    Fault.CAMERA_DEAF: ("its own alarms cannot be heard", "its own alarms are heard again"),
    Fault.CARD_MISSING: ("finds no memory card", "has a memory card again"),
    Fault.CARD_FAILED: ("says that its memory card fails", "says no more that its memory card fails"),
    Fault.CARD_FULL: ("says that its memory card is full", "has space on its memory card again"),
    Fault.DOOR_UNREACHABLE: ("its log-ins cannot be watched: no answer", "its log-ins are watched again"),
    Fault.DOOR_REFUSED: ("its log-ins cannot be watched: it refuses us", "its log-ins are watched again"),
    Fault.DOOR_UNREADABLE: ("its log-ins cannot be watched: no sense in its answers", "its log-ins are watched again"),
    Fault.DISK_FULL: ("the disk is full", "has space on the disk again"),
    Fault.DISK_BROKEN: ("the disk does not take data", "the disk takes data again"),
    Fault.PROCESS_RESTARTED: ("a part of Hearthwatch was restarted", "runs steadily again"),
    Fault.DETECTOR_BASIC: ("only the basic detector works: people only", "has its full detector again"),
    Fault.CERTIFICATE_WRONG: ("its certificate needs you", "its certificate is right again"),
    Fault.HEARTBEAT_LOST: ("its sign of life does not get out", "its sign of life gets out again"),
    Fault.CONFIG_WRONG: ("has mistakes; the old one stays in force", "is right again"),
    Fault.PORCH_CLOSED: ("cannot take the cameras' mails and files", "takes the cameras' mails and files again"),
    Fault.SENSOR_LOST: ("its sensor cannot be read", "its sensor is read again"),
    Fault.SCOUT_DEAF: ("does not notice everybody's phones", "notices phones again"),
    Fault.PORCH_FLOODED: ("leaves more mails or files than it may", "leaves no more than it may again"),
    Fault.ROUTER_SILENT: ("does not answer", "answers again"),
    Fault.NAME_SERVER_SILENT: ("does not answer", "answers again"),
    Fault.INTERNET_LOST: ("cannot be reached", "is back"),
    Fault.BROKER_SILENT: ("does not answer", "answers again"),
    Fault.SERVICE_SILENT: ("cannot be reached", "can be reached again"),
    Fault.ACTION_FAILED: ("could not be switched on", "can be switched on again"),
    Fault.ACTION_STUCK: ("cannot be switched off and is still on", "is off now"),
    Fault.NODE_SILENT: ("is not heard of any more", "is heard of again"),
    Fault.HUB_SILENT: ("cannot be reached", "can be reached again"),
    Fault.HUB_REFUSED: ("does not want this house any more", "takes this house again"),
    Fault.HUB_STOPPED: ("takes nothing from its nodes", "takes what its nodes send again"),
    Fault.HOUSE_BACKUP_FAILED: ("the daily backup of this house was not made", "the daily backup of this house is made again"),
    Fault.BACKUP_LATE: ("copies are late", "copies are on time again"),
    Fault.BACKUP_REFUSED: ("refuses our copies", "takes our copies again"),
    Fault.BACKUP_NOT_KEPT: ("does not keep what it was sent", "keeps what it is sent again"),
    Fault.BACKUP_LOST: ("has lost footage it had", "has all its footage again"),
    Fault.FOOTAGE_SACRIFICED: (
        "the full disk cost footage that had no copy yet",
        "no footage without a copy is lost any more",
    ),
    Fault.CHANNEL_DEAD: ("does not deliver alerts", "delivers alerts again"),
}


class Policy:
    """Decides with one configuration; a changed one gets a new Policy."""

    def __init__(
        self,
        *,
        home: str,
        zone: tzinfo,
        cameras: Mapping[CameraId, CameraAlerts],
        ids: Callable[[], str],
    ) -> None:
        self._home = one_line(home, 60)
        self._zone = zone
        self._cameras = cameras
        self._ids = ids

    @property
    def zone(self) -> tzinfo:
        return self._zone

    def name(self, camera: CameraId) -> str:
        """Return the name a person reads."""
        known = self._cameras.get(camera)
        return one_line(known.name, 60) if known else one_line(camera, 60)

    def on_event(
        self, change: Change, mode: Mode, *, snoozed_until_us: WallUs, now_us: WallUs, decided_ns: MonoNs
    ) -> Alert | None:
        """Return what to tell now that `change` happened in a house in that mode, None for silence."""
        event = change.event
        camera = self._cameras.get(event.camera)
        if not change.tell or snoozed_until_us > now_us or not self._is_told(event, camera, mode, now_us):
            return None
        assert camera is not None
        what = _what(event)
        said = [clock_time(event.start_us, self._zone, now_us)]
        if event.kind is EventKind.OBJECT and event.score > 0:
            said.append(f"{event.score:.0%} sure")
        if event.zones:
            said.append("in " + ", ".join(one_line(zone, 40) for zone in sorted(event.zones)))
        if event.detail:
            said.append(one_line(event.detail))
        parts = {Part.TEXT}
        if camera.options.send_picture:
            parts |= {Part.PICTURE, Part.ALBUM} if event.kind is EventKind.SENSOR else {Part.PICTURE}
        if camera.options.send_clip:
            parts.add(Part.CLIP)
        return Alert(
            id=AlertId(self._ids()),
            event=event.id,
            camera=event.camera,
            severity=_severity(event),
            title=f"{self.name(event.camera)}: {what}",
            text=" · ".join(said),
            at_us=now_us,
            dedupe_key=f"event/{event.id}",
            received_ns=event.received_ns,
            decided_ns=decided_ns,
            parts=frozenset(parts),
            label=_label(event),
        )

    def on_reminder(
        self, events: Sequence[Event], mode: Mode, *, snoozed_until_us: Callable[[CameraId], WallUs], now_us: WallUs
    ) -> Alert | None:
        """Return what to tell now that these, which were told, go on; None when nobody would be told of them any more."""
        told = [
            event
            for event in events
            if snoozed_until_us(event.camera) <= now_us and self._is_told(event, self._cameras.get(event.camera), mode, now_us)
        ]
        if not told:
            return None
        first = told[0]
        names = ", ".join(dict.fromkeys(self.name(event.camera) for event in told))
        lasted = span((now_us - first.start_us) / US_PER_S)
        return Alert(
            id=AlertId(self._ids()),
            event=first.id,
            camera=first.camera,
            severity=_severity(first),
            title=f"{names}: {_what(first)} still there",
            text=f"Since {clock_time(first.start_us, self._zone, now_us)}, for {lasted}.",
            at_us=now_us,
            dedupe_key=f"event/{first.id}/still/{now_us // US_PER_S}",
            label=_label(first),
        )

    def remind_s(self, event: Event) -> float:
        """Return after how long an event that goes on is told again; 0 for never."""
        camera = self._cameras.get(event.camera)
        return camera.options.remind_s if camera and event.kind not in OF_THE_CAMERA else 0.0

    def _is_told(self, event: Event, camera: CameraAlerts | None, mode: Mode, now_us: WallUs) -> bool:
        if camera is None or not camera.options.enabled or not _wanted(event, camera, mode):
            return False
        return event.kind in OF_THE_CAMERA or self._is_time(event, camera.options, now_us)

    def _is_time(self, event: Event, options: AlertOptions, now_us: WallUs) -> bool:
        spans = options.label_times.get(event.label or event.kind.value, options.times)
        return is_time(spans, to_datetime(now_us, self._zone))

    def on_outage(self, outage: Outage, *, now_us: WallUs, remark: str = "") -> Alert:
        """Return the notice that `outage` began, or that it is over; then with `remark`."""
        began, ended = _OUTAGE_WORDS[outage.fault]
        who = self.name(outage.camera) if outage.camera else one_line(outage.subject, 60).capitalize() or self._home
        from_time = clock_time(outage.start_us, self._zone, now_us)
        if outage.end_us is None:
            title, text = f"{who}: {began}", many_lines(f"Since {from_time}.\n{outage.detail}".rstrip())
        else:
            lasted = span((outage.end_us - outage.start_us) / US_PER_S)
            title = f"{who}: {ended}"
            text = f"After {lasted}, from {from_time} to {clock_time(outage.end_us, self._zone, now_us)}. {remark}".rstrip()
        return Alert(
            id=AlertId(self._ids()),
            event="",
            camera=outage.camera,
            severity=Severity.WARN if outage.end_us is None else Severity.INFO,
            title=title,
            text=text,
            at_us=now_us,
            dedupe_key=outage_key(outage, begins=outage.end_us is None),
            skip_channel=outage.subject if outage.fault is Fault.CHANNEL_DEAD and outage.end_us is None else "",
        )

    def notice(self, title: str, text: str, *, key: str, now_us: WallUs) -> Alert:
        """Return an alert in free words, such as that Hearthwatch is running; `key` keeps it from being told twice."""
        return Alert(
            id=AlertId(self._ids()),
            event="",
            camera=None,
            severity=Severity.INFO,
            title=one_line(f"{self._home}: {title}"),
            text=many_lines(text),
            at_us=now_us,
            dedupe_key=f"notice/{key}"[:128],
        )


def outage_key(outage: Outage, *, begins: bool) -> str:
    """Return the dedupe key of the notice that `outage` began, or that it is over."""
    return f"outage/{outage.fault.value}/{outage.subject}/{outage.start_us}/{'start' if begins else 'end'}"


def fault_begun(dedupe_key: str) -> Fault | None:
    """Return the fault whose beginning an alert with that key tells, None where it tells something else."""
    return next((fault for fault in Fault if _is_start(dedupe_key, fault)), None)


def _is_start(dedupe_key: str, fault: Fault) -> bool:
    return dedupe_key.startswith(f"outage/{fault.value}/") and dedupe_key.endswith("/start")


OF_THE_CAMERA = frozenset({EventKind.OFFLINE, EventKind.TAMPER})
"""What happens to the camera itself is told in every mode."""


def _what(event: Event) -> str:
    return "motion" if event.kind is EventKind.MOTION else one_line(event.label or event.kind.value, 40)


def _label(event: Event) -> str:
    return "motion" if event.kind is EventKind.MOTION else event.label


def _severity(event: Event) -> Severity:
    return Severity.URGENT if event.label == "person" else Severity.WARN


def _wanted(event: Event, camera: CameraAlerts, mode: Mode) -> bool:
    if event.kind in OF_THE_CAMERA:
        return True
    meaning = camera.modes.of(mode)
    if not camera.modes.tells(mode) or (meaning.zones and not event.zones & set(meaning.zones)):
        return False
    labels = meaning.labels or camera.options.labels
    if event.kind is EventKind.SENSOR:
        return not meaning.labels or event.label in meaning.labels
    if event.kind in {EventKind.OBJECT, EventKind.ALARM}:
        return event.label in labels
    return event.kind is not EventKind.MOTION or "motion" in labels
