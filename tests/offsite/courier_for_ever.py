"""A child that sends everything in a house's queue to a folder until nothing waits, or until it is killed.

Arguments: the house's folder, the target's folder, the owner's public key.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.offsite.copies_bench import NAS, Copies, running
from tests.offsite.far_ends import folder_target

from hearthwatch.kit.secrets import Secret
from hearthwatch.offsite.seal import KeyPair


async def work(copies: Copies, far: Path) -> None:
    await copies.scanner.scan()
    print("begun", flush=True)
    async with running(copies.courier(NAS, lambda: folder_target(far), bit_s=8e6)):
        await copies.until_sent()
        while copies.scanner.unsaid:
            await copies.scanner.scan()
    await copies.scanner.scan()


def main() -> None:
    house, far, recipient = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    copies = Copies(house, keys=KeyPair(identity=Secret("unknown here"), recipient=recipient))
    asyncio.run(work(copies, far))
    copies.close()


if __name__ == "__main__":
    main()
