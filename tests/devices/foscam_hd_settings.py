"""The settings of the emulated HD Foscam: what each `getNAME` answers, in the order of the vendor's guide or the recording."""

from __future__ import annotations

Section = dict[str, str]

TOLD_ONLY = frozenset(
    {"factoryDDNS", "factoryDDNSServer", "isConnected", "connectedAP", "isEnableTempAndHumid", "OnvifAgentStat", "uid"}
)
"""What no setter takes. Of everything else a setter takes all there is: one left out is a broken request."""

WEAKNESSES = {
    "P2PEnable.enable": "1",
    "UPnPConfig.isEnable": "1",
    "DDNSConfig.isEnable": "1",
    "FirewallConfig.isEnable": "0",
    "SystemTime.timeSource": "1",
    "SMTPConfig.tls": "0",
}
"""Planted, as the export names them. `timeSource` 1: set by hand, not by NTP."""


def factory_sections() -> dict[str, Section]:
    """Return the settings as a careless owner left them."""
    return {
        "UPnPConfig": {"isEnable": "1"},
        "PortInfo": {"webPort": "88", "httpsPort": "443", "mediaPort": "88", "onvifPort": "888", "rtspPort": "554"},
        "P2PEnable": {"enable": "1"},
        "P2PInfo": {"uid": "ABCDEFGH12345678ZZZZ"},
        "DDNSConfig": {
            "isEnable": "1",
            "hostName": "",
            "ddnsServer": "0",
            "user": "door",
            "password": "ddnsSecret1",
            "factoryDDNS": "door.myfoscam.example",
            "factoryDDNSServer": "ddns.myfoscam.example",
        },
        "OnvifAgentStat": {"OnvifAgentStat": "enable"},
        "TimingRebootConfig": {"isEnable": "1", "intervalDay": "7"},
        "FtpConfig": {"ftpAddr": "", "ftpPort": "21", "mode": "0", "userName": "cam", "password": "ftpSecret1"},
        "SMTPConfig": {
            "isEnable": "1",
            "server": "smtp.example.net",
            "port": "25",
            "isNeedAuth": "1",
            "tls": "0",
            "user": "door@example.net",
            "password": "mailSecret1",
            "sender": "door@example.net",
            "reciever": "owner@example.net",
        },
        "FirewallConfig": {"isEnable": "0", "rule": "0"} | {f"ipList{one}": "0" for one in range(8)},
        "IPInfo": {
            "isDHCP": "1",
            "ip": "192.168.1.9",
            "gate": "192.168.1.1",
            "mask": "255.255.255.0",
            "dns1": "192.168.1.1",
            "dns2": "8.8.8.8",
        },
        "WifiConfig": {
            "isEnable": "1",
            "isUseWifi": "1",
            "isConnected": "1",
            "connectedAP": "home",
            "ssid": "home",
            "netType": "0",
            "encryptType": "4",
            "psk": "wifiSecret1",
            "authMode": "2",
            "keyFormat": "0",
            "defaultKey": "1",
            "key1": "",
            "key2": "",
            "key3": "",
            "key4": "",
        },
        "MotionDetectConfig": {
            "isEnable": "1",
            "linkage": "4",
            "snapInterval": "2",
            "sensitivity": "1",
            "triggerInterval": "5",
        },
        "LocalAlarmRecordConfig": {"isEnableLocalAlarmRecord": "0", "localAlarmRecordSecs": "30"},
        "ScheduleRecordConfig": {"isEnable": "0", "recordLevel": "4", "spaceFullMode": "0", "isEnableAudio": "1"}
        | {f"schedule{day}": "0" for day in range(7)},
        "OSDSetting": {
            "isEnableTimeStamp": "1",
            "isEnableTempAndHumid": "0",
            "isEnableDevName": "1",
            "dispPos": "0",
            "isEnableOSDMask": "0",
        },
        "MirrorAndFlipSetting": {"isMirror": "0", "isFlip": "0"},
        "VideoStreamParam": {f"resolution{slot}": "3" if slot == 2 else "0" for slot in range(4)}
        | {f"bitRate{slot}": "1048576" if slot == 2 else "2097152" for slot in range(4)}
        | {f"frameRate{slot}": value for slot, value in enumerate(("30", "20", "15", "30"))}
        | {f"GOP{slot}": value for slot, value in enumerate(("30", "60", "60", "30"))}
        | {f"isVBR{slot}": "1" for slot in range(4)},
        "MainVideoStreamType": {"streamType": "0"},
        "SubVideoStreamType": {"streamType": "2"},
        "InfraLedConfig": {"mode": "0"},
    }
