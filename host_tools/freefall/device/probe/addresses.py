"""Which addresses a part can have and what sets them, and which parts can have an address: as the catalogue's tables say it."""

from ...sensors.registry import SENSORS


def addresses_of(driver: str) -> tuple[int, ...]:
    """The I2C addresses that a part can have; none for one that is not on I2C or can have any."""
    return tuple(_listed(_schema(driver)))


def address_pins(driver: str) -> str:
    """What sets its address, "the sensor's ADD0 pin" for example; empty where nothing does."""
    return str(_schema(driver).get("description", "")).partition("address, by ")[2]


def drivers_at(address: int) -> list[str]:
    """The drivers whose parts can have that address."""
    return [name for name in SENSORS if address in addresses_of(name)]


def part_name(driver: str) -> str:
    """What a part is called in a sentence."""
    return "part of [read]" if driver == "registers" else driver.upper()


def _schema(driver: str) -> dict:
    return SENSORS[driver].table.model_json_schema().get("properties", {}).get("address", {})


def _listed(schema: object) -> list[int]:
    """The first list of choices in a schema: of a sensor that can be on SPI too, it is that of one alternative."""
    if isinstance(schema, dict):
        return schema["enum"] if "enum" in schema else _listed(list(schema.values()))
    if isinstance(schema, list):
        return next((found for part in schema if (found := _listed(part))), [])
    return []
