"""freefall schema: what an editor needs to help with a payload.toml."""

import json

import rich_click as click

from ..definition import json_schema


@click.command()
def schema() -> None:
    """Print the JSON Schema of payload.toml, for editors.

    Save it beside your payload.toml and begin that with a line "#:schema payload.schema.json": an editor with a TOML extension
    (tombi, Even Better TOML) then explains every key and marks faults as you type. "freefall check" finds all of them.
    """
    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
