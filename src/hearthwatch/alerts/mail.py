"""E-mail: one message a part, the picture inline; repeats carry the same Message-ID, so that mail programs show them once.

A 4xx reply (RFC 5321 §4.2.1; greylisting among them) is tried again, a 5xx reply to the login or sender is for a person.
Whatever the server says before it hears of the mail, the mail waits.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from hearthwatch.alerts.alert import Alert, MaybeSent, Part
from hearthwatch.alerts.options import EmailOptions, Tls
from hearthwatch.alerts.wording import many_lines, notes, one_line
from hearthwatch.kit.errors import ConfigFault, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.logs import hide, redact
from hearthwatch.kit.traffic import TRAFFIC
from hearthwatch.kit.units import to_datetime

_COMMAND_S = 30.0
_MAX_ATTACHED_BYTES = 15 * 1024 * 1024
_ADDRESS = re.compile(r"^[^\s@\x00-\x1f\x7f<>,;:\"()\[\]\\]+@[^\s@\x00-\x1f\x7f<>,;:\"()\[\]\\]+$")


class EmailChannel:
    """One mail server and the addresses that get the alerts."""

    name = "email"
    parts = frozenset({Part.TEXT, Part.PICTURE})
    limit_s = 300.0
    """Mail servers take their time: with ten seconds for each command a mail takes more than a minute."""

    def __init__(self, options: EmailOptions, password: str) -> None:
        """Raises ConfigFault for addresses that are none, or a password that would travel in clear."""
        if password:
            hide(password)
        self._options = options
        self._password = password
        self._sender = options.sender or (options.user if _ADDRESS.match(options.user) else "") or options.to[0]
        for address in (self._sender, *options.to):
            if not _ADDRESS.match(address) or len(address) > 254:
                raise ConfigFault(f"alerts.email: {address!r} is not an e-mail address")
        if not options.host or not re.fullmatch(r"[A-Za-z0-9_.:\-]+", options.host):
            raise ConfigFault("alerts.email.host: give the name of your provider's outgoing mail server")

    async def send(self, alert: Alert, part: Part, attachment: bytes | None, *, repeat: bool) -> None:
        """See Channel."""
        import aiosmtplib

        message = self._message(alert, part, attachment, repeat=repeat)
        options = self._options
        client = aiosmtplib.SMTP(
            hostname=options.host,
            port=options.port,
            use_tls=options.tls is Tls.TLS,
            start_tls=options.tls is Tls.STARTTLS,
            timeout=_COMMAND_S,
        )
        handed_over = False
        try:
            await client.connect()
            if options.user:
                await client.login(options.user, self._password)
            handed_over = True
            TRAFFIC.sent("alerts.email", len(message.as_bytes()))
            await client.send_message(message, sender=self._sender, recipients=list(options.to))
        except aiosmtplib.SMTPException as error:
            raise self._our_error(error, handed_over=handed_over) from error
        except (OSError, TimeoutError) as error:
            raise Unreachable(f"mail server {options.host} cannot be reached ({error})") from error
        finally:
            client.close()

    def _our_error(self, error: Exception, *, handed_over: bool) -> HearthwatchError:
        import aiosmtplib

        host, text = self._options.host, redact(one_line(str(error)))
        codes = [error.code] if isinstance(error, aiosmtplib.SMTPResponseException) else []
        if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
            codes = [refused.code for refused in error.recipients]
        if isinstance(error, aiosmtplib.SMTPAuthenticationError) and error.code >= 500:
            return Refused(f"mail server {host} refuses our login ({text}): check user and password")
        if codes and handed_over:
            return _of_reply(host, codes, text)
        if codes:
            return Unreachable(f"mail server {host} asks us to try later ({text})")
        if "STARTTLS" in text:  # somebody on the way may be stripping it: no mail goes in clear, and none is given up
            return Unreachable(f'mail server {host} offers no encryption: try port 465 with tls = "tls"')
        if handed_over:
            return MaybeSent(f"mail server {host} broke off ({text})")
        return Unreachable(f"mail server {host} cannot be reached ({text})")

    def _message(self, alert: Alert, part: Part, attachment: bytes | None, *, repeat: bool) -> EmailMessage:
        domain = self._sender.rsplit("@", 1)[1]
        message = EmailMessage()
        title = one_line(alert.title)
        message["Subject"] = title if part is Part.TEXT else f"Re: {title}"
        message["From"] = Address("Hearthwatch", addr_spec=self._sender)
        message["To"] = ", ".join(self._options.to)
        message["Date"] = format_datetime(to_datetime(alert.at_us, UTC))
        message["Message-ID"] = _message_id(alert, part, domain)
        message["Auto-Submitted"] = "auto-generated"
        if part is not Part.TEXT:
            message["In-Reply-To"] = message["References"] = _message_id(alert, Part.TEXT, domain)
        lines = [title, many_lines(alert.text, 8000), *notes(alert, repeat=repeat)]
        message.set_content("\n".join(lines) + "\n")
        if attachment is not None:
            if len(attachment) > _MAX_ATTACHED_BYTES:
                raise Unsupported(f"the {part.value} is too large for e-mail")
            message.add_attachment(attachment, "image", "jpeg", disposition="inline", filename="picture.jpg")
        return message

    async def close(self) -> None:
        """Every message has a connection of its own."""


def _of_reply(host: str, codes: list[int], text: str) -> HearthwatchError:
    if 552 in codes:
        return Unsupported(f"mail server {host}: the message is too large ({text})")
    if all(code >= 500 for code in codes):
        return Refused(f"mail server {host} refuses our mail ({text})")
    return Unreachable(f"mail server {host} asks us to try later ({text})")


def _message_id(alert: Alert, part: Part, domain: str) -> str:
    key = hashlib.sha256(f"{alert.dedupe_key}\0{alert.id}\0{part.value}\0{alert.text}".encode(errors="replace")).hexdigest()[
        :32
    ]
    return f"<{key}@{domain}>"
