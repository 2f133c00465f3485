"""What a file says of where its values come from."""

from ..definition import Definition, Stream


def identity(stream: Stream, definition: Definition | None) -> dict[str, str]:
    """`stream`, and with a definition `payload`, `definition_id` (8 hex digits) and `definition` (its text)."""
    known = {"stream": stream.name}
    if definition is not None:
        known |= {
            "payload": definition.name,
            "definition_id": f"{definition.definition_id:08x}",
            "definition": definition.text,
        }
    return known
