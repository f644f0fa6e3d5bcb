"""The settings of the emulated MJPEG Foscam, in the order of the recorded `get_params.cgi`, with a careless owner's values.

Planted weaknesses: UPnP and DDNS on, NTP off, `admin` without a password (an account, not here), no schedule against visitors.
"""

from __future__ import annotations

Params = dict[str, str | int]

WEAKNESSES = {"params.upnp_enable": "1", "params.ddns_service": "9", "params.ntp_enable": "0"}

MISC: Params = {
    "led_mode": 1,
    "ptz_center_onstart": 1,
    "ptz_auto_patrol_interval": 0,
    "ptz_auto_patrol_type": 0,
    "ptz_patrol_h_rounds": 2,
    "ptz_patrol_v_rounds": 2,
    "ptz_patrol_rate": 10,
    "ptz_patrol_up_rate": 6,
    "ptz_patrol_down_rate": 6,
    "ptz_patrol_left_rate": 6,
    "ptz_patrol_right_rate": 6,
    "ptz_disable_preset": 1,
    "ptz_preset_onstart": 0,
}
CAMERA: Params = {"resolution": 8, "brightness": 169, "contrast": 2, "mode": 1, "flip": 0, "fps": 0}
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def _schedule(prefix: str) -> Params:
    return {f"{prefix}_{name}": value for name, value in forbidden_schedule().items()}


def forbidden_schedule() -> Params:
    """Return what `get_forbidden.cgi` says: when nobody may look. The names follow those of the other schedules."""
    found: Params = {"schedule_enable": 0}
    return found | {f"schedule_{day}_{part}": 0 for day in _DAYS for part in range(3)}


def factory_params() -> Params:
    """Return what `get_params.cgi` says after the accounts, with alias, daylight saving and NTP that come before them."""
    params: Params = {"alias": "Door", "daylight_saving_time": 0, "ntp_enable": 0, "ntp_svr": "time.nist.gov"}
    for other in range(2, 10):
        params |= {f"dev{other}_alias": "", f"dev{other}_host": "", f"dev{other}_port": 0}
        params |= {f"dev{other}_user": "", f"dev{other}_pwd": ""}
    params |= {"ip": "0.0.0.0", "mask": "0.0.0.0", "gateway": "0.0.0.0", "dns": "0.0.0.0", "port": 80}
    params |= {"wifi_enable": 1, "wifi_ssid": "home", "wifi_encrypt": 3, "wifi_defkey": 0}
    params |= {f"wifi_key{key}": "" for key in range(1, 5)}
    params |= {"wifi_authtype": 0, "wifi_keyformat": 0}
    params |= {f"wifi_key{key}_bits": 0 for key in range(1, 5)}
    params |= {"wifi_mode": 0, "wifi_wpa_psk": "wifiSecret1"}
    params |= {"pppoe_enable": 0, "pppoe_user": "", "pppoe_pwd": "", "upnp_enable": 1}
    params |= {"ddns_service": 9, "ddns_user": "door", "ddns_pwd": "ddnsSecret1", "ddns_host": "door.myfoscam.example"}
    params |= {"ddns_proxy_svr": "", "ddns_proxy_port": 0}
    params |= {"mail_svr": "smtp.example.net", "mail_port": 25, "mail_tls": 0, "mail_user": "door@example.net"}
    params |= {"mail_pwd": "mailSecret1", "mail_sender": "door@example.net", "mail_receiver1": "owner@example.net"}
    params |= {f"mail_receiver{one}": "" for one in range(2, 5)} | {"mail_inet_ip": 0}
    params |= {"ftp_svr": "192.168.1.5", "ftp_port": 21, "ftp_user": "cam", "ftp_pwd": "ftpSecret1", "ftp_dir": "door"}
    params |= {"ftp_mode": 1, "ftp_upload_interval": 0, "ftp_filename": "", "ftp_numberoffiles": 0} | _schedule("ftp")
    params |= {"alarm_motion_armed": 1, "alarm_motion_sensitivity": 0, "alarm_motion_compensation": 0}
    params |= {"alarm_input_armed": 1, "alarm_ioin_level": 1, "alarm_iolinkage": 0, "alarm_preset": 0}
    params |= {"alarm_ioout_level": 1, "alarm_mail": 0, "alarm_upload_interval": 2, "alarm_http": 0, "alarm_msn": 0}
    params |= {"alarm_http_url": ""} | _schedule("alarm")
    params |= {"decoder_baud": 12, "msn_user": "", "msn_pwd": ""}
    return params | {f"msn_friend{one}": "" for one in range(1, 11)}
