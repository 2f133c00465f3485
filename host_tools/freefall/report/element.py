"""HTML and SVG as text."""

from html import escape


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def element(tag: str, *children: object, **attributes: object) -> Markup:
    """An element; text among the children is escaped, None and attributes that are None or False are left out.

    Attributes in Python's spelling: class_, stroke_width.
    """
    given = []
    for name, value in attributes.items():
        if value is not None and value is not False:
            name = name.rstrip("_").replace("_", "-") if name != "viewBox" else name
            given.append(f" {name}" if value is True else f' {name}="{escape(str(value))}"')
    inside = "".join(child if isinstance(child, Markup) else escape(str(child)) for child in children if child is not None)
    return Markup(f"<{tag}{''.join(given)}>{inside}</{tag}>")


def joined(parts) -> Markup:
    """Markup one after the other."""
    return Markup("".join(parts))
