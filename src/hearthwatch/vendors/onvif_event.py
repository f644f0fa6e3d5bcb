"""Notifications of an ONVIF camera: which topic means what, and when it begins and ends. Elements to nouns, no network.

Sources: ONVIF Event Service specification and imaging, analytics and device topics; reference notes 1.5; recorded replies and
event lists of Axis, Bosch, Hikvision, Reolink and TRENDnet in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.vendors.device import AlarmKind, AlarmPhase, AlarmSignal, SeenObject, address_of
from hearthwatch.vendors.onvif_reply import instant
from hearthwatch.vendors.onvif_xml import Element

Items = tuple[tuple[str, str], ...]

KINDS: Mapping[str, AlarmKind] = MappingProxyType(
    {
        "VideoSource/MotionAlarm": AlarmKind.MOTION,
        "RuleEngine/CellMotionDetector/Motion": AlarmKind.MOTION,
        "RuleEngine/MotionRegionDetector/Motion": AlarmKind.MOTION,
        "RuleEngine/CellMotionDetector/TpSmartEvent": AlarmKind.MOTION,
        "RuleEngine/TPSmartEventDetector/TPSmartEvent": AlarmKind.MOTION,
        "RuleEngine/VMD3": AlarmKind.MOTION,
        "VideoAnalytics/MotionDetection": AlarmKind.MOTION,
        "CameraApplicationPlatform/VMD": AlarmKind.MOTION,
        "CameraApplicationPlatform/MotionGuard": AlarmKind.MOTION,
        "CameraApplicationPlatform/ObjectAnalytics": AlarmKind.MOTION,
        "Device/Sensor/PIR": AlarmKind.MOTION,
        "RuleEngine/CellMotionDetector/People": AlarmKind.PERSON,
        "RuleEngine/PeopleDetector/People": AlarmKind.PERSON,
        "RuleEngine/MyRuleDetector/PeopleDetect": AlarmKind.PERSON,
        "RuleEngine/MyRuleDetector/FaceDetect": AlarmKind.PERSON,
        "UserAlarm/IVA/HumanShapeDetect": AlarmKind.PERSON,
        "RuleEngine/MyRuleDetector/VehicleDetect": AlarmKind.VEHICLE,
        "RuleEngine/MyRuleDetector/Visitor": AlarmKind.DOORBELL,
        "RuleEngine/CellMotionDetector/LineCross": AlarmKind.CROSSING,
        "RuleEngine/CellMotionDetector/Intrusion": AlarmKind.CROSSING,
        "RuleEngine/FieldDetector/ObjectsInside": AlarmKind.CROSSING,
        "RuleEngine/LineDetector/Crossed": AlarmKind.CROSSING,
        "IVA/ObjectInField": AlarmKind.CROSSING,
        "CameraApplicationPlatform/FenceGuard": AlarmKind.CROSSING,
        "RuleEngine/CellMotionDetector/Tamper": AlarmKind.TAMPER,
        "RuleEngine/TamperDetector/Tamper": AlarmKind.TAMPER,
        "VideoSource/GlobalSceneChange": AlarmKind.TAMPER,
        "VideoSource/ImageTooBlurry": AlarmKind.TAMPER,
        "VideoSource/Tampering": AlarmKind.TAMPER,
        "Device/Tampering/ShockDetected": AlarmKind.TAMPER,
        "Device/Casing/Open": AlarmKind.TAMPER,
        "VideoSource/SignalLoss": AlarmKind.VIDEO_LOSS,
        "AudioAnalytics/Audio/DetectedSound": AlarmKind.AUDIO,
        "AudioSource/TriggerLevel": AlarmKind.AUDIO,
        "Device/Trigger/DigitalInput": AlarmKind.INPUT,
        "Device/Trigger/AlarmIn": AlarmKind.INPUT,
        "Device/IO/Port": AlarmKind.INPUT,
        "Device/IO/SupervisedPort": AlarmKind.INPUT,
        "UserAlarm/IllegalAccess": AlarmKind.LOGIN_FAILED,
        "Device/Network/BlockedIP": AlarmKind.LOGIN_FAILED,
        "Device/Network/Lost": AlarmKind.NETWORK_LOST,
        "Device/Network/EthernetBroken": AlarmKind.NETWORK_LOST,
        "Device/Network/IPAddrConflict": AlarmKind.ADDRESS_CONFLICT,
        "Monitoring/OperatingTime/LastReboot": AlarmKind.RESTARTED,
        "Monitoring/OperatingTime/LastReset": AlarmKind.RESTARTED,
        "Monitoring/OperatingTime/LastClockSynchronization": AlarmKind.CLOCK_SET,
        "Device/HardwareFailure/StorageFailure": AlarmKind.STORAGE_FAILED,
        "Device/HardwareFailure/HardDiskError": AlarmKind.STORAGE_FAILED,
        "Device/HardwareFailure/HardDiskUnformat": AlarmKind.STORAGE_FAILED,
        "Device/HardwareFailure/HardDiskFull": AlarmKind.STORAGE_FULL,
        "Storage/Disruption": AlarmKind.STORAGE_MISSING,
    }
)
"""By topic without prefixes: each vendor has its own for its own branches. What stands below a topic belongs to it.

Not here, so OTHER: `VideoSource/LiveStreamAccessed`, which we set off ourselves each time we record, and ImageTooDark and
ImageTooBright, which come with each evening and morning."""

LASTING = frozenset(
    {
        AlarmKind.TAMPER,
        AlarmKind.VIDEO_LOSS,
        AlarmKind.STORAGE_MISSING,
        AlarmKind.STORAGE_FAILED,
        AlarmKind.STORAGE_FULL,
    }
)
"""Kinds that matter however long ago they began."""

_BY_ITEM: Mapping[str, AlarmKind] = MappingProxyType(
    {
        "IsPeople": AlarmKind.PERSON,
        "IsVehicle": AlarmKind.VEHICLE,
        "IsLineCross": AlarmKind.CROSSING,
        "IsIntrusion": AlarmKind.CROSSING,
    }
)
"""TP-Link sends several meanings under one topic; the item tells."""

_MOMENTS = frozenset({AlarmKind.LOGIN_FAILED, AlarmKind.RESTARTED, AlarmKind.CLOCK_SET, AlarmKind.ADDRESS_CONFLICT})
_LABELS: Mapping[AlarmKind, str] = MappingProxyType({AlarmKind.PERSON: "person", AlarmKind.VEHICLE: "vehicle"})
_ON = frozenset({"true", "active", "on"})
_OFF = frozenset({"false", "inactive", "off"})
_STATE_NAME = re.compile(r"is[_A-Z]\w*|\w*state|active|triggered|accessed|motion|tampering|open|lost|disruption", re.IGNORECASE)
_LENSES = ("Source", "VideoSource", "VideoSourceToken", "VideoSourceConfigurationToken", "channel")
_USERS = ("User", "UserName", "Username", "user")
_ADDRESSES = ("address", "Address", "IPAddress", "IpAddress", "ClientIP", "ip")
_PREFIX = re.compile(r"[^/:]*:")
_MAX_ITEMS = 16
_MAX_CHARS = 200
_MAX_TEXT_CHARS = 2000
_MIN_AT_US = 946_684_800 * US_PER_S  # 2000: a clock that was never set
_MAX_AT_US = 4_102_444_800 * US_PER_S  # 2100
_MAX_NOTIFICATIONS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message as the camera sent it. `operation` is Initialized, Changed, Deleted or empty."""

    topic: str
    operation: str
    utc: str
    source: Items
    key: Items
    data: Items


def notifications(content: Element) -> tuple[Notification, ...]:
    """Return what a `PullMessagesResponse` or a metadata stream holds; a message without a topic is left out."""
    found: list[Notification] = []
    for one in content.walk():
        if one.name != "NotificationMessage" or len(found) >= _MAX_NOTIFICATIONS:
            continue
        topic = topic_of(one.said("Topic"))
        message = one.find("Message", "Message")
        if topic and message is not None:
            found.append(
                Notification(
                    topic=topic,
                    operation=message.attribute("PropertyOperation")[:_MAX_CHARS],
                    utc=message.attribute("UtcTime")[:_MAX_CHARS],
                    source=_items(message.find("Source")),
                    key=_items(message.find("Key")),
                    data=_items(message.find("Data")),
                )
            )
    return tuple(found)


def topic_of(text: str) -> str:
    """Return a topic without blanks and without the `//.` that some cameras put behind it."""
    return text.strip().removesuffix("//.").strip("/ ")[:_MAX_CHARS]


def _items(element: Element | None) -> Items:
    if element is None:
        return ()
    items = element.all("SimpleItem")[:_MAX_ITEMS]
    return tuple((one.attribute("Name")[:_MAX_CHARS], one.attribute("Value")[:_MAX_CHARS]) for one in items)


def kind_of(topic: str) -> AlarmKind:
    """Return our word for a topic, whatever its prefixes."""
    path = [_PREFIX.sub("", part) for part in topic.split("/")]
    for size in range(len(path), 1, -1):
        if kind := KINDS.get("/".join(path[:size])):
            return kind
    return AlarmKind.OTHER


def state_of(data: Items) -> bool | None:
    """Return whether a message says that something is on; None when it does not say either."""
    for name, value in data:
        word = value.strip().lower()
        if word in _ON or (word == "1" and _STATE_NAME.fullmatch(name)):
            return True
        if word in _OFF or (word == "0" and _STATE_NAME.fullmatch(name)):
            return False
    return None


def signal(notification: Notification, channels: Mapping[str, int]) -> AlarmSignal:
    """Return the alarm of a message. `channels`: the channel of each source and configuration token.

    Initialized says how things stand when we begin to listen: STATE. The camera's dates are taken if they can be true.
    """
    kind = next((_BY_ITEM[name] for name, _ in notification.data if name in _BY_ITEM), None) or kind_of(notification.topic)
    told = dict((*notification.source, *notification.key, *notification.data))
    at_us = instant(notification.utc)
    rule = told.get("Rule", "")
    return AlarmSignal(
        kind=kind,
        code=notification.topic,
        phase=_phase(notification, kind),
        channel=_channel(notification, told, channels),
        at_us=WallUs(at_us) if at_us is not None and _MIN_AT_US <= at_us < _MAX_AT_US else None,
        user=_first(told, _USERS),
        address=address_of(_first(told, _ADDRESSES)),
        regions=(rule,) if rule else (),
        objects=_objects(kind, told),
        text=", ".join(f"{name}={value}" for name, value in (*notification.source, *notification.key, *notification.data))[
            :_MAX_TEXT_CHARS
        ],
    )


def _phase(notification: Notification, kind: AlarmKind) -> AlarmPhase:
    if notification.operation == "Initialized":
        return AlarmPhase.STATE
    is_on = state_of(notification.data)
    if kind in _MOMENTS:
        return AlarmPhase.STATE if is_on is False else AlarmPhase.PULSE
    if notification.operation == "Deleted":
        return AlarmPhase.STOP
    if is_on is None:
        return AlarmPhase.PULSE
    return AlarmPhase.START if is_on else AlarmPhase.STOP


def _channel(notification: Notification, told: Mapping[str, str], channels: Mapping[str, int]) -> int:
    for name in _LENSES:
        if name in told and told[name] in channels:
            return channels[told[name]]
    branch = _PREFIX.sub("", notification.topic.split("/")[0])
    return 0 if branch in {"VideoSource", "RuleEngine", "VideoAnalytics", "IVA", "CameraApplicationPlatform"} else -1


def _objects(kind: AlarmKind, told: Mapping[str, str]) -> tuple[SeenObject, ...]:
    words = told.get("ClassTypes", "").replace(",", " ").split()[:16] or ([_LABELS[kind]] if kind in _LABELS else [])
    return tuple(SeenObject(label=word.lower(), box=None) for word in dict.fromkeys(words))


def _first(told: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((told[name] for name in names if told.get(name)), "")
