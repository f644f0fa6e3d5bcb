"""`hearthwatch check`: is the configuration right, and what does it say?"""

from __future__ import annotations

import typer

from hearthwatch.cli import options


def register(app: typer.Typer) -> None:
    app.command("check")(check)


def check(*, config: options.Config = None, data: options.Data = None, debug: options.Debug = False) -> None:
    """Check the configuration: every mistake is named with its line, its key and the nearest right key."""
    from hearthwatch.kit.secrets import Secrets
    from hearthwatch.run.config import load
    from hearthwatch.run.secret_names import unused
    from hearthwatch.run.sources import sources

    path = options.config_file(config, data)
    checked = load(path)
    store = Secrets.open(options.data_folder(data))
    found = sources(checked, store)
    typer.echo(f"{path}: {'right' if path.exists() else 'not there, so the built-in demo camera runs'}")
    for source in found:
        login = f", logs in as {source.user} ({'with' if source.password else 'WITHOUT'} a password)" if source.user else ""
        typer.echo(f"  camera {source.camera} {source.stream}: {source.url} read as {source.kind}{login}")
    for name, camera in checked.cameras.items():
        if not camera.enabled:
            typer.echo(f"  camera {name}: switched off (enabled = false)")
        elif not camera.main:
            typer.echo(f"  camera {name}: single pictures from {camera.snapshot or 'its own door'}")
    mqtt = checked.mqtt
    if mqtt.host:
        login = f" as {mqtt.user} ({'with' if 'mqtt.password' in store.names() else 'WITHOUT'} a password)" if mqtt.user else ""
        obeyed = "obeyed" if mqtt.commands else "not listened to"
        typer.echo(f"  MQTT: broker {mqtt.host}:{mqtt.port}{', encrypted,' if mqtt.tls else ''}{login}; commands are {obeyed}")
    for line in unused(store.names(), checked):
        typer.echo(f"  note: {line}")
