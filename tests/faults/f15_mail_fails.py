"""F15: a mail server that defers, refuses, loses its encryption, shows a wrong certificate, is slow, or hangs up late."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from aiosmtpd.smtp import SMTP, AuthResult

from hearthwatch.alerts.mail import EmailChannel
from hearthwatch.alerts.options import EmailOptions, Tls
from hearthwatch.kit.units import NS_PER_S
from tests.alerts.house import House
from tests.devices.smtp_sink import SmtpSink
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.sinks import Arrived, courier, doubled, let_pass, lost, quiet, title
from tests.web.certificates import Authority

ALERTS = 5
_PASSWORD = "mail-Secret-4711"
_GREY_S = 900.0
_DAY_S = 86_400.0
_FASTER = 200
"""Ten seconds for each command, and the courier's limit, so many times faster."""
_KINDS = ("421", "stripped", "450", "greylist", "451", "wrong certificate", "550", "slow", "cut", "five days")


class Server(SmtpSink):
    """Takes mails by TLS or in clear; `fault` is what it does wrong at the moment."""

    def __init__(self, good: ssl.SSLContext, strange: ssl.SSLContext) -> None:
        super().__init__()
        self._good, self._strange = good, strange
        self.fault = ""
        self.now_s = lambda: 0.0
        self.first_s: float | None = None
        self.tries = 0
        self.passwords_in_clear = 0

    def _protocol(self) -> SMTP:
        self.tries += 1
        context = {"stripped": None, "wrong certificate": self._strange}.get(self.fault, self._good)
        return SMTP(
            self, hostname="sink", tls_context=context, authenticator=self._log_in, auth_require_tls=False, enable_SMTPUTF8=True
        )

    def _log_in(self, server, session, _envelope, _mechanism, _data) -> AuthResult:
        self.passwords_in_clear += session.ssl is None
        return AuthResult(success=True)

    async def _wait(self) -> None:
        if self.fault == "slow":
            await asyncio.sleep(10 / _FASTER)

    async def handle_EHLO(self, server, session, envelope, hostname, responses) -> list[str]:
        await self._wait()
        return await super().handle_EHLO(server, session, envelope, hostname, responses)

    async def handle_MAIL(self, server, session, envelope, address, options) -> str:
        await self._wait()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        await self._wait()
        if self.first_s is None:
            self.first_s = self.now_s()
        if self.fault == "greylist" and self.now_s() - self.first_s < _GREY_S:
            return "450 4.2.0 greylisted, come back in 15 minutes"
        if self.fault in {"421", "450", "five days"}:
            return "421 going down" if self.fault == "421" else "450 later"
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server, session, envelope) -> str:
        await self._wait()
        if self.fault == "451":
            return "451 4.3.0 local error"
        return await super().handle_DATA(server, session, envelope)


@dataclass(slots=True)
class Post:
    server: Server
    authority: Path

    def clean(self) -> None:
        one = self.server
        one.messages.clear()
        one.replies.clear()
        one.at_rcpt.clear()
        one.cut = one.tries = one.passwords_in_clear = 0
        one.fault, one.first_s = "", None


@asynccontextmanager
async def post() -> AsyncIterator[Post]:
    with TemporaryDirectory() as name, quiet("mail.log"):
        folder = Path(name)
        ours, theirs = Authority(folder, "ours"), Authority(folder, "theirs")
        contexts = []
        for authority, file in ((ours, "good"), (theirs, "strange")):
            pair = authority.sign("localhost", file=file)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pair.certificate, pair.key)
            contexts.append(context)
        server = Server(*contexts)
        await server.start()
        before = os.environ.get("SSL_CERT_FILE")
        os.environ["SSL_CERT_FILE"] = str(ours.path)
        try:
            yield Post(server, ours.path)
        finally:
            if before is None:
                del os.environ["SSL_CERT_FILE"]
            else:
                os.environ["SSL_CERT_FILE"] = before
            await server.stop()


async def run(terms: Terms) -> Outcome:
    rng, mail = terms.random, await terms.shared.once(post)
    mail.clean()
    server, kind = mail.server, _KINDS[terms.number % len(_KINDS)]
    house = House(terms.folder)
    clock = house.clock
    server.now_s = lambda: clock.mono_ns() / NS_PER_S
    await house.start("email")
    options = EmailOptions(
        to=("owner@example.org",),
        sender="house@example.org",
        host="localhost",
        port=server.port,
        tls=Tls.STARTTLS,
        user="house",
    )
    channel = EmailChannel(options, _PASSWORD)
    one = courier(house, channel, rng)
    one._text.limit_s = channel.limit_s / _FASTER if kind == "slow" else channel.limit_s
    lasts_s = {"five days": 5 * _DAY_S, "greylist": 0.0}.get(kind, rng.uniform(60, 6 * 3600))
    server.fault = kind
    if kind == "cut":
        server.cut = rng.randint(1, 3)
    cuts = server.cut
    if kind == "550":
        server.at_rcpt.append("550 5.1.1 no such user")
    began_ns = clock.mono_ns()
    broken: list[str] = []
    try:
        for number in range(ALERTS):
            await house.tell(title=title(number), dedupe_key=f"cause/{number}")
            await let_pass(house, [one], rng.uniform(5, 30) if number < ALERTS - 1 else lasts_s)
        tries = server.tries
        told = [what for what, _fault, _subject in house.health.log if what == "failed"]
        if kind in {"421", "450", "451", "five days", "stripped", "wrong certificate"}:
            if server.messages:
                broken.append("a mail went out while none could")
            if lasts_s > 130 and not told:
                broken.append("two minutes on, the page does not say that mails wait")
        if kind != "greylist":
            server.fault = ""
        drained_s = await let_pass(house, [one], 3600.0)
    finally:
        server.fault = ""
        house.close()
    came = Arrived([message.get_content() for message in server.messages])
    wanted = list(range(1, ALERTS)) if kind == "550" else list(range(ALERTS))
    broken += came.faults(wanted, doubles=cuts, way="e-mail")
    ids = Counter(message["Message-ID"] for message in server.messages)
    if len(ids) != len(wanted):
        broken.append(f"{len(ids)} message ids for {len(wanted)} alerts")
    if server.passwords_in_clear:
        broken.append("the password went over the wire in clear")
    if kind == "550" and not told:
        broken.append("the page does not say that our mail is refused")
    if drained_s > 420 + _GREY_S * (kind == "greylist"):
        broken.append(f"{drained_s:.0f} s after the server was well again a mail still waited")
    return Outcome(
        figures={
            "lost_mails": lost(came, wanted),
            "doubled_same_id": doubled(came),
            "tries_while_refused": tries,
            "refused_s": (clock.mono_ns() - began_ns) / NS_PER_S - 3600.0,
            "drained_s": drained_s,
            "passwords_in_clear": server.passwords_in_clear,
        },
        broken=tuple(broken),
        notes={"failure": kind},
    )


FAULT = Fault(
    id="F15",
    what="A mail server answers 421, 450, 451, 550, greylists, loses STARTTLS, shows a stranger's certificate, takes 10 s for each "
    "command (200 times faster), hangs up after the data, or defers for five days",
    promise="P6",
    short=3,
    full=60,
    trial=run,
)
