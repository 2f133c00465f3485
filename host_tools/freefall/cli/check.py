"""freefall check: every fault of a definition at once."""

import rich_click as click

from ..definition import load_definition


@click.command()
@click.argument("definition", metavar="DEF", type=click.Path())
def check(definition: str) -> None:
    """Check a payload definition; every fault comes at once, as file:line:col."""
    checked = load_definition(definition)
    click.echo(f"{checked.name}: definition {checked.definition_id:08x}, {len(checked.streams)} streams")
    for stream in checked.streams:
        channels = ", ".join(f"{channel.name} [{channel.unit}]" for channel in stream.channels)
        click.echo(
            f"  {stream.name}: {stream.driver} at {stream.rate_hz:g} Hz by {stream.trigger}, {channels}; "
            f"{stream.samples_per_packet} samples in a packet of {stream.packet_len} octets"
        )
