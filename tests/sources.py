"""The house's own code as trees, for tests that look at it."""

from __future__ import annotations

import ast
import gc
from functools import cache
from pathlib import Path


@cache
def tree(path: Path) -> ast.Module:
    """Return a module's tree."""
    gc.disable()  # a traceback that is written while a tree is built breaks the building (Python's gh-106905)
    try:
        return ast.parse(path.read_text())
    finally:
        gc.enable()
