"""The own page of an emulated Foscam HD: a log-in by script, settings by XHR, credentials in every query, absolute addresses.

Written after what such pages do (the log-in and the commands are those of its API); the pictures and the design are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tests.devices import foscam_hd
from tests.devices.camera_message import Reply, Request
from tests.devices.foscam_hd import FoscamHd

_INDEX = """<!DOCTYPE html><html><head><title>IPCam Client</title><meta charset="utf-8">
<link rel="stylesheet" href="{own}/css/main.css"><script src="js/main.js"></script></head>
<body onload="start()"><form id="login" onsubmit="return logIn(this)"><label>Username <input name="usr"></label>
<label>Password <input name="pwd" type="password"></label><button>Login</button></form>
<form id="settings" hidden onsubmit="return save(this)"><label>Device name <input name="name"></label><button>Save</button></form>
<p id="said"></p></body></html>"""
_SCRIPT = """var home = '{own}', who;
function call(cmd, more, done) {
  var ask = new XMLHttpRequest();
  ask.open('GET', home + '/cgi-bin/CGIProxy.fcgi?cmd=' + cmd + '&usr=' + who.usr + '&pwd=' + who.pwd + (more || ''));
  ask.onload = function () { done(new DOMParser().parseFromString(ask.responseText, 'text/xml')); };
  ask.onerror = function () { say('no answer'); };
  ask.send();
}
function text(xml, name) { var found = xml.getElementsByTagName(name)[0]; return found ? found.textContent : ''; }
function say(words) { document.getElementById('said').textContent = words; }
function start() { if (document.cookie.indexOf('lang=') < 0) say('no cookies'); document.cookie = 'seen=1'; }
function logIn(form) {
  who = { usr: form.usr.value, pwd: form.pwd.value };
  call('logIn', '&groupId=1', function (xml) {
    if (text(xml, 'result') !== '0') { say('Wrong password'); return; }
    form.hidden = true;
    call('getDevName', '', function (xml) {
      var settings = document.getElementById('settings');
      settings.elements.name.value = decodeURIComponent(text(xml, 'devName'));
      settings.hidden = false;
    });
  });
  return false;
}
function save(form) {
  call('setDevName', '&devName=' + encodeURIComponent(form.elements.name.value), function (xml) {
    say(text(xml, 'result') === '0' ? 'Saved' : 'Failed');
  });
  return false;
}
"""


@dataclass(kw_only=True)
class FoscamHdWithPage(FoscamHd):
    """As FoscamHd; `/` leads to its page by its own address, as these cameras do. `nasty` is put into its script."""

    family: ClassVar[str] = "foscam-hd"
    nasty: str = ""

    async def answer(self, request: Request) -> Reply:
        own = f"http://{request.headers.get('host', '')}"
        match request.path:
            case "/":
                return Reply(status="302 Found", headers=(("Location", f"{own}/index.html"),))
            case "/index.html":
                headers = (("Content-Type", "text/html"), ("Set-Cookie", "lang=ENU; Path=/"), ("X-Frame-Options", "DENY"))
                return Reply(body=_INDEX.replace("{own}", own).encode(), headers=headers)
            case "/js/main.js":
                script = (_SCRIPT.replace("{own}", own) + self.nasty).encode()
                return Reply(body=script, headers=(("Content-Type", "application/x-javascript"),))
            case "/css/main.css":
                return Reply(body=b"body { font-family: sans-serif }", headers=(("Content-Type", "text/css"),))
        return await super().answer(request)


def camera(nasty: str = "") -> FoscamHdWithPage:
    """Return one as `foscam_hd.camera` makes it, with its page."""
    return FoscamHdWithPage(state=foscam_hd.camera().state, nasty=nasty)
