"""What each check is called, how bad it is, and why it matters: for an owner who is no technician."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hearthwatch.audit.finding import CheckId, Grade


@dataclass(frozen=True, slots=True)
class Words:
    """`name` is what it is called while it is right or not known, `title` where it is found."""

    name: str
    title: str
    grade: Grade
    why: str


_WATCH = "Whoever gets in sees and hears your home, and can switch the camera off before coming himself."

WORDS: Mapping[CheckId, Words] = {
    CheckId.PASSWORD: Words(
        "Strength of the password",
        "Weak password",
        Grade.SERIOUS,
        f"Programs on the Internet try such passwords all day. {_WATCH}",
    ),
    CheckId.PASSWORD_SHARED: Words(
        "A password of its own", "Password used twice", Grade.WEAK, "If it leaks from one camera, the others are open as well."
    ),
    CheckId.ACCOUNT_EXTRA: Words(
        "Accounts",
        "Account that is not ours",
        Grade.SERIOUS,
        "Who broke in often leaves an account behind to come back. If it is yours, say so once and it is not told again.",
    ),
    CheckId.ACCOUNT_PASSWORD: Words(
        "Passwords of other accounts", "Account with a weak password", Grade.SERIOUS, f"It is as good as no password. {_WATCH}"
    ),
    CheckId.FIRMWARE: Words(
        "Known weaknesses of its firmware",
        "Publicly known weakness of its firmware",
        Grade.SERIOUS,
        "How it is used is written on the Internet for everybody to try.",
    ),
    CheckId.INTERNET: Words(
        "Way to the Internet",
        "It can reach the Internet",
        Grade.WEAK,
        "A camera that reaches the Internet is reached by its maker's cloud, and can send pictures out unseen. All it needs "
        "is this machine and a clock.",
    ),
    CheckId.P2P: Words(
        "Cloud access (P2P)",
        "Access through the maker's cloud (P2P)",
        Grade.SERIOUS,
        "The camera keeps a line open to its maker's servers. Whoever knows its number and password, or a fault in that "
        "service, gets in from anywhere, past your router.",
    ),
    CheckId.UPNP: Words(
        "UPnP", "It opens your router by itself (UPnP)", Grade.SERIOUS, "Its page can then be reached from the whole Internet."
    ),
    CheckId.DDNS: Words(
        "DDNS",
        "It tells the Internet its address (DDNS)",
        Grade.WEAK,
        "Your home can be found by the name of the camera at any time.",
    ),
    CheckId.TELNET: Words(
        "Telnet",
        "Telnet is on",
        Grade.SERIOUS,
        "It is a way in to the camera's inside, without encryption, and the one that most break-in programs use.",
    ),
    CheckId.SSH: Words("SSH", "SSH is on", Grade.WEAK, "It is a way in to the camera's inside that you do not need."),
    CheckId.SNMP: Words(
        "SNMP", "SNMP is on", Grade.WEAK, "It tells everybody in the network model and version, often with a password all know."
    ),
    CheckId.BONJOUR: Words(
        "Bonjour", "It announces itself in the network", Grade.HINT, "Every guest in the network sees that there is a camera."
    ),
    CheckId.MULTICAST: Words(
        "Multicast video",
        "Multicast video is on",
        Grade.WEAK,
        "The picture may go to everybody in the network without a log-in.",
    ),
    CheckId.FTP_SERVER: Words(
        "FTP server in the camera",
        "An FTP server in it is open",
        Grade.WEAK,
        "It gives out recordings without encryption, and some makers left a password in it that all their cameras share.",
    ),
    CheckId.RTMP: Words("RTMP", "RTMP is on", Grade.WEAK, "It carries picture and password through the network unencrypted."),
    CheckId.HTTPS_OFF: Words(
        "HTTPS of its page",
        "Its page has no encryption (HTTPS off)",
        Grade.WEAK,
        "Your password and all settings can be read by any device in the network, also by one that was broken into.",
    ),
    CheckId.HTTP_CLEAR: Words(
        "Encryption on our way to it",
        "We talk to it without encryption",
        Grade.WEAK,
        "Any device in the network can read what we say, in part the password.",
    ),
    CheckId.CREDENTIALS_IN_URL: Words(
        "Passwords in addresses",
        "The password is part of addresses",
        Grade.HINT,
        "Addresses end up in histories and logs; whoever reads them has the password.",
    ),
    CheckId.CERTIFICATE: Words(
        "Certificate",
        "Its certificate is out of date",
        Grade.HINT,
        "With an old or weak key somebody in between could pretend to be the camera.",
    ),
    CheckId.STATUS_OPEN: Words(
        "Silence to strangers",
        "It tells its state without a password",
        Grade.WEAK,
        "Everybody in the network learns its model, its version and when it sees motion.",
    ),
    CheckId.ONVIF_OPEN: Words(
        "Log-in for ONVIF", "ONVIF without a log-in", Grade.SERIOUS, "Everybody in the network can watch and steer the camera."
    ),
    CheckId.LOCKOUT: Words(
        "Lock after wrong passwords",
        "It does not lock after wrong passwords",
        Grade.WEAK,
        "Passwords can be tried without end until one fits.",
    ),
    CheckId.ACCESS_ALARM: Words(
        "Alarm at wrong passwords",
        "It raises no alarm at wrong passwords",
        Grade.WEAK,
        "Somebody who tries passwords is not noticed while he does.",
    ),
    CheckId.ADDRESS_FILTER: Words(
        "List of who may come in",
        "It answers whoever asks",
        Grade.HINT,
        "Whoever reaches it may try passwords and holes in its firmware; a list of the addresses that may come in ends that.",
    ),
    CheckId.CLOCK: Words(
        "Clock",
        "Its clock is wrong",
        Grade.WEAK,
        "Times in its picture and its log prove nothing, and log-ins are dated wrongly.",
    ),
    CheckId.NTP: Words(
        "Time server",
        "It sets its clock by nobody (NTP off)",
        Grade.WEAK,
        "Its clock drifts, and starts at 1970 after a power cut.",
    ),
    CheckId.EMAIL_CLEAR: Words(
        "Encryption of its mail",
        "It sends mail unencrypted",
        Grade.WEAK,
        "The password of your mailbox and the pictures can be read on the way.",
    ),
    CheckId.FTP_CLEAR: Words(
        "Encryption of its uploads",
        "It uploads by FTP, unencrypted",
        Grade.WEAK,
        "The password of the server and the pictures can be read on the way.",
    ),
    CheckId.AUTO_REBOOT: Words(
        "No restarts by itself",
        "It restarts by itself",
        Grade.HINT,
        "For a minute or two nothing is recorded, at an hour that others can know. Some cameras need it; then accept this.",
    ),
}
