"""The secrets as a house reads them: what `camera_defaults` says holds for every camera that does not say otherwise."""

from __future__ import annotations

from hearthwatch.kit.secrets import Secret, Secrets

DEFAULT_PASSWORD = "camera_defaults.password"  # noqa: S105 - a name


class HouseSecrets(Secrets):
    """As Secrets; a camera without a password of its own has the one given for all."""

    def get(self, name: str) -> Secret | None:
        """See Secrets."""
        found = super().get(name)
        parts = name.split(".")
        if found is None and len(parts) == 3 and (parts[0], parts[2]) == ("camera", "password"):
            return super().get(DEFAULT_PASSWORD)
        return found
