"""Libraries read when they are first needed: who has no webhook and no camera with a door carries no HTTP client in memory.

`aiohttp = late("aiohttp")`, with the plain import beside it for the type checker and for the import contracts.
"""

from __future__ import annotations

import importlib
from types import ModuleType


class Late(ModuleType):
    """Stands for a module until one of its names is asked for."""

    def __getattr__(self, name: str) -> object:
        value = getattr(importlib.import_module(self.__name__), name)
        setattr(self, name, value)
        return value


def late(name: str) -> ModuleType:
    """Return the module `name`, read at the first use of what is in it; raises ImportError then, where there is none."""
    return Late(name)
