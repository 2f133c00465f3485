"""Writes payload_defs/NAME/vectors.json, golden data of the catalogue: `PYTHONPATH=tests python -m oracle.make_payload_vectors`.

With names, of these payloads only. What a board sends comes from `freefall sim`, as a user calls it, on the virtual board; what
it means is this package's word alone: codec.py for packets, sensor_values.py for samples. All octets are hex. A file holds

payload, definition_id, seed, scenario   what was run; scenario is null where sensors feel what their models feel by themselves
boot          the first packet of the boot, its frame, and its fields
coefficients  for each sensor that has some: its name, the first packet that reports them, and the octets
streams       for each stream: name, apid, driver, and its first packets: packet, frame (of the first), seconds and microseconds
              (on-board time of the first sample), index, and every sample: its octets, of streams with sample times its time in
              microseconds since boot (else null), and the value of each channel in its unit; null where there is none
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from mcap.reader import make_reader

from oracle import codec, sensor_values

PAYLOADS = Path(__file__).parents[2] / "payload_defs"
FILE = "vectors.json"
SEED = 1
PACKETS = 2  # of each stream
LARGEST = 60_000  # octets of a file
_DURATIONS_S = (2, 6, 16)  # the first that gives every stream its packets


class TooFew(Exception):
    """A stream sent fewer packets than are wanted."""


@dataclass(frozen=True)
class Source:
    """A payload definition as plain tables, read without the code that is judged."""

    folder: Path
    tables: dict

    @classmethod
    def of(cls, folder: Path) -> "Source":
        """Of a folder's payload.toml."""
        return cls(folder, tomllib.loads((folder / "payload.toml").read_text(encoding="utf-8")))

    @property
    def apid(self) -> int:
        """The base APID."""
        return self.tables["payload"]["apid"]

    @property
    def scenario(self) -> str | None:
        """The name of its scenario file."""
        return "scenario.toml" if (self.folder / "scenario.toml").exists() else None

    def options(self, stream: str) -> dict:
        """The table of a stream's sensor, with what triggers the stream."""
        table = self.tables["stream"][stream]
        return self.tables["sensor"][table["sensor"]] | {"trigger": table["trigger"]}

    def coefficient_octets(self) -> tuple[int, ...]:
        """By sensor."""
        return tuple(sensor_values.PARTS[sensor["driver"]][2] for sensor in self.tables["sensor"].values())


def sent(folder: Path, duration_s: float, seed: int) -> bytes:
    """What the virtual board sends in so long, as a recording has it."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "run.mcap")
        options = ["--duration", str(duration_s), "--seed", str(seed), "-o", str(path)]
        done = subprocess.run(
            [sys.executable, "-m", "freefall", "sim", str(folder), *options], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"freefall sim {folder}: {done.stderr or done.stdout}")
        with path.open("rb") as file:
            return b"".join(message.data for _, _, message in make_reader(file).iter_messages(topics="raw"))


def packets_of(octets: bytes) -> list[bytes]:
    """The packets of a stream of frames; the last stretch may not be ended yet."""
    packets = []
    for stretch in octets.split(b"\x00")[:-1]:
        if stretch:
            packet, reason = codec.judge_frame(stretch)
            if packet is None:
                raise RuntimeError(f"a frame is no frame: {reason}")
            packets.append(packet)
    return packets


def apid_of(packet: bytes) -> int:
    """Of its primary header."""
    return codec.parse_primary_header(packet)["apid"]


def boot_of(source: Source, packet: bytes) -> dict:
    """The boot event, which is the first packet."""
    fields = codec.parse_report(packet, len(source.tables["stream"]), len(source.tables["sensor"]))
    if apid_of(packet) != source.apid or not fields or fields.get("event") != 1:
        raise RuntimeError("the first packet is not the boot event")
    return {"packet": packet.hex(), "frame": codec.encode_frame(packet).hex(), **fields}


def coefficients_of(source: Source, packets: list[bytes]) -> dict[str, dict]:
    """The first report of the coefficients of each sensor that has some, by the sensor's name."""
    reports: dict[str, dict] = {}
    names, octets = list(source.tables["sensor"]), source.coefficient_octets()
    for packet in packets:
        if apid_of(packet) != source.apid or codec.parse_pus_header(packet)["service"] != 20:
            continue
        fields = codec.parse_report(packet, len(source.tables["stream"]), len(names), octets)
        if fields is None:
            raise RuntimeError(f"no coefficient report: {packet.hex()}")
        name = names[fields["sensor"]]
        if name not in reports:
            reports[name] = {"sensor": name, "packet": packet.hex(), "octets": fields["octets"].hex()}
    return reports


def stream_of(source: Source, number: int, packets: list[bytes], reports: dict[str, dict]) -> dict:
    """A stream's first packets with all that they say. Raises TooFew."""
    name = list(source.tables["stream"])[number]
    table, options = source.tables["stream"][name], source.options(name)
    apid = source.apid + 1 + number
    own = [packet for packet in packets if apid_of(packet) == apid][:PACKETS]
    if len(own) < PACKETS:
        raise TooFew(f"{source.folder.name}: {len(own)} packets of {name}")
    report = reports.get(table["sensor"])
    coefficients = bytes.fromhex(report["octets"]) if report else None
    told = [packet_of(packet, table, options, coefficients) for packet in own]
    told[0] = {"packet": told[0]["packet"], "frame": codec.encode_frame(own[0]).hex(), **told[0]}
    return {"stream": name, "apid": apid, "driver": options["driver"], "packets": told}


def packet_of(packet: bytes, table: dict, options: dict, coefficients: bytes | None) -> dict:
    """A stream packet with what each of its samples means. table: that of its stream; options: that of its sensor."""
    driver, timed = options["driver"], table.get("sample_times", False) or table["trigger"] == "pulse"
    octets = sensor_values.PARTS[driver][1]
    if timed:
        fields = codec.parse_timed_samples(packet, octets + 4)
    else:
        fields = codec.parse_stream_packet(packet, octets)
        fields["times"] = [None] * len(fields["samples"])
    samples = [
        [sample.hex(), time, sensor_values.sample_values(driver, sample, options, coefficients, table.get("calibration"))]
        for sample, time in zip(fields["samples"], fields["times"], strict=True)
    ]
    return {"packet": packet.hex(), **{key: fields[key] for key in ("seconds", "microseconds", "index")}, "samples": samples}


def vectors(folder: Path) -> dict:
    """The content of a payload's file."""
    source = Source.of(folder)
    for duration_s in _DURATIONS_S:
        packets = packets_of(sent(folder, duration_s, SEED))
        reports = coefficients_of(source, packets)
        try:
            streams = [stream_of(source, number, packets, reports) for number in range(len(source.tables["stream"]))]
        except TooFew:
            if duration_s == _DURATIONS_S[-1]:
                raise
            continue
        boot = boot_of(source, packets[0])
        return {
            "payload": source.tables["payload"]["name"],
            "definition_id": f"{boot['definition_id']:08x}",
            "seed": SEED,
            "scenario": source.scenario,
            "boot": boot,
            "coefficients": list(reports.values()),
            "streams": streams,
        }


def text(content: dict) -> str:
    """The file: one sample per line, so that a difference reads as one."""
    heads = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in content.items() if key != "streams"]
    return "{\n" + ",\n".join(heads) + ',\n "streams": [\n' + ",\n".join(map(_stream_text, content["streams"])) + "\n ]\n}\n"


def _stream_text(stream: dict) -> str:
    heads = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in stream.items() if key != "packets"]
    return "  {" + ", ".join(heads) + ', "packets": [\n' + ",\n".join(map(_packet_text, stream["packets"])) + "\n  ]}"


def _packet_text(packet: dict) -> str:
    heads = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in packet.items() if key != "samples"]
    lines = ",\n".join("     " + json.dumps(sample) for sample in packet["samples"])
    return "   {" + ",\n    ".join(heads) + ',\n    "samples": [\n' + lines + "\n    ]}"


def main(names: list[str]) -> None:
    """Write the files of these payloads, or of all."""
    for path in sorted(PAYLOADS.glob("*/payload.toml")):
        if not names or path.parent.name in names:
            written = text(vectors(path.parent))
            if len(written) > LARGEST:
                raise RuntimeError(f"{path.parent.name}: {len(written)} octets; take fewer packets")
            (path.parent / FILE).write_text(written, encoding="utf-8")
            print(f"{path.parent.name}: {len(written)} octets")


if __name__ == "__main__":
    main(sys.argv[1:])
