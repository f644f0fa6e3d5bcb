"""What the courier costs: CPU of sealing, hashing, queueing and sending by SFTP at 10 Mbit/s, of one core.

    python -m tests.runs.courier_cost [--seconds 40] [--mbit 10]

The courier, the scanner and the queue of a house alone in this process, against a real OpenSSH server in another. Exit code 1
when it costs more than 5 % of one core, or sealing is slower than 150 MB/s.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from hearthwatch.kit.secrets import Secret
from hearthwatch.offsite.seal import new_pair, seal
from hearthwatch.offsite.target_sftp import SftpTarget
from hearthwatch.offsite.upload import TargetKind, TargetOptions
from tests.devices.sshd import Sshd
from tests.offsite.copies_bench import NAS, Copies, running, until

MAX_CPU = 5.0
MIN_SEAL_MB_S = 150.0
_FILE_BYTES = 2_000_000


def sealing_mb_s() -> float:
    """Return how fast one core seals."""
    data, keys = random.Random(1).randbytes(1 << 20), new_pair()
    began_s = time.process_time()
    seal((data for _mb in range(128)), io.BytesIO(), (keys.recipient,))
    return 128 * 1.048576 / (time.process_time() - began_s)


async def sending(seconds: float, mbit_s: float) -> tuple[float, float, float]:
    """Return percent of one core, Mbit/s that were sent meanwhile, and how much memory this process grew by, in MB."""
    with tempfile.TemporaryDirectory(prefix="courier-") as folder:
        far, copies = Sshd(Path(folder) / "far"), Copies(Path(folder) / "house")
        await far.start()
        options = TargetOptions(
            kind=TargetKind.SFTP,
            host="127.0.0.1",
            port=far.port,
            user=far.user,
            host_key=await far.fingerprint(),
            path="copies",
        )
        copies.options[NAS] = options
        copies.record("front", int(seconds * mbit_s * 1e6 / 8 / _FILE_BYTES) + 3, _FILE_BYTES)
        await copies.scanner.scan()
        courier = copies.courier(
            NAS, lambda: SftpTarget(NAS, options, password=None, key=Secret(far.client_key)), bit_s=mbit_s * 1e6
        )
        try:
            async with running(courier):
                await until(lambda: copies.arrived)
                before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                began_s, cpu_s, sent = time.monotonic(), time.process_time(), courier.now.sent_bytes
                await asyncio.sleep(seconds)
                took_s, cpu_s = time.monotonic() - began_s, time.process_time() - cpu_s
                sent = courier.now.sent_bytes - sent
            grown_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before_mb
        finally:
            copies.close()
            await far.stop()
    return 100 * cpu_s / took_s, sent * 8 / 1e6 / took_s, grown_mb


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--mbit", type=float, default=10.0)
    options = parser.parse_args()
    seal_mb_s = sealing_mb_s()
    cpu, mbit_s, grown_mb = asyncio.run(sending(options.seconds, options.mbit))
    print(
        f"sealing {seal_mb_s:.0f} MB/s per core; sending {mbit_s:.1f} Mbit/s costs {cpu:.1f} % of one core (+{grown_mb:.0f} MB)"
    )
    return 0 if cpu <= MAX_CPU and seal_mb_s >= MIN_SEAL_MB_S else 1


if __name__ == "__main__":
    sys.exit(main())
