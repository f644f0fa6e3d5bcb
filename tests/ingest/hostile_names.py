"""120 names and more by which somebody could try to write where he must not, or to be shown as what he is not."""

from __future__ import annotations

from pathlib import Path

_TARGETS = ("etc/passwd", "hearthwatch.toml", "secrets.sealed", "footage/index.db", "house.db", "escaped.jpg")


def hostile_names(outside: Path) -> list[str]:
    """`outside` is a folder that must stay empty; absolute names point there."""
    up = ["../" * depth + target for depth in (1, 2, 3, 8, 40) for target in _TARGETS]
    encoded = [
        sample.replace("../", step) + target
        for step in ("..%2f", "%2e%2e/", "..%252f", "..\\", "..%5c", "....//", "..;/", "..\u2215", "\u2025/", "..%c0%af")
        for sample, target in (("../../", "escaped.jpg"), ("../../../", "etc/passwd"))
    ]
    absolute = [f"{outside}/{name}" for name in ("a.jpg", ".bashrc", "x/../../b.jpg", "./c.jpg", "//d.jpg")]
    absolute += [f"/{outside}/e.jpg", f"file://{outside}/f.jpg", "\\\\host\\share\\g.jpg", "C:\\windows\\h.jpg", "/dev/null"]
    absolute += ["/proc/self/environ", "/dev/stdout", "/dev/fd/0", "~/i.jpg", "~root/.ssh/authorized_keys", "$HOME/j.jpg"]
    control = [f"a{chr(code)}b.jpg" for code in range(1, 32) if chr(code) not in "\r\n"]
    shown = [
        "\u202egpj.exe",
        "a\u200b.jpg",
        "\ufeffa.jpg",
        "a\u0301" * 60 + ".jpg",
        "\U0001f4a3.jpg",
        "<script>alert(1)</script>.jpg",
    ]
    shown += [
        "'; drop table events; --.jpg",
        "$(touch x).jpg",
        "`touch x`.jpg",
        "a|b.jpg",
        "a;b.jpg",
        "-rf.jpg",
        "--help",
        "*.jpg",
    ]
    special = [".", "..", "/", "//", "...", " ", ".hidden", "CON", "NUL.jpg", "a" * 255, "a" * 1000, "b/" * 200 + "c.jpg"]
    special += ["0" * 26, "0" * 26 + ".json", "01M7YSSKBW7Z40JGE61APB4RHB", "01M7YSSKBW7Z40JGE61APB4RHB.json", "x.new"]
    return [*up, *encoded, *absolute, *control, *shown, *special]
