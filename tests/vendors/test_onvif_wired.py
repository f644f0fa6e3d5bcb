"""The ONVIF client against a web server that answers with recorded bytes and checks log-ins and subscriptions by itself."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.vendors.onvif_server import JPEG, LACKS, SoapCamera, body_of
from tests.vendors.web_camera import BASIC, DIGEST, PASSWORD, USER, Request, WebCamera, reply, running, saying

from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, WallUs, camera_id
from hearthwatch.vendors import capability
from hearthwatch.vendors.capability import PtzMove, Service
from hearthwatch.vendors.device import Access, AlarmKind, AlarmPhase, LoginAction, Setting
from hearthwatch.vendors.network import NetworkChange
from hearthwatch.vendors.onvif import OnvifCamera

pytestmark = pytest.mark.wired

REOLINK, AXIS, BOSCH = "reolink-e1zoom-3.1.0.2649", "axis-p3818pve-11.9.60", "bosch-autodome5000i-7.80"
EVENT = (
    "<n:NotificationMessage><n:Topic>{topic}</n:Topic><n:Message><t:Message UtcTime='2026-11-21T08:00:00Z' {operation}>"
    "<t:Source><t:SimpleItem Name='Source' Value='000'/></t:Source><t:Data><t:SimpleItem Name='{name}' Value='{value}'/></t:Data>"
    "</t:Message></n:Message></n:NotificationMessage>"
)


def event(topic: str, value: str, *, operation: str = "Changed", name: str = "State") -> str:
    said = f"PropertyOperation='{operation}'" if operation else ""
    return EVENT.format(topic=topic, operation=said, name=name, value=value)


@pytest.fixture
def tapes(test_data: Path) -> Path:
    return test_data / "tapes" / "onvif"


@pytest.fixture
def camera(tapes: Path) -> SoapCamera:
    """A Reolink E1 Zoom."""
    operations = ("GetServices", "GetDeviceInformation", "GetNetworkInterfaces", "GetScopes", "GetProfiles", "GetStreamUri",
                  "GetSnapshotUri", "GetUsers", "GetNetworkProtocols", "GetNTP")  # fmt: skip
    return SoapCamera(tapes=tapes, says={one: f"{REOLINK}/{one}.xml" for one in operations})


@contextlib.asynccontextmanager
async def client_of(
    camera: SoapCamera, *, challenges: tuple[str, ...] = (), password: str = PASSWORD, user: str = USER
) -> AsyncIterator[OnvifCamera]:
    async with running(WebCamera(answer=camera, challenges=challenges)) as server:
        access = Access(
            camera=camera_id("gate"),
            host="127.0.0.1",
            port=server.port,
            user=user,
            password=Secret(password),
            allow_loopback=True,
        )
        client = OnvifCamera(access, clock=camera.clock, rng=random.Random(1), timeout_s=30, pause_s=0.01)
        try:
            yield client
        finally:
            await client.close()
            assert not any(PASSWORD in one.body for one in camera.asked)


async def test_identity_is_the_mac_and_not_the_serial_number(camera: SoapCamera) -> None:
    async with client_of(camera) as client:
        found = await client.identity()
    assert (found.vendor, found.model, found.mac, found.serial, found.name) == (
        "REOLINK", "E1 Zoom", "ec:71:db:46:5a:f7", "", "IPC-BO")  # fmt: skip


async def test_the_clock_is_read_without_a_log_in_and_tokens_follow_it(camera: SoapCamera) -> None:
    camera.ahead_s = -1_699_999_000.0  # since its start in 1970
    async with client_of(camera) as client:
        reading = await client.clock()
        await client.accounts()
        assert camera.operations == ["GetSystemDateAndTime", "GetUsers"]
    assert [one.has_token for one in camera.asked] == [False, True]
    assert abs(reading.ahead_us - camera.ahead_s * US_PER_S) <= reading.error_us + US_PER_S


async def test_a_clock_set_meanwhile_is_read_again(camera: SoapCamera) -> None:
    async with client_of(camera) as client:
        await client.accounts()
        camera.ahead_s = 7200.0
        await client.accounts()
        assert camera.operations == ["GetSystemDateAndTime", "GetUsers", "GetUsers", "GetSystemDateAndTime", "GetUsers"]


async def test_a_wrong_password_is_tried_once(camera: SoapCamera) -> None:
    async with client_of(camera, password="wrong") as client:
        with pytest.raises(Refused, match="refuses this user"):
            await client.accounts()
        assert camera.operations.count("GetUsers") == 1


@pytest.mark.parametrize("ahead_s", [0.0, 86_400.0])
async def test_a_clock_behind_the_log_in_is_told_by_the_date_of_the_refusal(camera: SoapCamera, ahead_s: float) -> None:
    camera.hides_clock = camera.sends_date = True
    camera.ahead_s = ahead_s
    async with client_of(camera) as client:
        assert len(await client.accounts()) == 2
        reading = await client.clock()
    assert abs(reading.ahead_us - ahead_s * US_PER_S) < 2 * US_PER_S


async def test_digest_in_place_of_the_token_where_the_camera_asks_for_it(camera: SoapCamera) -> None:
    camera.wants_token = False
    async with client_of(camera, challenges=(DIGEST,)) as client:
        await client.accounts()
        await client.streams()
    assert not any(one.has_token for one in camera.asked)


async def test_a_picture_behind_digest_says_nothing_about_the_services(camera: SoapCamera) -> None:
    """Not even on the same port: there the token still goes out, after a new password, too."""
    door = WebCamera(answer=camera, challenges=(DIGEST,))

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "GET" and not door._let_in(request):
            writer.write(reply(b"", status="401 Unauthorized", headers=(f"WWW-Authenticate: {DIGEST}",)))
        else:
            await camera(request, writer)

    changes(camera)
    async with running(WebCamera(answer=answer)) as server:
        camera.says["GetSnapshotUri"] = body_of("GetSnapshotUri", f"<x:Uri>http://127.0.0.1:{server.port}/snap.jpg</x:Uri>")
        access = Access(
            camera=camera_id("gate"),
            host="127.0.0.1",
            port=server.port,
            user=USER,
            password=Secret(PASSWORD),
            allow_loopback=True,
        )
        client = OnvifCamera(access, clock=camera.clock, rng=random.Random(1))
        assert await client.snapshot() == JPEG
        await client.accounts()
        await client.change_password(USER, Secret("new one"))
        door.password = "new one"
        assert await client.snapshot() == JPEG
        await client.close()


async def test_a_new_password_where_digest_is_asked_for(camera: SoapCamera) -> None:
    camera.wants_token = False
    changes(camera)
    async with running(WebCamera(answer=camera, challenges=(DIGEST,))) as server:
        access = Access(
            camera=camera_id("gate"),
            host="127.0.0.1",
            port=server.port,
            user=USER,
            password=Secret(PASSWORD),
            allow_loopback=True,
        )
        client = OnvifCamera(access, clock=camera.clock, rng=random.Random(1))

        def set_user(text: str) -> bytes:
            server.password = text.split("<tt:Password>")[1].split("<", maxsplit=1)[0]
            return body_of("SetUser")

        camera.says["SetUser"] = set_user
        await client.change_password(USER, Secret("new one"))
        assert len(await client.accounts()) == 2
        camera.says["SetUser"] = body_of("SetUser")
        with pytest.raises(Refused):
            await client.change_password(USER, Secret("never taken"))
        assert len(await client.accounts()) == 2
        await client.close()


async def test_basic_is_never_answered(camera: SoapCamera) -> None:
    async with client_of(camera, challenges=(BASIC,)) as client:
        with pytest.raises(Refused, match="offers basic"):
            await client.accounts()
    assert camera.asked == []


async def test_a_refusal_with_401_and_no_challenge(camera: SoapCamera) -> None:
    camera.statuses["GetUsers"] = "401 Unauthorized"
    camera.says["GetUsers"] = b""
    async with client_of(camera) as client:
        with pytest.raises(Refused, match="refuses this user"):
            await client.accounts()


async def test_without_a_user_no_token_is_sent(camera: SoapCamera) -> None:
    async with client_of(camera, user="", password="") as client:
        with pytest.raises(Refused):
            await client.accounts()
    assert not any(one.has_token for one in camera.asked)


async def test_streams_and_picture_come_from_the_host_we_know(camera: SoapCamera) -> None:
    camera.says["GetSnapshotUri"] = lambda _: camera.tape(f"{REOLINK}/GetSnapshotUri.xml").replace(
        b":80/", f":{port}/".encode()
    )
    async with client_of(camera) as client:
        port = client._http.access.port
        main, sub = await client.streams()
        picture = await client.snapshot()
    assert (main.name, main.url, main.codec, main.width_px) == ("main", "rtsp://127.0.0.1:554/", "H264", 2048)
    assert (sub.name, sub.width_px) == ("sub", 640)
    assert picture == JPEG
    assert camera.asked[-1].target == "/cgi-bin/api.cgi?cmd=onvifSnapPic&channel=0"
    assert {one.target for one in camera.asked if one.operation == "GetProfiles"} == {"/onvif/media_service"}


async def test_a_stream_without_an_address_does_not_cost_the_others(camera: SoapCamera) -> None:
    camera.says["GetStreamUri"] = [LACKS, f"{REOLINK}/GetStreamUri.xml"]
    async with client_of(camera) as client:
        assert [(one.name, one.width_px) for one in await client.streams()] == [("main", 640)]
        camera.says["GetStreamUri"] = LACKS
        with pytest.raises(BadReply, match="no address of a stream"):
            await client.streams()


async def test_a_camera_that_names_no_account(camera: SoapCamera) -> None:
    camera.says["GetUsers"] = body_of("GetUsers")
    async with client_of(camera) as client:
        assert await client.accounts() == ()


async def test_a_camera_with_the_new_media_service_only(camera: SoapCamera) -> None:
    camera.says["GetServices"] = body_of(
        "GetServices",
        "<d:Service><d:Namespace>http://www.onvif.org/ver20/media/wsdl</d:Namespace><d:XAddr>http://10.0.0.1/m2</d:XAddr></d:Service>",
    )
    video = "<m:Encoding>H265</m:Encoding><m:Resolution><t:Width>3840</t:Width><t:Height>2160</t:Height></m:Resolution>"
    source = "<m:VideoSource token='c0'><t:SourceToken>s0</t:SourceToken></m:VideoSource>"
    parts = f"<m:Configurations>{source}<m:VideoEncoder token='e'>{video}</m:VideoEncoder></m:Configurations>"
    camera.says["GetProfiles"] = body_of("GetProfiles", f"<m:Profiles token='p&amp;1'><m:Name>a</m:Name>{parts}</m:Profiles>")
    camera.says["GetStreamUri"] = body_of("GetStreamUri", "<m:Uri>rtsp://10.0.0.1/live?a=1&amp;b=2</m:Uri>")
    async with client_of(camera) as client:
        [found] = await client.streams()
        with pytest.raises(Unsupported, match="no channel 1"):
            await client.streams(1)
    assert (found.url, found.codec, found.height_px) == ("rtsp://127.0.0.1:554/live?a=1&b=2", "H265", 2160)
    assert "<ProfileToken>p&amp;1</ProfileToken>" in camera.asked[-1].body or camera.operations[-1] == "GetProfiles"
    assert {one.target for one in camera.asked if one.operation == "GetStreamUri"} == {"/m2"}


async def test_services_are_found_whatever_the_camera_makes_of_the_question(camera: SoapCamera, tapes: Path) -> None:
    broken = camera.tape(f"{REOLINK}/GetServices.xml").replace(b' xmlns:tad="http://www.onvif.org/ver20/analytics/wsdl"', b"")
    broken = broken.replace(b"<tds:Namespace>", b"<tad:X/><tds:Namespace>", 1)
    empty = b"<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body></s:Body></s:Envelope>"
    for said, status in ((broken, "200 OK"), (f"{BOSCH}/GetServices.xml", "200 OK"), (empty, "500 Error"), (b"", "500 Error"),
                         ("hikvision-ds2df7276-5.1.6/GetServices.fault.xml", "500 Error")):  # fmt: skip
        camera.says |= {"GetServices": said, "GetCapabilities": "dahua-go2rtc/GetCapabilities.xml"}
        camera.statuses["GetServices"] = status
        async with client_of(camera) as client:
            assert len(await client.streams()) == 2


async def test_no_log_is_no_record_and_a_fault_is_not_supported(camera: SoapCamera) -> None:
    async with client_of(camera) as client:
        camera.says["GetSystemLog"] = "trendnet-tvip320pi-5.3.4/GetSystemLog.xml"
        assert await client.logins(WallUs(0)) == ()
        camera.says["GetSystemLog"] = "axis-q6045e-5.55/GetSystemLog.fault.xml"
        with pytest.raises(Unsupported, match="Tag mismatch"):
            await client.log(WallUs(0))


async def test_a_log_of_735_kb_beside_the_answer(camera: SoapCamera, tapes: Path) -> None:
    line = b"2023-11-14 22:13:20 user admin login failed from 203.0.113.9\n"
    log = line * (735_000 // len(line))
    include = '<x:Include href="cid:the%40log"/>'
    root = body_of("GetSystemLog", f"<d:SystemLog><t:Binary>{include}</t:Binary></d:SystemLog>")
    parts = [
        b"--B\r\nContent-ID: <root>\r\n\r\n" + root + b"\r\n",
        b"--B\r\nContent-ID: <the@log>\r\n\r\n" + log + b"\r\n",
        b"--B--\r\n",
    ]
    kind = 'Content-Type: multipart/related; type="application/xop+xml"; boundary="B"'

    async def answer(request: object, writer: asyncio.StreamWriter) -> None:
        if b"GetSystemLog>" in request.body:  # type: ignore[attr-defined]
            writer.write(reply(b"".join(parts), headers=(kind,)))
        else:
            await camera(request, writer)  # type: ignore[arg-type]

    async with running(WebCamera(answer=answer)) as server:
        access = Access(camera=camera_id("gate"), host="127.0.0.1", port=server.port, allow_loopback=True)
        client = OnvifCamera(access, clock=camera.clock, rng=random.Random(1))
        found = await client.logins(WallUs(0))
        later = await client.logins(WallUs(camera.clock.wall_us() + 60 * US_PER_S))
        await client.close()
    assert len(found) == len(log) // len(line)
    first = found[0]
    assert (first.action, first.user, first.address, first.raw) == (
        LoginAction.DENIED,
        "admin",
        "203.0.113.9",
        line.decode().strip(),
    )
    assert abs((first.at_us or 0) - camera.clock.wall_us()) <= 2 * US_PER_S
    assert later == ()


async def test_settings_are_read_written_and_read_back(camera: SoapCamera) -> None:
    camera.says["GetHostname"] = body_of(
        "GetHostname", "<d:HostnameInformation><t:FromDHCP>false</t:FromDHCP><t:Name>cam</t:Name></d:HostnameInformation>"
    )
    camera.says["SetHostname"] = body_of("SetHostname")
    camera.says["GetNetworkProtocols"] = [f"{AXIS}/GetNetworkProtocols.xml"]
    camera.says["SetNetworkProtocols"] = body_of("SetNetworkProtocols")
    async with client_of(camera) as client:
        found = {one.key: one for one in await client.settings()}
        assert list(found) == sorted(found)
        assert found["Hostname.Name"].value == "cam"
        assert found["NetworkProtocols.HTTP.Port"].value == "80,0"
        assert found["Users.admin.UserLevel"].value == "Administrator"
        assert not any(one.is_secret for one in found.values())
        with pytest.raises(BadReply, match=r"did not keep Hostname\.Name"):
            await client.set([Setting(key="Hostname.Name", value="other", is_secret=False)])
        with pytest.raises(Unsupported, match="Users"):
            await client.set([Setting(key="Users.admin.UserLevel", value="User", is_secret=False)])
        with pytest.raises(BadReply):
            await client.set([Setting(key="NetworkProtocols.HTTP.Port", value="8080", is_secret=False)])
    written = next(one.body for one in camera.asked if one.operation == "SetNetworkProtocols")
    assert "<tt:Name>HTTP</tt:Name><tt:Enabled>true</tt:Enabled><tt:Port>8080</tt:Port>" in written


async def test_a_door_is_closed_but_never_our_own(camera: SoapCamera) -> None:
    on = camera.tape(f"{AXIS}/GetNetworkProtocols.xml")
    off = on.replace(b"<tt:Name>RTSP</tt:Name><tt:Enabled>true", b"<tt:Name>RTSP</tt:Name><tt:Enabled>false")
    assert on != off
    camera.says["GetNetworkProtocols"] = [on, on, on, off]
    camera.says["SetNetworkProtocols"] = body_of("SetNetworkProtocols")
    async with client_of(camera) as client:
        assert await client.is_on(Service.RTSP)
        await client.switch(Service.RTSP, on=False)
        assert not await client.is_on(Service.RTSP)
        with pytest.raises(Unsupported, match="locked out"):
            await client.switch(Service.HTTP, on=False)
        with pytest.raises(Unsupported, match="cannot be switched"):
            await client.switch(Service.P2P, on=False)
    assert camera.operations.count("SetNetworkProtocols") == 1


def changes(camera: SoapCamera, keeps: bool = True) -> None:
    """Let the camera change passwords, or only say so."""

    def set_user(text: str) -> bytes:
        name, password = (text.split(f"<tt:{tag}>")[1].split("<", maxsplit=1)[0] for tag in ("Username", "Password"))
        assert "<tt:UserLevel>Administrator</tt:UserLevel>" in text
        if keeps:
            camera.passwords[name] = password
        return body_of("SetUser")

    camera.says["SetUser"] = set_user
    camera.says["GetUsers"] = camera.tape(f"{REOLINK}/GetUsers.xml").replace(
        b"<tt:Username>service", f"<tt:Username>{USER}".encode()
    )


async def test_our_own_password_is_changed_and_used_from_then_on(camera: SoapCamera) -> None:
    changes(camera)
    async with client_of(camera) as client:
        await client.change_password(USER, Secret("new one"))
        await client.accounts()
        assert camera.passwords == {USER: "new one"}
        await client.change_password("admin", Secret("another"))
        assert camera.passwords["admin"] == "another"
        await client.accounts()
        with pytest.raises(Unsupported, match="no ONVIF account"):
            await client.change_password("nobody", Secret("another"))


async def test_a_password_that_the_camera_did_not_take_leaves_the_old_one_in_use(camera: SoapCamera) -> None:
    changes(camera, keeps=False)
    async with client_of(camera) as client:
        with pytest.raises(Refused):
            await client.change_password(USER, Secret("new one"))
        assert len(await client.accounts()) == 2


async def test_an_account_is_removed(camera: SoapCamera) -> None:
    camera.says["GetUsers"] = [f"{REOLINK}/GetUsers.xml"]
    camera.says["DeleteUsers"] = body_of("DeleteUsers")
    async with client_of(camera) as client:
        with pytest.raises(BadReply, match="still has admin"):
            await client.remove_account("admin")
        with pytest.raises(Unsupported, match="our own"):
            await client.remove_account(USER)
        await client.remove_account("was never there")


async def test_the_clock_is_set_and_checked(camera: SoapCamera) -> None:
    camera.ahead_s = 5000.0

    def set_clock(text: str) -> bytes:
        assert "<DateTimeType>Manual</DateTimeType>" in text
        assert "<tt:Year>2023</tt:Year>" in text
        camera.ahead_s = 0.0
        return body_of("SetSystemDateAndTime")

    camera.says["SetSystemDateAndTime"] = set_clock
    async with client_of(camera) as client:
        assert abs((await client.set_clock()).ahead_us) <= 2 * US_PER_S
        camera.says["SetSystemDateAndTime"] = body_of("SetSystemDateAndTime")
        camera.ahead_s = 5000.0
        with pytest.raises(BadReply, match="still off"):
            await client.set_clock()
        camera.says["SetNTP"] = body_of("SetNTP")
        with pytest.raises(BadReply, match="does not follow"):
            await client.use_ntp("192.168.1.1")


async def test_a_new_port_is_followed_and_a_move_that_fails_is_not(camera: SoapCamera) -> None:
    def doors(port: int) -> bytes:
        return camera.tape(f"{REOLINK}/GetNetworkProtocols.xml").replace(b"<tt:Port>80<", b"<tt:Port>%d<" % port)

    async with running(WebCamera(answer=camera)) as old, running(WebCamera(answer=camera)) as new:
        camera.says |= {"SetNetworkProtocols": body_of("SetNetworkProtocols"), "GetNetworkProtocols": doors(old.port)}
        access = Access(
            camera=camera_id("gate"), host="127.0.0.1", port=old.port, user=USER, password=Secret(PASSWORD), allow_loopback=True
        )
        client = OnvifCamera(access, clock=camera.clock, rng=random.Random(1), settle_s=0)
        with pytest.raises(BadReply, match="did not keep http_port"):
            await client.change_network(NetworkChange(http_port=new.port))
        client._http.use(access)
        camera.asked.clear()
        camera.says["GetNetworkProtocols"] = lambda _: doors(
            new.port if "SetNetworkProtocols" in camera.operations else old.port
        )
        after = await client.change_network(NetworkChange(http_port=new.port))
        assert after.port == new.port
        before = len(old.requests)
        assert len(await client.streams()) == 2
        assert len(old.requests) == before
        assert (await client.network()).address == "192.168.2.61"
        camera.says["GetNetworkProtocols"] = doors(80)
        with pytest.raises(Unsupported, match="not that of its web page"):
            await client.change_network(NetworkChange(http_port=81))
        await client.close()


async def test_moving(camera: SoapCamera) -> None:
    camera.says |= {one: body_of(one) for one in ("ContinuousMove", "Stop", "GotoPreset", "SystemReboot")}
    camera.says["GetPresets"] = body_of("GetPresets", "<p:Preset token='door'/><p:Preset token='1'/>")
    async with client_of(camera) as client:
        await client.move(PtzMove.LEFT, 0.5)
        assert 'x="-0.50" y="0.00"' in camera.asked[-1].body
        assert camera.asked[-1].target == "/onvif/ptz_service"
        await client.stop()
        await client.goto_preset(1)
        assert "<PresetToken>1</PresetToken>" in camera.asked[-1].body
        await client.goto_preset(2)
        assert "<PresetToken>1</PresetToken>" in camera.asked[-1].body
        with pytest.raises(Unsupported, match="no preset 9"):
            await client.goto_preset(9)
        await client.reboot()
        camera.says["GetProfiles"] = f"{AXIS}/GetProfiles.xml"
    async with client_of(camera) as client:
        with pytest.raises(Unsupported, match="cannot be moved"):
            await client.stop()


MOTION, LOGIN = "tns1:VideoSource/MotionAlarm", "tns1:UserAlarm/tnshik:IllegalAccess"


async def test_alarms_are_pulled_and_the_subscription_is_given_back(camera: SoapCamera) -> None:
    camera.reference = '<dom0:SubscriptionId xmlns:dom0="http://www.axis.com/2009/event">5\n</dom0:SubscriptionId>'
    camera.says["PullMessages"] = [
        body_of("PullMessages", event(MOTION, "false", operation="Initialized")),
        body_of("PullMessages", event(MOTION + "//.", "true") + event(LOGIN, "x", operation="", name="Y")),
        body_of("PullMessages", event(MOTION, "false")),
        body_of("PullMessages"),
    ]
    async with client_of(camera) as client:
        async with contextlib.aclosing(client.alarms()) as feed:
            found = [await anext(feed) for _ in range(4)]
            assert await client.active(MOTION) == ()
            assert camera.subscriptions == ["/onvif/pull/1"]
        assert camera.subscriptions == []
    assert [(one.kind, one.code, one.phase, one.channel) for one in found] == [
        (AlarmKind.MOTION, MOTION, AlarmPhase.STATE, 0),
        (AlarmKind.MOTION, MOTION, AlarmPhase.START, 0),
        (AlarmKind.LOGIN_FAILED, LOGIN, AlarmPhase.PULSE, 0),
        (AlarmKind.MOTION, MOTION, AlarmPhase.STOP, 0),
    ]
    managed = [one for one in camera.asked if one.target == "/onvif/pull/1"]
    assert [one.operation for one in managed] == ["SetSynchronizationPoint", *["PullMessages"] * 3, "Unsubscribe"]
    for one in managed:
        assert "5</dom0:SubscriptionId>" in one.body
        assert 'xmlns:dom0="http://www.axis.com/2009/event"' in one.body
        assert 'a:To s:mustUnderstand="1">http://192.168.2.61:8000/onvif/pull/1<' in one.body


async def test_what_is_on_is_known_from_the_feed_and_without_it(camera: SoapCamera) -> None:
    camera.places = 1
    camera.says["PullMessages"] = body_of("PullMessages", event(MOTION, "true", operation="Initialized"))
    async with client_of(camera) as client:
        assert await client.active(MOTION) == (0,)
        assert camera.subscriptions == []
        async with contextlib.aclosing(client.alarms()) as feed:
            await anext(feed)
            assert await client.active(MOTION) == (0,)
            assert await client.active("tns1:Device/Trigger/Relay") == ()
    assert (camera.made, camera.subscriptions) == (2, [])


async def test_no_subscription_is_left_when_we_are_stopped_at_any_moment(camera: SoapCamera) -> None:
    waiting, moments = asyncio.Event(), list[str]()
    camera.places = 1
    camera.says["PullMessages"] = body_of("PullMessages")

    async def hold(operation: str) -> None:
        if operation in moments:
            waiting.set()
            await asyncio.sleep(0.1)

    camera.before = hold
    async with client_of(camera) as client:
        for moment in ("CreatePullPointSubscription", "SetSynchronizationPoint", "PullMessages"):
            moments[:] = [moment]
            waiting.clear()
            task = asyncio.ensure_future(anext(client.alarms()))
            await waiting.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            for _ in range(200):
                if not camera.subscriptions:
                    break
                await asyncio.sleep(0.01)
            assert camera.subscriptions == []
    assert camera.made == 3


async def test_a_subscription_is_renewed_before_it_dies(camera: SoapCamera) -> None:
    camera.lives_s = 60

    def pull(_: str) -> bytes:
        camera.clock.advance(25)
        return body_of("PullMessages", event(MOTION, "true"))

    camera.says["PullMessages"] = pull
    async with client_of(camera) as client, contextlib.aclosing(client.alarms()) as feed:
        for _ in range(4):
            await anext(feed)
    pulls = "".join({"PullMessages": "p", "Renew": "r"}.get(one, "") for one in camera.operations)
    assert pulls == "prprprp"


async def test_pulls_that_prolong_it_spare_the_renewal(camera: SoapCamera) -> None:
    def pull(_: str) -> bytes:
        camera.clock.advance(300)
        return body_of("PullMessages", camera.dates() + event(MOTION, "true"))

    camera.says["PullMessages"] = pull
    async with client_of(camera) as client, contextlib.aclosing(client.alarms()) as feed:
        for _ in range(5):
            await anext(feed)
    assert "Renew" not in camera.operations


async def test_a_camera_that_takes_a_length_for_nothing_gets_a_date(camera: SoapCamera) -> None:
    camera.lives_s = 1
    camera.says["PullMessages"] = body_of("PullMessages", event(MOTION, "true"))
    async with client_of(camera) as client, contextlib.aclosing(client.alarms()) as feed:
        await anext(feed)
    [renewal] = [one.body for one in camera.asked if one.operation == "Renew"]
    assert "<TerminationTime>2023-11-14T22:23:2" in renewal


async def test_dates_that_make_no_sense_and_a_renewal_that_is_refused_do_not_end_the_alarms(camera: SoapCamera) -> None:
    camera.says["Renew"] = LACKS

    def pull(_: str) -> bytes:
        camera.clock.advance(30)
        nothing = (
            "<n:CurrentTime>0000-00-00T00:00:00Z</n:CurrentTime><n:TerminationTime>0000-00-00T00:00:00Z</n:TerminationTime>"
        )
        return body_of("PullMessages", nothing + event(MOTION, "true"))

    camera.says["PullMessages"] = pull
    camera.lives_s = 40
    async with client_of(camera) as client, contextlib.aclosing(client.alarms()) as feed:
        for _ in range(3):
            assert (await anext(feed)).phase is AlarmPhase.START
    assert camera.operations.count("Renew") == 1


async def test_one_lost_answer_is_asked_for_again_and_two_end_the_alarms(camera: SoapCamera) -> None:
    camera.statuses["PullMessages"] = "200 OK"
    good = body_of("PullMessages", event(MOTION, "true"))
    lost = [True, False, True, True]

    async def answer(request: object, writer: asyncio.StreamWriter) -> None:
        if b"PullMessages xmlns" in request.body and lost.pop(0):  # type: ignore[attr-defined]
            writer.close()
        else:
            await camera(request, writer)  # type: ignore[arg-type]

    camera.says["PullMessages"] = good
    async with running(WebCamera(answer=answer)) as server:
        access = Access(
            camera=camera_id("gate"),
            host="127.0.0.1",
            port=server.port,
            user=USER,
            password=Secret(PASSWORD),
            allow_loopback=True,
        )
        client = OnvifCamera(access, clock=camera.clock, rng=random.Random(1), timeout_s=30, pause_s=0.01)
        async with contextlib.aclosing(client.alarms()) as feed:
            await anext(feed)
            with pytest.raises(Unreachable):
                await anext(feed)
        await client.close()
    assert camera.subscriptions == []


async def test_a_port_for_each_subscription_is_followed_and_left(camera: SoapCamera) -> None:
    camera.says["PullMessages"] = body_of("PullMessages", event(MOTION, "true"))
    async with client_of(camera) as client:
        for _ in range(10):
            async with running(WebCamera(answer=camera)) as other:
                camera.base = f"http://127.0.0.1:{other.port}"
                async with contextlib.aclosing(client.alarms()) as feed:
                    await anext(feed)
                assert "PullMessages" in str(other.requests[1].body)
    assert (camera.made, camera.subscriptions) == (10, [])


async def test_an_address_that_is_no_http_is_not_followed(camera: SoapCamera) -> None:
    camera.base = "file://127.0.0.1"
    async with client_of(camera) as client:
        with pytest.raises(BadReply, match="not HTTP"):
            await anext(client.alarms())


async def test_a_camera_without_a_place_for_us_says_so(camera: SoapCamera) -> None:
    camera.places = 0
    async with client_of(camera) as client:
        with pytest.raises(BadReply, match="listening to its alarms"):
            await anext(client.alarms())


async def test_a_pull_that_is_too_long_for_the_camera_is_made_shorter(camera: SoapCamera) -> None:
    def pull(text: str) -> bytes:
        if "<Timeout>PT30S<" in text:
            return camera.tape("axis-q6045e-5.55/PullMessages.fault.xml")
        return body_of("PullMessages", event(MOTION, "true"))

    camera.says["PullMessages"] = pull
    async with client_of(camera) as client, contextlib.aclosing(client.alarms()) as feed:
        for _ in range(3):
            await anext(feed)
    said = [one.body.split("<Timeout>PT")[1].split("S<")[0] for one in camera.asked if one.operation == "PullMessages"]
    assert said == ["2", "30", "5", "5"]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>nothing here</html>",
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        b"<a>" * 30_000,
        b"\x00" * 100,
        b"<s:Envelope><s:Body><x:Other/></s:Body></s:Envelope>",
    ],
)
async def test_nonsense_is_a_bad_reply_that_names_the_camera(camera: SoapCamera, body: bytes) -> None:
    async with client_of(camera) as client:
        camera.says["GetUsers"] = body
        with pytest.raises(BadReply, match=r"gate at 127\.0\.0\.1, reading the accounts"):
            await client.accounts()


async def test_an_endless_answer_is_cut_off(camera: SoapCamera) -> None:
    async with running(WebCamera(answer=saying(reply(b"<a>" + b"x" * (2 << 20))))) as server:
        access = Access(camera=camera_id("gate"), host="127.0.0.1", port=server.port, allow_loopback=True)
        client = OnvifCamera(access, clock=camera.clock, rng=random.Random(1))
        with pytest.raises(BadReply, match="more than 1048576 bytes"):
            await client.identity()
        await client.close()


async def test_an_error_never_shows_the_token_that_a_camera_echoes(camera: SoapCamera) -> None:
    def echo(text: str) -> bytes:
        head = text.split("<s:Header>")[1].split("</s:Header>", maxsplit=1)[0]
        return f"<s:Envelope><s:Header>{head}</s:Header><s:Body></oops></s:Envelope>".encode()

    async with client_of(camera) as client:
        await client.clock()
        camera.says["GetUsers"] = echo
        with pytest.raises(BadReply) as raised:
            await client.accounts()
    digest = camera.asked[-1].body.split('PasswordDigest">')[1].split("<")[0]
    nonce = camera.asked[-1].body.split('Base64Binary">')[1].split("<")[0]
    shown = raised.value.sample.decode() + str(raised.value)
    assert raised.value.sample
    assert digest not in shown
    assert nonce not in shown


async def test_it_has_what_onvif_can_do_and_nothing_else(camera: SoapCamera) -> None:
    async with client_of(camera) as client:
        protocols = {name: one for name, one in vars(capability).items() if getattr(one, "_is_runtime_protocol", False)}
        assert {name for name, one in protocols.items() if isinstance(client, one)} == {
            "DeviceInfo", "LoginLog", "SystemLog", "Accounts", "ConfigExport", "ConfigImport", "AlarmFeed", "LoginAlarms", "LastingAlarms", "Snapshot",
            "Streams",
            "Ptz", "Fix", "AccountRemoval", "ClockControl", "StandBy", "FirmwareUpload", "NetworkControl", "Outputs"}  # fmt: skip
        assert "Sessions" in protocols
