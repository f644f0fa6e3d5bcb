"""`hearthwatch certificate`: what the page is served with, and the house's own authority that devices can be told to trust."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from cryptography import x509

HOW = """\
Trust it once on each device, and its browser warns of this house no more:
  Android      copy the file over; Settings, Security, Encryption & credentials, Install a certificate, CA certificate
  iPhone       send the file by AirDrop or mail, open it, install the profile (Settings, General, VPN & Device Management);
               then Settings, General, About, Certificate Trust Settings: switch it on
  Windows      open the file, Install Certificate, Local Machine, into "Trusted Root Certification Authorities"
  Mac          open the file in Keychain Access, open the entry, Trust: Always Trust
  Linux        copy the file to /usr/local/share/ca-certificates and run: sudo update-ca-certificates
  Firefox      Settings, Privacy & Security, Certificates, View Certificates, Authorities, Import: for websites
Compare the fingerprint before you agree. The authority can vouch for names and addresses of a home alone, never for your
bank."""


def register(app: typer.Typer) -> None:
    app.command("certificate")(certificate)


def certificate(
    *,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FILE", help="Copy the authority's certificate there, to take it to devices."),
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Make a new authority; every device has to trust that one instead.")
    ] = False,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show the fingerprint of the page's certificate and of the house's own authority, and how a device comes to trust it."""
    import msgspec
    from cryptography import x509

    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.kit.errors import Unsupported
    from hearthwatch.kit.files import write_atomic
    from hearthwatch.kit.secrets import Secrets
    from hearthwatch.web import authority, tls
    from hearthwatch.web.own_certificate import names_of, print_of

    house = options.places(config, data)
    web, folder = house.config.web, house.data / "tls"
    path = authority.public_file(folder)
    if not path.exists() and not new:
        raise Unsupported("there is no certificate yet: it is made when the house is claimed, or now with --new")
    if new:
        authority.renewed(folder, Secrets.open(house.data), SystemClock(), tls.names(web.hosts))
        tls.certificate(folder, Secrets.open(house.data), SystemClock(), web.hosts)
    public = x509.load_pem_x509_certificate(path.read_bytes())
    if save is not None:
        write_atomic(save.expanduser().absolute(), path.read_bytes(), mode=0o644)
    shown = x509.load_pem_x509_certificate((folder / "https.pem").read_bytes())
    if as_json:
        typer.echo(msgspec.json.encode({"authority": _row(public), "page": _row(shown), "file": str(path)}))
        return
    if new:
        typer.echo("A new authority was made; a running house shows its certificate within a minute or two.")
    if web.certificate:
        typer.echo(f"The page is served with your own certificate, {web.certificate}; the house's authority is not used.")
    typer.echo(f"Authority of this house, good until {public.not_valid_after_utc:%d %B %Y}\n  {path}")
    typer.echo(f"  SHA-256 {print_of(public)}")
    typer.echo(f"Certificate of its page, good until {shown.not_valid_after_utc:%d %B %Y}, renewed by itself before")
    typer.echo(f"  SHA-256 {print_of(shown)}\n  for {', '.join(names_of(shown))}")
    if save is not None:
        typer.echo(f"The authority's certificate is in {save}.")
    typer.echo(f"\n{HOW}")


def _row(found: x509.Certificate) -> dict[str, object]:
    from hearthwatch.web.own_certificate import names_of, print_of

    return {
        "fingerprint": print_of(found),
        "begins": found.not_valid_before_utc.isoformat(),
        "ends": found.not_valid_after_utc.isoformat(),
        "names": list(names_of(found)),
    }
