"""What the emulated ONVIF camera does for each operation of its device, media and PTZ services."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from tests.devices import onvif_words as words
from tests.devices.camera_state import EPOCH, Account, LogKind
from tests.devices.onvif_words import Refusal, name_of, said, tag, text_of

if TYPE_CHECKING:
    from tests.devices.onvif_camera import OnvifCamera

SNAPSHOT = "/cgi-bin/api.cgi?cmd=onvifSnapPic&channel=0"
UPLOAD = "/onvif/upload"
_WORDS = {
    LogKind.LOGIN: "logged in",
    LogKind.LOGOUT: "logged out",
    LogKind.DENIED: "login failed",
    LogKind.LOCKED: "locked",
    LogKind.ACCOUNT_ADDED: "user added",
    LogKind.ACCOUNT_CHANGED: "user changed",
    LogKind.ACCOUNT_REMOVED: "user removed",
    LogKind.PASSWORD_CHANGED: "password changed",
    LogKind.LOG_CLEARED: "log cleared",
    LogKind.SETTINGS_CHANGED: "settings changed",
    LogKind.CLOCK_SET: "clock set",
    LogKind.RESTARTED: "system started",
}


class Operations:
    """`on_NAME` takes the request's element, who asks and from where, and returns what goes into `NAMEResponse`."""

    def __init__(self, camera: OnvifCamera) -> None:
        self._camera = camera

    def on_GetDeviceInformation(self, asked: Element, user: str, address: str) -> str:
        serial = self._camera.host.replace(".", "")
        values = (self._camera.manufacturer, self._camera.model, self._camera.firmware, serial, self._camera.hardware)
        names = ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber", "HardwareId")
        return "".join(said(f"tds:{name}", value) for name, value in zip(names, values, strict=True))

    def on_GetServices(self, asked: Element, user: str, address: str) -> str:
        return words.services(self._camera.base)

    def on_GetCapabilities(self, asked: Element, user: str, address: str) -> str:
        return words.capabilities(self._camera.base, has_log=self._camera.has_log)

    def _zone(self) -> str:
        sign, rest = (
            ("+", self._camera.state.clock.west_s)
            if self._camera.state.clock.west_s >= 0
            else ("-", -self._camera.state.clock.west_s)
        )
        return f"CST{sign}{rest // 3600}:{rest % 3600 // 60:02d}:00"

    def on_GetSystemDateAndTime(self, asked: Element, user: str, address: str) -> str:
        clock = self._camera.state.clock
        return words.date_and_time(clock.utc(), clock.local(), by_ntp=self._camera.by_ntp, summer=False, zone=self._zone())

    def on_SetSystemDateAndTime(self, asked: Element, user: str, address: str) -> str:
        clock = self._camera.state.clock
        if zone := re.fullmatch(r"[A-Za-z]{3,}([+-]?)(\d{1,2})(?::(\d{2}))?(?::\d{2})?.*", text_of(asked, "TZ")):
            clock.west_s = (int(zone[2]) * 3600 + int(zone[3] or 0) * 60) * (-1 if zone[1] == "-" else 1)
        self._camera.by_ntp = text_of(asked, "DateTimeType") == "NTP"
        if self._camera.by_ntp:
            clock.sync()
        elif text_of(asked, "Year"):
            names = ("Year", "Month", "Day", "Hour", "Minute", "Second")
            year, month, day, hour, minute, second = (int(text_of(asked, name)) for name in names)
            at = EPOCH.replace(year=year, month=month, day=day, hour=hour, minute=minute, second=second)
            clock.set_utc(round((at - EPOCH).total_seconds()))
        self._camera.state.write(LogKind.CLOCK_SET, user=user, address=address)
        return ""

    def on_GetUsers(self, asked: Element, user: str, address: str) -> str:
        pairs = ((one.name, one.group) for one in self._camera.state.accounts)
        return "".join(tag("tds:User", said("tt:Username", name), said("tt:UserLevel", level)) for name, level in pairs)

    def _users(self, asked: Element) -> list[tuple[str, str, str]]:
        found = [one for one in asked if name_of(one) == "User"]
        return [(text_of(one, "Username"), text_of(one, "Password"), text_of(one, "UserLevel")) for one in found]

    def on_CreateUsers(self, asked: Element, user: str, address: str) -> str:
        for name, password, level in self._users(asked):
            if self._camera.state.account(name) is not None:
                raise Refusal("Sender", ("ter:OperationProhibited", "ter:UsernameClash"), "Username already exists")
            self._camera.state.add_account(Account(name=name, password=password, group=level), by=user, address=address)
        return ""

    def on_SetUser(self, asked: Element, user: str, address: str) -> str:
        for name, password, level in self._users(asked):
            account = self._camera.state.account(name)
            if account is None:
                raise Refusal("Sender", ("ter:InvalidArgVal", "ter:UsernameMissing"), "Username not recognized")
            account.group = level or account.group
            if password:
                account.password = password
                self._camera.state.write(LogKind.PASSWORD_CHANGED, user=name, address=address)
        self._camera.credentials_changed()
        return ""

    def on_DeleteUsers(self, asked: Element, user: str, address: str) -> str:
        for name in [one.text or "" for one in asked if name_of(one) == "Username"]:
            account = self._camera.state.account(name)
            if account is None:
                raise Refusal("Sender", ("ter:InvalidArgVal", "ter:UsernameMissing"), "Username not recognized")
            if account.is_built_in:
                raise Refusal("Sender", ("ter:InvalidArgVal", "ter:FixedUser"), "Username may not be deleted")
            self._camera.state.remove_account(name, by=user, address=address)
        self._camera.credentials_changed()
        return ""

    def on_GetNetworkProtocols(self, asked: Element, user: str, address: str) -> str:
        rows = ((name, enabled, port) for name, (enabled, port) in self._camera.protocols.items())
        return "".join(
            tag("tds:NetworkProtocols", said("tt:Name", name), said("tt:Enabled", bool(enabled)), said("tt:Port", int(port)))
            for name, enabled, port in rows
        )

    def on_SetNetworkProtocols(self, asked: Element, user: str, address: str) -> str:
        for one in asked:
            row = self._camera.protocols[text_of(one, "Name")]
            row[0] = text_of(one, "Enabled") == "true"
            row[1] = int(text_of(one, "Port") or row[1])
        self._changed(user, address)
        self._camera.move_soon(None, int(self._camera.protocols["HTTP"][1]))
        return ""

    def _changed(self, user: str, address: str) -> None:
        self._camera.state.write(LogKind.SETTINGS_CHANGED, user=user, address=address)

    def on_GetNTP(self, asked: Element, user: str, address: str) -> str:
        kind = ("IPv4", "IPv4Address") if re.fullmatch(r"[\d.]+", self._camera.ntp_server) else ("DNS", "DNSname")
        manual = tag("tt:NTPManual", said("tt:Type", kind[0]), said(f"tt:{kind[1]}", self._camera.ntp_server))
        return tag("tds:NTPInformation", said("tt:FromDHCP", False), manual)

    def on_SetNTP(self, asked: Element, user: str, address: str) -> str:
        self._camera.ntp_server = text_of(asked, "DNSname") or text_of(asked, "IPv4Address")
        self._changed(user, address)
        return ""

    def on_GetHostname(self, asked: Element, user: str, address: str) -> str:
        return tag("tds:HostnameInformation", said("tt:FromDHCP", False), said("tt:Name", self._camera.hostname))

    def on_SetHostname(self, asked: Element, user: str, address: str) -> str:
        self._camera.hostname = text_of(asked, "Name")
        self._changed(user, address)
        return ""

    def on_GetDiscoveryMode(self, asked: Element, user: str, address: str) -> str:
        return said("tds:DiscoveryMode", self._camera.discovery)

    def on_SetDiscoveryMode(self, asked: Element, user: str, address: str) -> str:
        self._camera.discovery = text_of(asked, "DiscoveryMode")
        self._changed(user, address)
        return ""

    def on_GetNetworkInterfaces(self, asked: Element, user: str, address: str) -> str:
        return words.network_interfaces(self._camera.mac, self._camera.host)

    def on_GetScopes(self, asked: Element, user: str, address: str) -> str:
        items = [f"name/{self._camera.hostname}", "hardware/E1Zoom", "Profile/Streaming", "Profile/T"]
        fixed = [(said("tt:ScopeDef", "Fixed"), said("tt:ScopeItem", f"onvif://www.onvif.org/{one}")) for one in items]
        return "".join(tag("tds:Scopes", *one) for one in fixed)

    def on_GetSystemLog(self, asked: Element, user: str, address: str) -> str:
        if not self._camera.has_log:
            return tag("tds:SystemLog", said("tt:String", "No available system logs"))
        rows = (
            f"{one.local:%Y-%m-%d %H:%M:%S} user {one.user or 'system'} {_WORDS.get(one.kind, one.kind)}"
            + (f" from {one.address}" if one.address else "")
            for one in self._camera.state.log
        )
        return tag("tds:SystemLog", said("tt:String", "\n".join(rows)))

    def on_SystemReboot(self, asked: Element, user: str, address: str) -> str:
        self._camera.reboot_soon()
        return said("tds:Message", "Rebooting")

    def on_StartFirmwareUpgrade(self, asked: Element, user: str, address: str) -> str:
        uri = said("tds:UploadUri", f"{self._camera.base}{UPLOAD}")
        return uri + said("tds:UploadDelay", "PT0S") + said("tds:ExpectedDownTime", "PT1S")

    def on_GetRelayOutputs(self, asked: Element, user: str, address: str) -> str:
        """Bistable, idle open: ONVIF's schema names them so."""
        settings = [said("tt:Mode", "Bistable"), said("tt:DelayTime", "PT0S"), said("tt:IdleState", "open")]
        return "".join(tag("tds:RelayOutputs", tag("tt:Properties", *settings), token=name) for name in self._camera.relays)

    def on_SetRelayOutputState(self, asked: Element, user: str, address: str) -> str:
        state = text_of(asked, "LogicalState")
        if state not in {"active", "inactive"}:
            raise ValueError(state)
        token = text_of(asked, "RelayOutputToken")
        if token not in self._camera.relays:
            raise Refusal("Sender", ("ter:InvalidArgVal", "ter:RelayToken"), "Unknown relay token reference")
        self._camera.relays[token] = state == "active"
        return ""

    def on_GetProfiles(self, asked: Element, user: str, address: str) -> str:
        return words.profiles()

    def on_GetVideoSourceConfigurations(self, asked: Element, user: str, address: str) -> str:
        return words.source_configuration("trt:Configurations")

    def on_GetVideoEncoderConfigurations(self, asked: Element, user: str, address: str) -> str:
        return "".join(words.encoder_configuration(index, "trt:Configurations") for index in range(2))

    def on_GetStreamUri(self, asked: Element, user: str, address: str) -> str:
        path = (self._camera.sub_path if text_of(asked, "ProfileToken") == "001" else "") or "/"
        return words.media_uri(f"rtsp://{self._camera.host}:{self._camera.protocols['RTSP'][1]}{path}", passing=False)

    def on_GetSnapshotUri(self, asked: Element, user: str, address: str) -> str:
        return words.media_uri(f"{self._camera.base}{SNAPSHOT}", passing=True)

    def on_ContinuousMove(self, asked: Element, user: str, address: str) -> str:
        speeds = [f"{name_of(one)} {one.get('x', '')} {one.get('y', '')}".strip() for one in asked.iter() if one.get("x")]
        self._camera.state.moves.append("ContinuousMove " + ", ".join(speeds))
        return ""

    def on_Stop(self, asked: Element, user: str, address: str) -> str:
        self._camera.state.moves.append("Stop")
        return ""

    def on_GetPresets(self, asked: Element, user: str, address: str) -> str:
        rows = enumerate(self._camera.presets, 1)
        return "".join(tag("tptz:Preset", said("tt:Name", name), token=str(number)) for number, name in rows)

    def on_GotoPreset(self, asked: Element, user: str, address: str) -> str:
        self._camera.state.moves.append(f"GotoPreset {text_of(asked, 'PresetToken')}")
        return ""
