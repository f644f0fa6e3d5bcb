"""The desk of setting up: keeps how far the owner came, and tries out mail, targets and ways in for real."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import msgspec

from hearthwatch.alerts.alert import Alert, AlertId, Part, Severity
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import HearthwatchError, Unsupported
from hearthwatch.kit.files import write_atomic
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.neighbours import KernelNeighbours
from hearthwatch.kit.secrets import Secrets
from hearthwatch.offsite.far_ends import open_target
from hearthwatch.offsite.target_folder import FolderTarget
from hearthwatch.offsite.trial import try_target
from hearthwatch.offsite.upload import TargetId, TargetRefused, Trouble
from hearthwatch.run.config import DEMO, Config
from hearthwatch.run.disks import disks
from hearthwatch.run.from_outside import from_outside
from hearthwatch.run.hub_target import way_to_hub
from hearthwatch.run.plan import HousePlan
from hearthwatch.run.tunnel import tunnel
from hearthwatch.run.ways_in import outside
from hearthwatch.web.welcome_doors import Disk, FromOutside, Outside, Progress, SealKeys, Step, StepState, Trial, Tunnel

log = logging.getLogger(__name__)

_FILE = "welcome.json"
_BUILT_IN = {name: camera["main"] for name, camera in DEMO.items()}
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


class _Kept(msgspec.Struct, frozen=True):
    """What stands in the file."""

    steps: dict[Step, StepState] = {}
    closed: bool = False


class WelcomeDesk:
    """Implements web.welcome_doors.WelcomeDoor."""

    def __init__(
        self,
        plan: HousePlan,
        secrets: Secrets,
        *,
        config: Callable[[], Config],
        clock: Clock,
    ) -> None:
        self._file = Path(plan.data_folder) / _FILE
        self._hub = way_to_hub(Path(plan.data_folder), config, clock)
        self._footage = Path(plan.footage_folder)
        self._secrets = secrets
        self._config = config
        self._clock = clock
        self._ids = Ulids(clock)

    def progress(self) -> Progress:
        """See WelcomeDoor."""
        kept = self._kept()
        has_camera = {name: each.main for name, each in self._config().cameras.items()} != _BUILT_IN
        return Progress(steps=kept.steps, closed=kept.closed, has_camera=has_camera)

    def went(self, steps: Mapping[Step, StepState], *, closed: bool) -> Progress:
        """See WelcomeDoor."""
        write_atomic(self._file, msgspec.json.encode(_Kept(steps={**self._kept().steps, **steps}, closed=closed)))
        return self.progress()

    def _kept(self) -> _Kept:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=_Kept)
        except FileNotFoundError:
            return _Kept()
        except (OSError, msgspec.MsgspecError) as error:
            log.info("how far the set-up came is not known any more: %s", error)
            return _Kept()

    async def mail(self) -> Trial:
        """See WelcomeDoor."""
        from hearthwatch.alerts.mail import EmailChannel

        options = self._config().alerts.email
        if not options.host or not options.to:
            return Trial(works=False, text="Say first who gets the mail, and which mail server sends it, and save that.")
        password = self._secrets.get("alerts.email.password")
        name = self._config().home.name
        alert = Alert(
            id=AlertId(self._ids()),
            event="",
            camera=None,
            severity=Severity.INFO,
            title=f"{name}: this is a test",
            text="Hearthwatch can send you mail. Alerts will come like this one. There is nothing you need to do.",
            at_us=self._clock.wall_us(),
            dedupe_key=f"test mail {self._ids()}",
        )
        try:
            channel = EmailChannel(options, password.reveal() if password else "")
            await channel.send(alert, Part.TEXT, None, repeat=False)
        except HearthwatchError as error:
            return Trial(works=False, text=f"{str(error)[:1].upper()}{str(error)[1:]}.".replace("..", "."))
        to = ", ".join(options.to)
        return Trial(works=True, text=f"{options.host} has taken the mail for {to}. Look whether it arrived.")

    async def target(self, name: str, *, create: bool) -> Trial:
        """See WelcomeDoor."""
        options = self._config().offsite.targets.get(TargetId(name))
        if options is None:
            raise Unsupported(f"there is no place for copies called {name}: save it first")
        target = open_target(TargetId(name), options, self._secrets.get, self._clock, hub=self._hub)
        try:
            if create and isinstance(target, FolderTarget):
                target.create()
            tried = await try_target(target)
        except TargetRefused as error:
            seen = _FINGERPRINT.search(str(error)) if error.trouble is Trouble.HOST_KEY_UNKNOWN else None
            return Trial(works=False, text=str(error), fingerprint=seen[0] if seen else "")
        except HearthwatchError as error:
            return Trial(works=False, text=str(error))
        finally:
            await target.close()
        return Trial(works=True, text=f"It works: {tried.how}.", remark=tried.remark)

    def disks(self) -> Sequence[Disk]:
        """See WelcomeDoor."""
        return disks(self._footage)

    def seal_keys(self) -> SealKeys:
        """See WelcomeDoor."""
        from hearthwatch.offsite.seal import new_pair

        made = new_pair()
        return SealKeys(recipient=made.recipient, identity=made.identity.reveal())

    def tunnel(self, endpoint: str, port: int, phone: str) -> Tunnel:
        """See WelcomeDoor."""
        return tunnel(endpoint, port, phone, [str(network) for network in KernelNeighbours().networks()])

    def outside(self) -> Outside:
        """See WelcomeDoor."""
        return outside(self._config().web.https_port)

    async def from_outside(self, ports: Collection[int]) -> FromOutside:
        """See WelcomeDoor."""
        return await from_outside(ports)
