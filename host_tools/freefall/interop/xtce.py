"""XTCE 1.2 (OMG, namespace 20180204): what Yamcs, space_packet_parser and other ground systems read.

A container is read from its first bit to its last, so what no item covers is filled; an item that lies over another is left out
and named in its container's description.
"""

from collections.abc import Iterable
from xml.etree import ElementTree as xml

from freefall_wire import packet as wire

from .. import __version__
from ..definition import Definition
from ..sensors.channels import Calibration, Linear, Polynomial, Table
from .layout import Item, Packet, packets, primary_header

NAMESPACE = "http://www.omg.org/spec/XTCE/20180204"
_NOTE = (
    f"Written by freefall {__version__}. Names of samples end in their place within the packet; only the first COUNT samples of "
    "a packet are valid."
)
_ROOT, _SERVICE, _ID = "CCSDSPacket", "ServicePacket", "REPORT_ID"


def xtce(definition: Definition) -> str:
    """The XTCE document of a payload."""
    xml.register_namespace("xtce", NAMESPACE)
    system = _element(None, "SpaceSystem", name=definition.name, shortDescription=_one_line(definition.description))
    header = _element(system, "Header", version=f"{definition.definition_id:08x}", validationStatus="Working")
    _element(header, "NoteSet").append(_text("Note", _NOTE))
    metadata = _element(system, "TelemetryMetaData")
    document = _Document(metadata)
    all_packets = packets(definition)
    services = [packet for packet in all_packets if packet.stream is None]
    shared = _shared(services)
    document.container(_ROOT, "every packet: CCSDS 133.0-B-2 primary header", primary_header(), 0, 6, abstract=True)
    document.container(
        _SERVICE, "reports of the board itself: PUS-C telemetry secondary header", shared, 6, wire.SOURCE_DATA_AT,
        base=_ROOT, where={"APID": definition.apid}, abstract=True,
    )  # fmt: skip
    for packet in services:
        where = {item.name: item.fixed for item in packet.items if item.fixed is not None}
        base, rest, at = _SERVICE, packet.items[len(shared) :], wire.SOURCE_DATA_AT
        if _ID in where:
            base, (known, *rest) = f"Service{where['SERVICE']}Report", rest
            document.once(base, "reports of this service, by their id", known, at, base=_SERVICE, service=where["SERVICE"])
            at += known.octets
        document.container(packet.name, packet.meaning, _named(packet, rest), at, packet.length, base=base, where=where)
    for packet in all_packets:
        if packet.stream:
            items = _named(packet, packet.items)
            document.container(packet.name, packet.meaning, items, 6, packet.length, base=_ROOT, where={"APID": packet.apid})
    xml.indent(system)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(system, encoding="unicode") + "\n"


def _shared(services: list[Packet]) -> tuple[Item, ...]:
    """The items that begin every service packet."""
    return tuple(item for item in services[0].items if item.at < wire.SOURCE_DATA_AT)


def _named(packet: Packet, items: Iterable[Item]) -> list[tuple[str, Item]]:
    return [(f"{packet.name}_{item.name}", item) for item in items]


class _Document:
    def __init__(self, metadata: xml.Element):
        self._types = _element(metadata, "ParameterTypeSet")
        self._parameters = _element(metadata, "ParameterSet")
        self._containers = _element(metadata, "ContainerSet")
        self._type_names: dict[tuple, str] = {}
        self._abstract: set[str] = set()
        self._defined: set[str] = set()
        self._fills = 0

    def once(self, name: str, meaning: str, item: Item, start: int, *, base: str, service: int) -> None:
        """An abstract container of one item, of the packets of a service; there may be one of that name already."""
        if name not in self._abstract:
            self._abstract.add(name)
            where = {"SERVICE": service}
            self.container(name, meaning, [item], start, start + item.octets, base=base, where=where, abstract=True)

    def container(self, name, meaning, items, start, stop, *, base=None, where=None, abstract=False) -> None:
        """A container of the octets start..stop; items: Item, or (parameter's name, Item)."""
        container = xml.Element(_tag("SequenceContainer"), name=name, shortDescription=meaning)
        if abstract:
            container.set("abstract", "true")
        entries = _element(container, "EntryList")
        at, left_out = 8 * start, []
        for entry in items:
            parameter, item = entry if isinstance(entry, tuple) else (entry.name, entry)
            if item.bit < at:
                left_out.append(item.name)
                continue
            self._fill(entries, item.bit - at)
            self._parameter(parameter, item)
            _element(entries, "ParameterRefEntry", parameterRef=parameter)
            at = item.bit + item.bits
        self._fill(entries, 8 * stop - at)
        if left_out:
            container.set("shortDescription", f"{meaning}; without {', '.join(left_out)}, which lie over others")
        if base:
            inner = _element(container, "BaseContainer", containerRef=base)
            comparisons = _element(_element(inner, "RestrictionCriteria"), "ComparisonList")
            for key, value in where.items():
                _element(comparisons, "Comparison", parameterRef=key, value=str(value), useCalibratedValue="false")
        self._containers.append(container)

    def _parameter(self, name: str, item: Item) -> None:
        if name in self._defined:
            return
        self._defined.add(name)
        meaning = f"{item.meaning}{'; ' + item.note if item.note else ''}"
        _element(self._parameters, "Parameter", name=name, parameterTypeRef=self._type(name, item), shortDescription=meaning)

    def _fill(self, entries: xml.Element, bits: int) -> None:
        if not bits:
            return
        name, type_name = f"FILL_{self._fills}", f"FILL{bits}"
        self._fills += 1
        if ("fill", bits) not in self._type_names:
            self._type_names["fill", bits] = type_name
            kind = _element(self._types, "BinaryParameterType", name=type_name)
            _element(kind, "UnitSet")
            _element(_element(kind, "BinaryDataEncoding"), "SizeInBits").append(_text("FixedValue", str(bits)))
        _element(self._parameters, "Parameter", name=name, parameterTypeRef=type_name, shortDescription="of no meaning here")
        _element(entries, "ParameterRefEntry", parameterRef=name)

    def _type(self, parameter: str, item: Item) -> str:
        key = (item.kind, item.bits, item.order, item.unit, item.calibration, item.limits)
        if key in self._type_names:
            return self._type_names[key]
        plain = not (item.unit or item.calibration or item.limits)
        word = f"{'INT' if item.kind == 'signed' else 'UINT'}{item.bits}{'LE' if item.order == 'little' else ''}"
        name = word if plain else f"{parameter.rpartition('_')[0]}_TYPE"
        self._type_names[key] = name
        calibrated = item.calibration is not None
        kind = _element(self._types, "FloatParameterType" if calibrated else "IntegerParameterType", name=name)
        if not calibrated:
            kind.set("signed", str(item.kind == "signed").lower())
        units = _element(kind, "UnitSet")
        if item.unit:
            units.append(_text("Unit", item.unit))
        encoding = _element(
            kind, "IntegerDataEncoding", sizeInBits=str(item.bits),
            encoding="twosComplement" if item.kind == "signed" else "unsigned",
            byteOrder="leastSignificantByteFirst" if item.order == "little" else "mostSignificantByteFirst",
        )  # fmt: skip
        if calibrated:
            _calibrator(_element(encoding, "DefaultCalibrator"), item.calibration)
        if item.limits:
            ranges = _element(_element(kind, "DefaultAlarm"), "StaticAlarmRanges")
            for tag, limits in (
                ("WatchRange", item.limits.watch), ("WarningRange", item.limits.warning), ("CriticalRange", item.limits.critical),
            ):  # fmt: skip
                if limits:
                    _element(ranges, tag, minInclusive=repr(float(limits[0])), maxInclusive=repr(float(limits[1])))
        return name


def _calibrator(parent: xml.Element, calibration: Calibration) -> None:
    match calibration:
        case Linear():
            _polynomial(parent, (calibration.offset, calibration.scale))
        case Polynomial():
            _polynomial(parent, calibration.coefficients)
        case Table():
            spline = _element(parent, "SplineCalibrator", order="1", extrapolate="false")
            for raw, value in zip(calibration.raw, calibration.value, strict=True):
                _element(spline, "SplinePoint", order="1", raw=repr(float(raw)), calibrated=repr(float(value)))


def _polynomial(parent: xml.Element, coefficients: tuple[float, ...]) -> None:
    polynomial = _element(parent, "PolynomialCalibrator")
    for exponent, coefficient in enumerate(coefficients):
        _element(polynomial, "Term", coefficient=repr(float(coefficient)), exponent=str(exponent))


def _element(parent: xml.Element | None, tag: str, **attributes: str) -> xml.Element:
    if parent is None:
        return xml.Element(_tag(tag), attributes)
    return xml.SubElement(parent, _tag(tag), attributes)


def _text(tag: str, text: str) -> xml.Element:
    element = xml.Element(_tag(tag))
    element.text = text
    return element


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
