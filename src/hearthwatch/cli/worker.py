"""`hearthwatch worker`: this machine looks at pictures of weaker ones."""

from __future__ import annotations

from typing import Annotated

import typer

from hearthwatch.cli import options


def register(app: typer.Typer) -> None:
    app.command("worker")(worker)


def worker(
    *,
    hub: Annotated[
        str,
        typer.Option(
            "--hub",
            metavar="HUB",
            help="The first time the one-time code of the hub; its HOST:PORT where that changed; nats://USER@HOST:PORT for a "
            "hub's own NATS server.  [default: the hub this machine joined]",
            show_default=False,
        ),
    ] = "",
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="As `hearthwatch models` lists it.")] = "auto",
    threads: Annotated[
        int, typer.Option("--threads", min=1, max=64, help="How many pictures at the same time, each on a core of its own.")
    ] = 1,
    gpu: Annotated[
        bool, typer.Option("--gpu", help="Have the graphics processor look (Vulkan), with a model for ncnn.")
    ] = False,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Look at pictures of a hub's nodes, for machines too weak to do it themselves, until told to end."""
    import asyncio

    from hearthwatch.detect.store import AUTO, model_named
    from hearthwatch.kit import logs
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.compile import hand_placed_models
    from hearthwatch.run.work_elsewhere import serve
    from hearthwatch.run.worker import Models

    if model != AUTO:
        model_named(model)
    logs.set_up("worker", debug=debug)
    folder = options.data_folder(data)
    models = Models(name=model, folder=folder / "models", hand_placed=hand_placed_models(), on_gpu=gpu)
    asyncio.run(serve(hub, models, threads=threads, data=folder, clock=SystemClock(), say=typer.echo))
