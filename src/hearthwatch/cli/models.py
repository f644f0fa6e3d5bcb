"""`hearthwatch models`: which detection models there are, getting one, and trying one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.detect.catalog import Listed
    from hearthwatch.detect.store import Store

_MS_PER_NS = 1e-6


def register(app: typer.Typer) -> None:
    group = typer.Typer(name="models", help="List, fetch and try the detection models; alone it lists them.")
    group.callback(invoke_without_command=True)(_alone)
    group.command("list")(list_)
    group.command("fetch")(fetch)
    group.command("test")(try_)
    app.add_typer(group)


def _alone(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_()


def _store(data: Path | None) -> Store:
    from hearthwatch.detect.store import Store
    from hearthwatch.run.compile import hand_placed_models

    return Store(folder=options.data_folder(data) / "models", hand_placed=hand_placed_models())


def list_(*, data: options.Data = None, as_json: options.Json = False, debug: options.Debug = False) -> None:
    """List every model, best first: whether it is here, its size, its licence."""
    from hearthwatch.cli.wording import sized
    from hearthwatch.detect.catalog import listing

    store = _store(data)
    found = listing(store)
    if as_json:
        rows = [
            {
                "name": each.model.name,
                "state": each.state,
                "usable": each.installed,
                "chosen": each.chosen,
                "size_bytes": each.model.size_bytes,
                "labels": len(each.model.labels),
                "licence": each.model.licence,
                "note": each.model.note,
            }
            for each in found
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    for each in found:
        size = sized(each.model.size_bytes) if each.model.files else "built in"
        typer.echo(f"{'*' if each.chosen else ' '} {each.model.name:<19} {_state(each):<22} {size:>8}  {each.model.note}")
        typer.echo(f"{'':<46}licence: {each.model.licence}".rstrip())
    places = " and ".join(str(place) for place in (store.hand_placed, store.folder) if place)
    typer.echo(f"* is what `auto` takes. Looked for in {places}.")


def _state(each: Listed) -> str:
    from hearthwatch.detect.store import FileState

    if not each.installed:
        return "library not installed"
    return {
        FileState.PRESENT: "here",
        FileState.MISSING: "not here",
        FileState.WRONG: "WRONG FILE, not used",
    }[each.state]


def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which one.  [default: the best]", show_default=False)] = "",
    *,
    source: Annotated[
        str, typer.Option("--source", metavar="URL", help="A mirror of the source; what it gives is checked all the same.")
    ] = "",
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Fetch a model from its pinned source, check its sha256 and keep it in the data folder."""
    from urllib.parse import urlsplit

    from hearthwatch.cli.wording import sized
    from hearthwatch.detect import fetch as fetching
    from hearthwatch.detect.model import MODELS
    from hearthwatch.detect.store import FileState, is_installed, model_named

    store = _store(data)
    model = model_named(name) if name else MODELS[0]
    if store.state(model) is FileState.PRESENT:
        typer.echo(f"{model.name} is here already" if model.files else f"{model.name} is built in: nothing to fetch")
        return
    base = source or fetching.SOURCE
    host = urlsplit(base).hostname or base
    typer.echo(f"fetching {model.name} ({sized(model.size_bytes)}, licence {model.licence}) from {host}")
    fetching.fetch(model, store, base=base)
    typer.echo(f"{model.name} is in {store.folder}, its sha256 is right")
    if not is_installed(model.runtime):
        typer.echo(f"note: the library that runs it is not installed: add the extra hearthwatch[{model.runtime}]")
    if _is_taken_up(options.data_folder(data)):
        typer.echo("the running Hearthwatch takes it up now")


def _is_taken_up(data: Path) -> bool:
    """Tell a house that runs here; without one there is nobody to tell."""
    from hearthwatch.kit.errors import HearthwatchError
    from hearthwatch.run.control import AskNewModel, ask_house

    try:
        return ask_house(data, AskNewModel()) is not None
    except HearthwatchError as error:
        typer.echo(f"note: restart Hearthwatch to use it ({error})", err=True)
        return False


def try_(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which one; `auto`: the best one present.")] = "auto",
    *,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="A JPEG or PNG of yours.  [default: a drawn person]")
    ] = None,
    as_json: options.Json = False,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Look at a picture with a model: what it finds, and how long it takes on this machine."""
    from hearthwatch.detect.catalog import drawn_picture, picture_from, self_test
    from hearthwatch.detect.load import load_detector
    from hearthwatch.kit.clock import SystemClock

    clock = SystemClock()
    frame = picture_from(picture) if picture else drawn_picture()
    started_ns = clock.mono_ns()
    detector = load_detector(name, _store(data), clock=clock)
    loaded_ms = (clock.mono_ns() - started_ns) * _MS_PER_NS
    done = self_test(detector, frame, clock=clock)
    seen = [
        {"label": each.label, "score": round(each.score, 3), "box": [each.box.x0, each.box.y0, each.box.x1, each.box.y1]}
        for each in done.found
    ]
    if as_json:
        times = {"load_ms": round(loaded_ms, 1), "p50_ms": round(done.p50_ms, 2), "p95_ms": round(done.p95_ms, 2)}
        typer.echo(json.dumps({"model": done.model, "looks": done.looks, **times, "found": seen}))
    else:
        typer.echo(f"{done.model}, loaded and warmed up in {loaded_ms:.0f} ms")
        typer.echo(
            f"one look at {frame.width_px}x{frame.height_px} takes {done.p50_ms:.1f} ms; "
            f"19 of 20 take at most {done.p95_ms:.1f} ms ({done.looks} looks)"
        )
        for each in done.found:
            typer.echo(f"found: {each.label}, {each.score:.0%} certain")
        if not done.found:
            typer.echo("found: nothing")
    if picture is None and not any(each.label == "person" for each in done.found):
        typer.echo(
            "The drawn person was not found: this model does not work here. `hearthwatch models list` names others.", err=True
        )
        raise typer.Exit(1)
