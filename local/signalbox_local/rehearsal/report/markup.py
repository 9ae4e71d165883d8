"""HTML made of parts: whatever is text is escaped, whatever is markup says so. Pure."""

from collections.abc import Iterable
from html import escape


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, *content: object, **attributes: str) -> Markup:
    """An element; content that is not Markup is escaped, and so are attributes (`class_` is `class`)."""
    given = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{given}>{joined(content)}</{name}>")


def joined(content: Iterable[object]) -> Markup:
    """One after the other."""
    return Markup("".join(part if isinstance(part, Markup) else escape(_shown(part)) for part in content))


def _shown(part: object) -> str:
    """Without control characters, which HTML does not have, and marks that turn the direction of writing."""
    return "".join(char if char.isprintable() else " " for char in str(part))


def table(head: Iterable[tuple[str, str]], rows: Iterable[Iterable[object]]) -> Markup:
    """`head`: (name, class) of each column; a cell that is Markup stays as it is."""
    columns = list(head)
    titles = (element("th", name, class_=kind) for name, kind in columns)
    body = (
        element(
            "tr",
            *(element("td", cell, class_=kind) for cell, (_, kind) in zip(row, columns, strict=True)),
        )
        for row in rows
    )
    whole = element("table", element("thead", element("tr", *titles)), element("tbody", *body))
    return element("div", whole, class_="scroll")
