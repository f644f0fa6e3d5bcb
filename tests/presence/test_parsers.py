"""What comes from the air, the wire, the kernel and other programs' files: understood when sound, ignored when not."""

from __future__ import annotations

import random
import socket
import struct

import pytest

from hearthwatch.kit.units import US_PER_S
from hearthwatch.presence import arp, leases, neighbour_table, wifi
from hearthwatch.presence.neighbour_table import NudState
from hearthwatch.presence.packet_filter import arp_filter, wifi_filter
from hearthwatch.presence.presence import Mac, is_made_up

PHONE = bytes.fromhex("a483e7000001")
OWN = bytes.fromhex("0242ac110002")

DNSMASQ = """\
1790003600 a4:83:e7:00:00:01 192.168.1.21 Annas-iPhone 01:a4:83:e7:00:00:01
0 b8:27:eb:11:22:33 192.168.1.5 printer *
1790003600 06-a4:83:e7:00:00:02 192.168.1.22 odd *
duid 00:01:00:01:2a:bb:cc:dd:a4:83:e7:00:00:01
1790003600 11223344 fd00::21 Annas-iPhone 00:01
1790007200 a4:83:e7:00:00:09 192.168.1.99 \xff\xfe *
nonsense
"""

ISC = """\
# The format of this file is documented in the dhcpd.leases(5) manual page.
authoring-byte-order little-endian;
lease 192.168.1.21 {
  starts 1 2026/09/21 10:00:00;
  ends 1 2026/09/21 12:00:00;
  cltt 1 2026/09/21 10:00:00;
  binding state active;
  next binding state free;
  hardware ethernet a4:83:e7:00:00:01;
  client-hostname "Annas } iPhone";
}
lease 192.168.1.22 {
  starts epoch 1790000000; # a comment
  ends epoch 1790007200;
  binding state active;
  hardware ethernet a4:83:e7:00:00:02;
}
lease 192.168.1.21 {
  starts 1 2026/09/21 11:00:00;
  ends never;
  binding state active;
  hardware ethernet a4:83:e7:00:00:01;
}
lease 192.168.1.22 {
  binding state free;
  hardware ethernet a4:83:e7:00:00:02;
}
"""

KEA = """\
address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context
192.168.1.21,a4:83:e7:00:00:01,01:a4:83:e7:00:00:01,3600,1790003600,1,0,0,annas-iphone,0,
192.168.1.22,a4:83:e7:00:00:02,,3600,1790003600,1,0,0,a&#x2cb,0,
192.168.1.22,a4:83:e7:00:00:02,,0,1790001000,1,0,0,,2,
192.168.1.21,a4:83:e7:00:00:01,01:a4:83:e7:00:00:01,3600,1790005400,1,0,0,annas-iphone,0,{ "x": 1 }
"""


def radiotap(frame: bytes, *, present: int = 0x0000482F, fields: bytes | None = None, length: int | None = None) -> bytes:
    """Return a frame as a monitor interface gives it: TSFT, flags, rate, channel, signal and antenna by default."""
    if fields is None:
        fields = struct.pack("<QBBHHbBH", 1234567, 0x10, 2, 2437, 0xA0, -52, 1, 0)
    head = struct.pack("<BBHI", 0, 0, length or 8 + len(fields), present)
    return head + fields + frame


def probe_request(mac: bytes = PHONE) -> bytes:
    body = b"\x00\x00" + b"\x01\x08\x82\x84\x8b\x96\x0c\x12\x18\x24"
    return b"\x40\x00\x00\x00" + b"\xff" * 6 + mac + b"\xff" * 6 + b"\x10\x00" + body + b"\0" * 4


def data_frame(mac: bytes = PHONE, *, flags: int = 0x01) -> bytes:
    ap = bytes.fromhex("00112233aabb")
    return b"\x88" + bytes([flags]) + b"\x2c\x00" + ap + mac + ap + b"\x20\x00\x00\x00" + b"\xaa\xaa\x03" + b"x" * 40


def netlink(*entries: tuple[str, bytes | None, int, int | None], family: int = socket.AF_INET) -> bytes:
    """Return a dump as the kernel sends it: address, MAC, state, ticks since it was confirmed."""
    out = b""
    for ip, mac, state, confirmed in entries:
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        attributes = _attribute(1, socket.inet_pton(family, ip))
        if mac is not None:
            attributes += _attribute(2, mac)
        if confirmed is not None:
            attributes += _attribute(3, struct.pack("=IIII", confirmed, confirmed, confirmed, 1))
        body = struct.pack("=BxxxiHBB", family, 3, state, 0, 1) + attributes
        out += struct.pack("=IHHII", 16 + len(body), 28, 2, 1, 0) + body + b"\0" * (-len(body) % 4)
    return out + struct.pack("=IHHIIi", 20, 3, 2, 1, 0, 0)


def _attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def test_leases_of_dnsmasq() -> None:
    found = {lease.ip: lease for lease in leases.parse(DNSMASQ)}
    assert set(found) == {"192.168.1.21", "192.168.1.5", "192.168.1.99"}
    assert found["192.168.1.21"].mac == PHONE
    assert found["192.168.1.21"].renewed_us is None
    assert found["192.168.1.21"].expires_us == 1790003600 * US_PER_S
    assert found["192.168.1.5"].expires_us is None


def test_leases_of_isc_dhcpd_the_newest_of_an_address_counts() -> None:
    [lease] = leases.parse(ISC)
    assert (lease.ip, lease.mac, lease.expires_us) == ("192.168.1.21", PHONE, None)
    assert lease.renewed_us == 1789988400 * US_PER_S


def test_leases_of_kea_the_newest_of_an_address_counts() -> None:
    [lease] = leases.parse(KEA)
    assert (lease.ip, lease.mac) == ("192.168.1.21", PHONE)
    assert lease.renewed_us == 1790001800 * US_PER_S
    assert lease.expires_us == 1790005400 * US_PER_S


def test_wifi_frames_of_stations_are_known_by_their_second_address() -> None:
    assert wifi.sender(radiotap(probe_request())) == PHONE
    assert wifi.sender(radiotap(data_frame())) == PHONE
    assert wifi.sender(radiotap(probe_request(), present=0, fields=b"")) == PHONE
    two_words = struct.pack("<BBHII", 0, 0, 8 + 4 + 4 + 9, 0x80000003, 0) + b"\0\0\0\0" + b"\0" * 8 + b"\x10"
    assert wifi.sender(two_words + probe_request()) == PHONE


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(radiotap(data_frame(flags=0x02)), id="an access point sends it on"),
        pytest.param(radiotap(b"\xd4\x00" + bytes(2) + PHONE + PHONE), id="a control frame"),
        pytest.param(radiotap(probe_request(), fields=struct.pack("<QBB", 1, 0x50, 2), present=0x07), id="came damaged"),
        pytest.param(radiotap(probe_request(), length=4), id="a header shorter than a header"),
        pytest.param(radiotap(probe_request(), length=4000), id="a header longer than the frame"),
        pytest.param(struct.pack("<BBHI", 1, 0, 8, 0) + probe_request(), id="another radiotap"),
        pytest.param(struct.pack("<BBHI", 0, 0, 8, 1 << 31) + b"", id="words without end"),
        pytest.param(radiotap(probe_request(b"\xff" * 6)), id="everybody as a sender"),
        pytest.param(radiotap(probe_request()[:12]), id="cut off"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_other_frames_are_nobodys(frame: bytes) -> None:
    assert wifi.sender(frame) is None


def test_the_flags_are_found_behind_the_timestamp() -> None:
    """Bit 0 (TSFT) moves the flags; without it they come first."""
    assert wifi.sender(radiotap(probe_request(), present=0x02, fields=b"\x40")) is None
    assert wifi.sender(radiotap(probe_request(), present=0x02, fields=b"\x10")) == PHONE
    assert wifi.sender(radiotap(probe_request(), present=0x03, fields=b"\x40" * 8 + b"\x10")) == PHONE


def test_the_question_is_for_one_device_alone_and_its_answer_for_us_alone() -> None:
    frame = arp.question(device=PHONE, ip="192.168.1.21", own_mac=OWN, own_ip="192.168.1.2")
    assert frame[:14] == PHONE + OWN + b"\x08\x06"
    assert frame[14:] == bytes.fromhex("00010800060400010242ac110002c0a80102000000000000c0a80115")
    answer = (
        OWN
        + PHONE
        + bytes.fromhex("080600010800060400020000")[:10]
        + PHONE
        + bytes.fromhex("c0a80115")
        + OWN
        + bytes.fromhex("c0a80102")
    )
    heard = arp.parse(answer + bytes(18), OWN)
    assert heard is not None
    assert (heard.mac, heard.ip, heard.is_answer) == (PHONE, "192.168.1.21", True)
    overheard = arp.parse(b"\xff" * 6 + answer[6:], OWN)
    assert overheard is not None
    assert not overheard.is_answer
    assert arp.parse(answer[:22] + OWN + answer[28:], OWN) is None, "somebody who answers for another"
    assert arp.parse(answer[:-1], OWN) is None


def test_the_kernels_table_with_its_states() -> None:
    data = netlink(
        ("192.168.1.21", PHONE, 0x02, 250),
        ("192.168.1.22", PHONE, 0x04, 9000),
        ("192.168.1.23", None, 0x20, None),
        ("fe80::a683:e7ff:fe00:1", PHONE, 0x02, 100),
        ("192.168.1.1", OWN, 0x80, 0),
        ("224.0.0.251", OWN, 0x40, 0),
    )
    found, is_end = neighbour_table.parse(data, 100)
    assert is_end
    assert [(one.ip, one.state, one.has_answered) for one in found] == [
        ("192.168.1.21", NudState.REACHABLE, True),
        ("192.168.1.22", NudState.STALE, False),
        ("192.168.1.23", NudState.FAILED, False),
        ("fe80::a683:e7ff:fe00:1%3", NudState.REACHABLE, True),
        ("192.168.1.1", NudState.PERMANENT, False),
    ]
    assert found[0].confirmed_ns == 2_500_000_000


def mutations(seed: bytes, count: int) -> list[bytes]:
    rng = random.Random(4)
    made = []
    for _turn in range(count):
        data = bytearray(seed)
        for _change in range(rng.randint(1, 6)):
            match rng.randrange(4):
                case 0 if data:
                    data[rng.randrange(len(data))] = rng.randrange(256)
                case 1 if data:
                    del data[rng.randrange(len(data)) :]
                case 2:
                    at = rng.randrange(len(data) + 1)
                    data[at:at] = rng.randbytes(rng.randint(1, 9))
                case _ if data:
                    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        made.append(bytes(data))
    return made


def fuzz(count: int) -> None:
    """Ten thousand of each in the long run, fewer in the unit tier: nothing but an answer or None may come of it."""
    answer = (
        OWN
        + PHONE
        + bytes.fromhex("08060001080006040002")
        + PHONE
        + bytes.fromhex("c0a80115")
        + OWN
        + bytes.fromhex("c0a80102")
    )
    for data in mutations(answer, count):
        heard = arp.parse(data, OWN)
        assert heard is None or len(heard.mac) == 6
    for data in mutations(radiotap(probe_request()), count) + mutations(radiotap(data_frame()), count):
        sender = wifi.sender(data)
        assert sender is None or len(sender) == 6
    table = netlink(("192.168.1.21", PHONE, 2, 250), ("fe80::1", PHONE, 2, 100), ("192.168.1.23", None, 0x20, None))
    for data in mutations(table, count):
        for one in neighbour_table.parse(data)[0]:
            assert one.mac is None or len(one.mac) == 6
    for text in (DNSMASQ, ISC, KEA):
        for data in mutations(text.encode("latin-1"), count):
            for lease in leases.parse(data.decode("utf-8", errors="replace")):
                assert len(lease.mac) == 6


def test_mutations_do_no_harm() -> None:
    fuzz(300)


@pytest.mark.wired  # no socket, but a while
def test_ten_thousand_mutations_do_no_harm() -> None:
    fuzz(10_000)


def test_filters_are_bounded() -> None:
    assert len(arp_filter([PHONE])) % 8 == 0
    with pytest.raises(ValueError, match="256"):
        wifi_filter([PHONE] * 257)


@pytest.mark.parametrize("text", ["a4:83:e7:00:00:01", "A4-83-E7-00-00-01", "a483.e700.0001", " a483e7000001\n"])
def test_an_address_in_any_spelling_is_the_same_and_shown_nowhere(text: str) -> None:
    from hearthwatch.kit.logs import redact

    mac = Mac(text)
    assert mac == Mac("a4:83:e7:00:00:01")
    assert "a4" not in repr(mac).lower() + str(mac) + f"{mac}"
    assert mac.masked == "…:01"
    assert redact(f"got {text.strip()}") == "got ***"
    assert not is_made_up(mac.packed)


@pytest.mark.parametrize(
    "text", ["", "a4:83:e7:00:00", "01:00:5e:00:00:fb", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "zz:83:e7:00:00:01"]
)
def test_what_is_no_address_of_a_device_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="address") as told:
        Mac(text)
    assert not text or text not in str(told.value)
