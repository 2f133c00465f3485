"""What sim, stats, decode and record say at the end: what was sampled, and the ledger."""

import rich_click as click

from ..decode import Decoder, Item, Ledger, Reject, SamplePacket
from ..decode.statistics import StreamStatistics
from ..definition import Definition


class Summary:
    """Everything fed through one decoder, in constant memory."""

    def __init__(self, definition: Definition):
        self.decoder = Decoder(definition)
        self.statistics = [StreamStatistics(stream) for stream in definition.streams]

    def feed(self, octets: bytes, host_ns: int | None = None) -> list[Item]:
        """The items that end in `octets`; raises WrongDefinition."""
        items = self.decoder.feed(octets, host_ns)
        for item in items:
            if isinstance(item, SamplePacket):
                self.statistics[item.stream.number].add(item)
        return items

    def as_dict(self) -> dict:
        """For JSON, one object."""
        definition = self.decoder.definition
        return {
            "schema": "freefall/1",
            "payload": definition.name,
            "definition_id": f"{definition.definition_id:08x}",
            "statistics": {own.stream.name: own.as_dict() for own in self.statistics},
            "ledger": self.decoder.ledger.as_dict(),
        }

    def one_line(self) -> str:
        """For the last line of a command: samples, lost, rejected."""
        samples = sum(own.samples for own in self.statistics)
        counters = self.decoder.counters
        return f"{samples} samples, {self.decoder.ledger.lost} lost, {counters.rejected} rejected, {counters.octets_fed} octets"


def print_statistics(statistics: list[StreamStatistics]) -> None:
    """One line a channel."""
    click.echo("What was sampled")
    for own in statistics:
        rate = "" if own.rate_hz is None else f" at {own.rate_hz:.3f} Hz"
        click.echo(f"  {own.stream.name}: {own.samples} samples{rate}")
        for channel in own.channels:
            if channel.count:
                click.echo(
                    f"    {channel.name:<12} mean {channel.mean:+.6f}  deviation {channel.deviation:.6f}  "
                    f"least {channel.least:+.6f}  greatest {channel.greatest:+.6f}  {channel.unit}"
                )


# Label and StreamLedger.totals attribute, from the trigger to the host: each figure is the one above less what is set in.
_LEDGER_ROWS = (
    ("triggers seen", "seen"),
    ("  bus errors", "bus_errors"),
    ("  ring overruns", "overruns"),
    ("samples taken", "taken"),
    ("  still on the board", "pending"),
    ("samples framed", "framed"),
    ("  dropped, link full", "samples_dropped"),
    ("samples sent", "samples_sent"),
    ("  lost on the way", "lost"),
    ("samples received", "received"),
)


def print_ledger(ledger: Ledger) -> None:
    """What became of every sample, one column a stream, and whether all sums close."""
    label_len = max(len(label) for label, _ in _LEDGER_ROWS) + 2
    widths = [max(len(stream.name), 12) for stream in ledger.streams]

    def row(label: str, values: list) -> None:
        click.echo(
            "  " + label.ljust(label_len) + "".join(f"  {value:>{width}}" for value, width in zip(values, widths, strict=True))
        )

    click.echo("Ledger".ljust(label_len + 2) + "".join(f"  {s.name:>{w}}" for s, w in zip(ledger.streams, widths, strict=True)))
    for label, name in _LEDGER_ROWS:
        row(label, [getattr(stream.totals, name) for stream in ledger.streams])
    row("difference", [sum(abs(line.difference) for line in stream.lines) for stream in ledger.streams])
    for line in ledger.lines:
        if line.owner in ("service packets", "octets"):
            terms = " + ".join(f"{value} {name}" for name, value in line.terms)
            click.echo(f"  {line.owner}: {line.left} {line.name} = {terms}, difference {line.difference}")
    for stream in ledger.streams:
        if stream.totals.after_report:
            click.echo(
                f"  {stream.name}: {stream.totals.after_report} samples came after the board's last report, not in these sums"
            )
    if ledger.closed:
        click.echo(f"The ledger closes: difference 0 everywhere, {ledger.lost} samples lost on the way.")
    else:
        click.echo("The ledger does not close:")
        for reason in ledger.reasons:
            click.echo(f"  {reason}")


def describe_reject(reject: Reject) -> str:
    """One sentence for people."""
    return f"{reject.size} octets at {reject.offset} rejected: {reject.reason}"
