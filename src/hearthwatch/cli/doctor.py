"""`hearthwatch doctor`: is everything here that Hearthwatch needs, and what to do where it is not?"""

from __future__ import annotations

import json

import typer

from hearthwatch.cli import options


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    *, config: options.Config = None, data: options.Data = None, as_json: options.Json = False, debug: options.Debug = False
) -> None:
    """Check this machine, the configuration and the cameras: a line each, with what to do. Exit code 1 when one fails."""
    from hearthwatch.kit.logs import redact
    from hearthwatch.run.check import Verdict
    from hearthwatch.run.doctor import checks

    found = []
    for check in checks(options.config_file(config, data), options.data_folder(data)):
        found.append(check)
        if not as_json:
            typer.echo(f"{check.verdict:<5} {check.subject}: {redact(check.detail)}")
    failed = sum(check.verdict is Verdict.FAIL for check in found)
    if as_json:
        rows = [{"verdict": check.verdict, "subject": check.subject, "detail": redact(check.detail)} for check in found]
        typer.echo(json.dumps({"ok": not failed, "checks": rows}, indent=2))
    elif failed:
        typer.echo(f"{failed} of {len(found)} checks failed: what to do stands in their lines")
    else:
        typer.echo("Hearthwatch can work here")
    if failed:
        raise typer.Exit(1)
