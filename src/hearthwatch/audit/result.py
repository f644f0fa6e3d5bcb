"""What came of a remedy."""

from __future__ import annotations

from dataclasses import dataclass, field

from hearthwatch.kit.secrets import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """In the owner's words. `password` is what was made up, for the owner's eyes only; `secret` the name it is kept under."""

    text: str
    verified: bool
    secret: str = ""
    password: Secret | None = field(default=None, repr=False)
