"""The own page of an emulated Amcrest: the log-in in two steps with MD5 in the browser (`/RPC2_Login`), settings by `/RPC2`.

The exchange is the one these pages speak: `global.login` twice, the second time with
`MD5(user:random:MD5(user:realm:password))` in capitals; then calls with the session's number, also in a cookie.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.devices import dahua
from tests.devices.camera_message import Reply, Request
from tests.devices.camera_state import LogKind
from tests.devices.dahua import Dahua
from tests.devices.digest import md5

_INDEX = """<!DOCTYPE html><html><head><title>WEB SERVICE</title><meta charset="utf-8"><script src="/jsCore/rpc.js"></script></head>
<body><form id="login" onsubmit="logIn(this); return false"><label>Username <input name="user"></label>
<label>Password <input name="password" type="password"></label><button>Login</button></form>
<form id="settings" hidden onsubmit="save(this); return false"><label>Machine name <input name="machine"></label>
<button>Save</button></form><p id="said"></p></body></html>"""
_SCRIPT = r"""
var K = [], S = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21], session = 0, id = 0;
for (var i = 0; i < 64; i++) K[i] = Math.floor(Math.abs(Math.sin(i + 1)) * 4294967296) >>> 0;
function md5(text) {
  var b = new TextEncoder().encode(text), n = ((b.length + 8 >> 6) + 1) * 16, w = new Uint32Array(n);
  b.forEach(function (c, i) { w[i >> 2] |= c << 8 * (i % 4); });
  w[b.length >> 2] |= 0x80 << 8 * (b.length % 4); w[n - 2] = b.length * 8;
  var h = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (var o = 0; o < n; o += 16) {
    var a = h[0], x = h[1], c = h[2], d = h[3];
    for (var i = 0; i < 64; i++) {
      var r = i >> 4, f, g;
      if (r === 0) { f = (x & c) | (~x & d); g = i; } else if (r === 1) { f = (d & x) | (~d & c); g = (5 * i + 1) % 16; }
      else if (r === 2) { f = x ^ c ^ d; g = (3 * i + 5) % 16; } else { f = c ^ (x | ~d); g = 7 * i % 16; }
      var t = d, y = (a + f + K[i] + w[o + g]) | 0, s = S[r * 4 + i % 4];
      d = c; c = x; x = (x + ((y << s) | (y >>> (32 - s)))) | 0; a = t;
    }
    h = [(h[0] + a) | 0, (h[1] + x) | 0, (h[2] + c) | 0, (h[3] + d) | 0];
  }
  return h.map(function (v) {
    return [0, 8, 16, 24].map(function (s) { return ('0' + ((v >>> s) & 255).toString(16)).slice(-2); }).join('');
  }).join('');
}
async function rpc(path, method, params) {
  var asked = { method: method, params: params, id: ++id };
  if (session) asked.session = session;
  var answer = await fetch(path, { method: 'POST', body: JSON.stringify(asked), headers: { 'X-Requested-With': 'XMLHttpRequest' } });
  return answer.json();
}
function say(words) { document.getElementById('said').textContent = words; }
async function logIn(form) {
  var user = form.user.value, kind = { userName: user, clientType: 'Web3.0', loginType: 'Direct' };
  var first = await rpc('/RPC2_Login', 'global.login', Object.assign({ password: '' }, kind));
  session = first.session;
  var inner = md5(user + ':' + first.params.realm + ':' + form.password.value).toUpperCase();
  var proof = md5(user + ':' + first.params.random + ':' + inner).toUpperCase();
  var second = await rpc('/RPC2_Login', 'global.login', Object.assign({ password: proof, authorityType: 'Default' }, kind));
  if (!second.result) { say('Wrong password'); return; }
  document.cookie = 'DhWebClientSessionID=' + session;
  var got = await rpc('/RPC2', 'configManager.getConfig', { name: 'General' });
  form.hidden = true;
  document.getElementById('settings').hidden = false;
  document.querySelector('[name=machine]').value = got.params.table.MachineName;
}
async function save(form) {
  var table = { MachineName: form.machine.value };
  var done = await rpc('/RPC2', 'configManager.setConfig', { name: 'General', table: table });
  say(done.result ? 'Saved' : 'Failed');
}
"""


@dataclass(kw_only=True)
class DahuaWithPage(Dahua):
    """As Dahua. It answers a script only where Origin and Referer are its own, as newer firmware does."""

    family: ClassVar[str] = "dahua"
    page_sessions: dict[int, dict[str, Any]] = field(default_factory=dict)

    async def answer(self, request: Request) -> Reply:
        match request.path:
            case "/":
                return Reply(body=_INDEX.encode(), headers=(("Content-Type", "text/html; charset=utf-8"),))
            case "/jsCore/rpc.js":
                return Reply(body=_SCRIPT.encode(), headers=(("Content-Type", "application/javascript"),))
            case "/RPC2_Login" | "/RPC2":
                own = f"http://{request.headers.get('host', '')}"
                if request.headers.get("origin") != own or not request.headers.get("referer", "").startswith(own):
                    return Reply(status="403 Forbidden")
                asked = json.loads(request.body)
                said = self._log_in(asked, request) if request.path == "/RPC2_Login" else self._call(asked)
                return Reply(
                    body=json.dumps(said | {"id": asked["id"]}).encode(), headers=(("Content-Type", "application/json"),)
                )
        return await super().answer(request)

    def _log_in(self, asked: dict[str, Any], request: Request) -> dict[str, Any]:
        user = asked["params"]["userName"]
        known = self.page_sessions.get(asked.get("session", 0))
        if known is None:
            number = 1_000_000 + self.rng.randrange(1_000_000)
            known = self.page_sessions[number] = {"random": str(self.rng.randrange(10**9)), "user": "", "number": number}
            params = {"realm": self.door.realm, "random": known["random"], "encryption": "Default"}
            return {"result": False, "session": number, "params": params, "error": {"code": 268632079}}
        account = self.state.account(user)
        inner = md5(f"{user}:{self.door.realm}:{account.password if account else ''}").upper()
        if account is None or asked["params"]["password"] != md5(f"{user}:{known['random']}:{inner}").upper():
            self.state.count_wrong(user, request.address, "Web")
            return {"result": False, "session": known["number"], "error": {"code": 268632085}}
        known["user"] = user
        self.state.write(LogKind.LOGIN, user=user, address=request.address, via="Web")
        return {"result": True, "session": known["number"], "params": {"keepAliveInterval": 60}}

    def _call(self, asked: dict[str, Any]) -> dict[str, Any]:
        known = self.page_sessions.get(asked.get("session", 0))
        if known is None or not known["user"]:
            return {"result": False, "error": {"code": 287637505, "message": "Invalid session in request data!"}}
        name, table = asked["params"]["name"], self.tree[asked["params"]["name"]]
        if asked["method"] == "configManager.setConfig":
            table.update(asked["params"]["table"])
            self.state.write(LogKind.SETTINGS_CHANGED, user=known["user"], address="127.0.0.1", via="Web", words=name)
        return {"result": True, "session": known["number"], "params": {"table": table}}


def camera() -> DahuaWithPage:
    """Return one as `dahua.camera` makes it, with its page."""
    return DahuaWithPage(state=dahua.camera().state)
