"""A few mutations of what tells whose camera it is, who is in the network and what is on a card; the long run is `python -m tests.vendors.fuzz`."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.kit.test_neighbours import ARP, ROUTES
from tests.vendors import foscam_samples
from tests.vendors.fuzz import Target, hold

from hearthwatch.kit.neighbours import addresses_of, arp_table, own_networks
from hearthwatch.vendors import dahua_card
from hearthwatch.vendors.fingerprint import QUESTIONS, fingerprint_of
from hearthwatch.vendors.http import Reply


def fingerprints(body: bytes) -> object:
    """As body, as server's name and as challenge, with every question."""
    text = body.decode("latin-1")
    replies = (
        Reply(status=200, content_type="", body=body),
        Reply(status=401, content_type="", body=b"", server=text, challenges=(text,)),
    )
    return [fingerprint_of(question, reply) for question in QUESTIONS for reply in replies]


def network(body: bytes) -> object:
    text = body.decode("ascii", errors="replace")
    networks = own_networks(text)
    return arp_table(text), [str(one) for one in networks], len(list(addresses_of(networks)))


CARD_PAGE = (
    b"found=2\r\nitems[0].Channel=1\r\nitems[0].FilePath=/mnt/sd/2020-01-02/001/dav/22/22.00.00-22.01.00[M][0@0][0].dav\r\n"
    b"items[0].StartTime=2020-01-02 22:00:00\r\nitems[0].EndTime=2020-01-02 22:01:00\r\nitems[0].Length=1024\r\n"
    b"items[0].Type=dav\r\nitems[1].FilePath=/mnt/sd/x.jpg\r\nitems[1].Type=jpg\r\n"
)


def card(body: bytes) -> object:
    count, files = dahua_card.page(body)
    for one in files:
        assert one.name.startswith("/")
        assert ".." not in one.name.split("/")
    return count, files


def targets(tapes: Path) -> list[Target]:
    """Every parser with the tapes and samples it is for."""
    seeds = (
        (tapes / "foscam-mjpeg/foscam-ruby-11.22.2.38/get_status.cgi.txt").read_bytes(),
        (tapes / "dahua/dahua-nvr-homebridge/www-authenticate.txt").read_bytes().splitlines()[0],
        (tapes / "reolink/rlc-822a-v3.1.0.956/batch.json").read_bytes()[:2000],
        (tapes / "onvif/hikvision-ds2df7276-5.1.6/GetSystemDateAndTime.xml").read_bytes(),
        foscam_samples.HD_DEVICE,
    )
    return [
        Target(name="fingerprint", parse=fingerprints, seeds=seeds),
        Target(name="card", parse=card, seeds=(CARD_PAGE, b"found=0\r\n", b"Error\r\nBad Request!\r\n")),
        Target(name="card search", parse=dahua_card.finder_of, seeds=(b"result=123\r\n", b"Error\r\n")),
        Target(name="neighbours", parse=network, seeds=(ARP.encode(), ROUTES.encode())),
    ]


@pytest.mark.parametrize("index", range(4))
def test_mutations_bring_only_our_own_errors(test_data: Path, index: int) -> None:
    assert hold(targets(test_data / "tapes")[index], 25) > 0
