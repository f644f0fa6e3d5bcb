"""What the configuration says of mistakes about copies elsewhere."""

from __future__ import annotations

import pytest

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.offsite.seal import new_pair
from hearthwatch.offsite.upload import TargetKind
from hearthwatch.run.config import parse
from hearthwatch.run.secret_names import asked_for

PAIR = new_pair()
KEY = f'[offsite]\nrecipients = ["{PAIR.recipient}"]\n'
SFTP = '[offsite.targets.nas]\nkind = "sftp"\nhost = "nas"\nuser = "cam"\npath = "copies"\n'


def test_a_whole_section_is_understood() -> None:
    config = parse(
        f'{KEY}{SFTP}host_key = "SHA256:{"a" * 43}"\nlimits = ["08:00-22:00 2"]\nfootage = ["event"]\n'
        '[offsite.targets.cloud]\nkind = "s3"\nendpoint = "https://s3.example.org"\nbucket = "evidence"\naccess_key = "K"\n'
        '[offsite.targets.disk]\nkind = "folder"\npath = "/mnt/usb"\nsealed = false\non_lan = true\n'
    )
    assert [one.kind for one in config.offsite.targets.values()] == [TargetKind.SFTP, TargetKind.S3, TargetKind.FOLDER]
    names = asked_for(config)
    assert {"offsite.nas.key", "offsite.nas.password", "offsite.cloud.secret_key"} <= set(names)
    assert not any(name.startswith("offsite.disk") for name in names)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SFTP, "no key to seal to"),
        (f'[offsite]\nrecipients = ["{PAIR.identity.reveal()}"]\n', "identity, which is secret"),
        ('[offsite]\nrecipients = ["age1x"]\n', "begins age1"),
        (f"{KEY}{SFTP}sealed = false\n", "own home"),
        (f'{KEY}{SFTP}host_key = "aa:bb"\n', "fingerprint"),
        (f'{KEY}{SFTP}limits = ["always 2"]\n', "no limit"),
        (f'{KEY}[offsite.targets.nas]\nkind = "sftp"\n', "needs `host`"),
        (f'{KEY}[offsite.targets.Nas]\nkind = "folder"\npath = "/a"\n', "no name for a target"),
        (f'{KEY}[offsite.targets.nas]\nkind = "folder"\npath = "mnt"\n', "beginning with /"),
        (f'{KEY}[offsite.targets.nas]\nkind = "folder"\npath = "/mnt/../etc"\n', "no path"),
        (
            f'{KEY}[offsite.targets.c]\nkind = "s3"\nendpoint = "https://k:s@x.org"\nbucket = "abc"\naccess_key = "K"\n',
            "secrets",
        ),
        (f'{KEY}[offsite.targets.c]\nkind = "s3"\nendpoint = "x"\nbucket = "A"\naccess_key = "K"\n', "bucket"),
    ],
)
def test_a_mistake_is_told_in_words(text: str, told: str) -> None:
    with pytest.raises(ConfigFault, match=told) as raised:
        parse(text)
    assert PAIR.identity.reveal() not in str(raised.value)
