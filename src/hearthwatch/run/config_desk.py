"""The desk of settings: the page reads and changes the configuration file and the secrets here."""

from __future__ import annotations

import asyncio
import difflib
import logging
import tomllib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.secrets import MAX_VALUE_BYTES, Secrets
from hearthwatch.run.config import DEMO, Config, parse, read_text
from hearthwatch.run.config_faults import ConfigMistakes, dotted
from hearthwatch.run.config_present import sections
from hearthwatch.run.config_reload import diff
from hearthwatch.run.config_schema import infos
from hearthwatch.run.secret_names import asked_for
from hearthwatch.web.config_doors import (
    Change,
    Changed,
    ConfigNow,
    Mistake,
    SecretNow,
    SettingsMoved,
    SettingsRefused,
    Value,
)

if TYPE_CHECKING:
    from hearthwatch.run.config_file import Draft
    from hearthwatch.run.config_file import Value as Written

log = logging.getLogger(__name__)


class ConfigDesk:
    """Implements web.config_doors.ConfigDoor. `config` gives the configuration in force; `take_over` reads the files anew."""

    def __init__(
        self,
        path: Path,
        secrets: Secrets,
        *,
        config: Callable[[], Config],
        take_over: Callable[[], Awaitable[None]],
    ) -> None:
        self._path = path
        self._secrets = secrets
        self._config = config
        self._take_over = take_over
        self._writing = asyncio.Lock()

    def now(self) -> ConfigNow:
        """See ConfigDoor."""
        from hearthwatch.run.config_file import mark_of  # megabytes of a TOML editor, for once in a while

        text = read_text(self._path)
        mistakes: tuple[Mistake, ...] = ()
        raw: Mapping[str, Any] = {}
        config = self._config()
        try:
            config = parse(text, self._path.name)
            raw = _raw(text)
        except ConfigFault as fault:
            mistakes = _mistakes(fault)
        return ConfigNow(
            file=str(self._path),
            mark=mark_of(text),
            infos=infos(),
            sections=tuple(sections(raw, config)),
            secrets=self._secrets_now(config),
            mistakes=mistakes,
        )

    def rehearse(self, changes: Sequence[Change], mark: str) -> Changed:
        """See ConfigDoor."""
        return _changed(self._draft(changes, mark))

    async def change(self, changes: Sequence[Change], mark: str) -> Changed:
        """See ConfigDoor."""
        async with self._writing:
            made = await asyncio.to_thread(self._write, changes, mark)
        log.info("settings were changed from the page: %s", ", ".join(dotted(each.path) for each in changes))
        await self._take_over()
        return made

    async def set_secret(self, name: str, value: str | None) -> SecretNow:
        """See ConfigDoor."""
        known = asked_for(self._config())
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise SettingsRefused((Mistake(key=name, line=0, text=f"nothing asks for this secret{hint}"),))
        if fault := _secret_fault(value):
            raise SettingsRefused((Mistake(key=name, line=0, text=fault),))
        await asyncio.to_thread(self._secrets.change, {name: value})
        log.info("the secret %s was %s from the page", name, "set" if value is not None else "taken away")
        await self._take_over()
        return SecretNow(name=name, is_set=name in self._secrets.names(), given=self._secrets.is_given(name))

    def _secrets_now(self, config: Config) -> tuple[SecretNow, ...]:
        stored = frozenset(self._secrets.names())
        return tuple(
            SecretNow(name=name, is_set=name in stored, given=name in stored and self._secrets.is_given(name))
            for name in dict.fromkeys(asked_for(config))
        )

    def _draft(self, changes: Sequence[Change], mark: str) -> Draft:
        from hearthwatch.run.config_file import ChangedMeanwhile, draft

        if faults := tuple(fault for change in changes for fault in _value_faults(change)):
            raise SettingsRefused(faults)
        try:
            return draft(self._path, self._with_demo({each.path: _written(each.value) for each in changes}), basis=mark)
        except ChangedMeanwhile as error:
            raise SettingsMoved(str(error)) from error
        except ConfigFault as fault:
            raise SettingsRefused(_mistakes(fault)) from fault

    def _with_demo(self, values: dict[tuple[str, ...], Written | None]) -> dict[tuple[str, ...], Written | None]:
        """In a file without cameras the built-in one is only there as long as nothing is said of it: write it down, too."""
        text = read_text(self._path)
        parse(text, str(self._path))
        if not any(path[0] == "camera" and path[1] in DEMO for path in values) or "camera" in _raw(text):
            return values
        return {("camera", name, key): value for name, camera in DEMO.items() for key, value in camera.items()} | values

    def _write(self, changes: Sequence[Change], mark: str) -> Changed:
        from hearthwatch.run.config_file import ChangedMeanwhile, write

        made = self._draft(changes, mark)
        try:
            write(self._path, made)
        except ChangedMeanwhile as error:
            raise SettingsMoved(str(error)) from error
        return _changed(made)


def _raw(text: str) -> Mapping[str, Any]:
    return tomllib.loads(text.replace("\r\n", "\n"))


def _changed(made: Draft) -> Changed:
    from hearthwatch.run.config_file import mark_of

    return Changed(mark=mark_of(made.after), lines=tuple(made.lines), after_restart=diff(made.was, made.config).restart)


def _mistakes(fault: ConfigFault) -> tuple[Mistake, ...]:
    if isinstance(fault, ConfigMistakes):
        return tuple(Mistake(key=each.key, line=each.line, text=each.text) for each in fault.mistakes)
    return tuple(Mistake(key="", line=0, text=line) for line in str(fault).splitlines())


def _value_faults(change: Change) -> list[Mistake]:
    """What TOML cannot hold is refused before anything is written."""
    texts = [*change.path, *_texts(change.value)]
    if all(_is_text(text) for text in texts):
        return []
    return [
        Mistake(key=dotted(change.path), line=0, text="must be one of ordinary characters: there is one in it that is none")
    ]


def _texts(value: Value | None) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for inner in value for text in _texts(inner)] if isinstance(value, tuple) else []


def _is_text(text: str) -> bool:
    return not any(
        (ord(letter) < 0x20 and letter not in "\t\n") or ord(letter) == 0x7F or 0xD800 <= ord(letter) < 0xE000
        for letter in text
    )


def _written(value: Value | None) -> Written | None:
    return [_element(inner) for inner in value] if isinstance(value, tuple) else value


def _element(value: Value) -> Written:
    return [_element(inner) for inner in value] if isinstance(value, tuple) else value


def _secret_fault(value: str | None) -> str:
    if value is None:
        return ""
    if not value.strip():
        return "an empty secret is none: take it away instead"
    if not _is_text(value):
        return "there is a character in it that is none"
    return f"may have {MAX_VALUE_BYTES} bytes at most" if len(value.encode()) > MAX_VALUE_BYTES else ""
