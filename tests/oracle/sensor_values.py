"""What the octets of one sample mean, part by part of the catalogue, by the parts' data sheets: the judge of the host's tables.

Slow and obvious, one sample at a time, and nothing imported from what it judges: numpy neither. Each function takes the octets
that the board read, the options of the part's [sensor.NAME] table as plain values and, of two parts, the octets of its
coefficients. It gives the value of each channel, or None where the part itself says that there is none: a CRC that differs, a
fault bit, a code that stands for everything beyond. Units are those of the channels.
"""

from oracle.bosch_values import Values, bme280, bmp390
from oracle.calibrations import calibrated
from oracle.words import big, checked_word, little, two

# --- codes of voltages: what a definition's own calibration of them begins with ---


def adc_code(sample: bytes) -> int | None:
    """12 bits; the last code is all there is from the reference up (RP2040 data sheet 4.9)."""
    code = little(sample) % 4096
    return None if code == 4095 else code


def ads1115_code(sample: bytes) -> int | None:
    """16 bits; the outermost two are clipped (SBAS444, "Data Format")."""
    code = two(big(sample), 16)
    return None if code in (-32768, 32767) else code


def ads1256_code(sample: bytes) -> int | None:
    """24 bits; the outermost two are clipped (SBAS288, "Data Format")."""
    code = two(big(sample), 24)
    return None if code in (-8388608, 8388607) else code


CODES = {"adc": adc_code, "ads1115": ads1115_code, "ads1256": ads1256_code}


def adc(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """4096 steps to the reference."""
    code = adc_code(sample)
    return {"voltage": None if code is None else code * options.get("reference_v", 3.3) / 4096}


def ads1115(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """32768 steps to the range."""
    code = ads1115_code(sample)
    return {"voltage": None if code is None else code * options["range_v"] / 32768}


def ads1256(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """2^23 - 1 steps to twice the reference over the gain."""
    code = ads1256_code(sample)
    step = 2 * options.get("reference_v", 2.5) / options.get("gain", 1) / (2**23 - 1)
    return {"voltage": None if code is None else code * step}


# --- motion and field: of a part that does not measure, or does not answer, all octets are alike ---


def adxl355(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """20 bits, left-justified; 256000 a g at 2 g (table 1). Below, out of the FIFO, x has a 1 and the others a 0 ("FIFO")."""
    steps = {2: 256000, 4: 128000, 8: 64000}[options["range_g"]]
    marks = [sample[at] % 4 for at in (2, 5, 8)]
    if no_sample(sample) or options.get("trigger") == "fifo_watermark" and marks != [1, 0, 0]:
        return dict.fromkeys("xyz")
    return {axis: two(big(sample[3 * n : 3 * n + 3]) // 16, 20) / steps for n, axis in enumerate("xyz")}


def no_sample(sample: bytes) -> bool:
    """Nothing but zeros, or nothing but ones."""
    return set(sample) in ({0x00}, {0xFF})


def lsm6dso(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """16 bits each; sensitivities of its table 2; the outermost codes are clipped."""
    rate = {125: 4.375, 250: 8.75, 500: 17.5, 1000: 35.0, 2000: 70.0}[options["range_dps"]] / 1000
    acceleration = {2: 0.061, 4: 0.122, 8: 0.244, 16: 0.488}[options["range_g"]] / 1000
    values: Values = {}
    for number, channel in enumerate(("gx", "gy", "gz", "x", "y", "z")):
        if no_sample(sample):
            values[channel] = None
            continue
        code = two(little(sample[2 * number : 2 * number + 2]), 16)
        scale = rate if number < 3 else acceleration
        values[channel] = None if code in (-32768, 32767) else code * scale
    return values


def rm3100(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """24 bits; counts a uT by PNI's own rule, which meets the manual's table (20, 38, 75 at 50, 100, 200 cycles) rounded."""
    gain = 0.3671 * options["cycle_count"] + 1.5
    if no_sample(sample):
        return dict.fromkeys(("bx", "by", "bz"))
    return {axis: two(big(sample[3 * n : 3 * n + 3]), 24) / gain for n, axis in enumerate(("bx", "by", "bz"))}


# --- currents ---


def ina219(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """Shunt voltage in 10 uV; bus voltage in 4 mV above CNVR and OVF; clipped at the ends of their ranges (8.6.3)."""
    shunt, word = two(big(sample[0:2]), 16), big(sample[2:4])
    ready, overflow, bus = word // 2 % 2 == 1, word % 2 == 1, word // 8
    if not ready or overflow:
        return {"current": None, "bus_voltage": None, "shunt_voltage": None}
    shunt_end = options.get("shunt_range_mv", 320) * 100
    bus_end = {16: 4000, 32: 8000}[options.get("bus_range_v", 32)]
    clipped = shunt in (-shunt_end, shunt_end)
    return {
        "current": None if clipped else shunt * 10e-6 / options["shunt_ohm"],
        "bus_voltage": None if bus == bus_end else bus * 4e-3,
        "shunt_voltage": None if clipped else shunt * 10e-6,
    }


def ina226(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """Shunt voltage in 2.5 uV; bus voltage in 1.25 mV, never negative; clipped at 0x7FFF and 0x8000 (7.6)."""
    shunt, bus = two(big(sample[0:2]), 16), big(sample[2:4])
    clipped = shunt in (-32768, 32767)
    return {
        "current": None if clipped else shunt * 2.5e-6 / options["shunt_ohm"],
        "bus_voltage": None if bus == 32767 else bus * 1.25e-3,
        "shunt_voltage": None if clipped else shunt * 2.5e-6,
    }


# --- temperature, air and liquids ---


def tmp117(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """7.8125 m degC a step; -256 degC until the first conversion after a start has ended (7.6.1.2)."""
    code = two(big(sample), 16)
    return {"temperature": None if code == -32768 else code * 0.0078125}


def platinum_ohm(degc: float, ohm_at_zero: float) -> float:
    """IEC 60751."""
    ratio = 1 + 3.9083e-3 * degc - 5.775e-7 * degc**2
    if degc < 0:
        ratio = ratio - 4.183e-12 * (degc - 100) * degc**3
    return ohm_at_zero * ratio


def platinum_degc(ohm: float, ohm_at_zero: float) -> float | None:
    """By halving; None outside -200 to 850 degC, where the standard ends, or a step of the converter more."""
    low, high = -200.05, 850.05
    if not platinum_ohm(low, ohm_at_zero) <= ohm <= platinum_ohm(high, ohm_at_zero):
        return None
    for _ in range(100):
        middle = (low + high) / 2
        if platinum_ohm(middle, ohm_at_zero) < ohm:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def max31865(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """15 bits of the reference's resistance, and the fault bit; both ends mean a broken or shorted element."""
    code, fault = big(sample) // 2, big(sample) % 2 == 1
    if fault or code in (0, 32767):
        return {"temperature": None, "resistance": None}
    ohm = code * options["reference_ohm"] / 32768
    return {"temperature": platinum_degc(ohm, options["rtd_ohm"]), "resistance": ohm}


def scd41(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """Words of 16 bits with a CRC each (3.6.2); a CO2 of 0 marks a sample that is none (Sensirion's example programs)."""
    co2, temperature, humidity = (checked_word(sample[at : at + 3]) for at in (0, 3, 6))
    if big(sample[0:2]) == 0:
        return {"co2": None, "temperature": None, "humidity": None}
    return {
        "co2": co2,
        "temperature": None if temperature is None else -45 + 175 * temperature / 65535,
        "humidity": None if humidity is None else 100 * humidity / 65535,
    }


def slf3s(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """Words with a CRC each; flags: bit 0 air in line, bit 1 high flow. With either, or unknown flags, the flow is worthless."""
    flow, temperature, flags = (checked_word(sample[at : at + 3]) for at in (0, 3, 6))
    steps_a_ml_per_min = {"1300F": 500, "0600F": 10000}[options["variant"]]
    believed = flow is not None and flags is not None and flags % 4 == 0
    return {
        "flow": two(flow, 16) / steps_a_ml_per_min if believed else None,
        "temperature": None if temperature is None else two(temperature, 16) / 200,
        "flags": flags,
    }


def mhz19b(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """An answer to command 0x86: 0xFF 0x86, ppm, four octets, and the negative of the sum of all but the first."""
    answers = sample[0] == 0xFF and sample[1] == 0x86
    total = 0
    for octet in sample[1:]:
        total = total + octet
    return {"co2": big(sample[2:4]) if answers and total % 256 == 0 else None}


# --- light ---


def as7341(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """ASTATUS and six counts; basic counts: over gain and integration time in ms. All zero: nothing was measured yet."""
    saturated, measured = sample[0] >= 128, any(sample)
    milliseconds = (options["atime"] + 1) * (options["astep"] + 1) * 2.78e-3
    values: Values = {}
    for number, channel in enumerate(("f5", "f6", "f7", "f8", "clear", "nir")):
        count = little(sample[1 + 2 * number : 3 + 2 * number])
        values[channel] = count / (options["gain"] * milliseconds) if measured and not saturated else None
    return values


def tsl2591(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """STATUS (bit 0: AVALID) and two counts, which end at 36863 in 100 ms; lux by the equation of public drivers."""
    ch0, ch1 = little(sample[1:3]), little(sample[3:5])
    measured = sample[0] % 2 == 1
    end = 36863 if options["integration_ms"] == 100 else 65535
    gain = {1: 1.0, 25: 25.0, 428: 428.0, 9876: 9876.0}[options["gain"]]
    if not measured:
        return {"ch0": None, "ch1": None, "illuminance": None}
    lux = None
    if ch0 < end and ch1 < end:
        counts_a_lux = options["integration_ms"] * gain / 408
        # Channel 0 sees all light and channel 1 the infrared of it: with as much in it, nothing visible is left.
        lux = 0.0 if ch1 >= ch0 else (ch0 - ch1) * (1 - ch1 / ch0) / counts_a_lux
    return {"ch0": ch0 if ch0 < end else None, "ch1": ch1 if ch1 < end else None, "illuminance": lux}


def veml7700(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """0.0042 lx a count at gain 2 and 800 ms, then the polynomial of Vishay's application note; counts end at 65535."""
    als, white = little(sample[0:2]), little(sample[2:4])
    lux = als * 0.0042 * (2 / options["gain"]) * (800 / options["integration_ms"])
    corrected = 6.0135e-13 * lux**4 - 9.3924e-9 * lux**3 + 8.1488e-5 * lux**2 + 1.0023 * lux
    return {"illuminance": corrected if als < 65535 else None, "white": white if white < 65535 else None}


def max30102(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """18 bits of the range; nothing at all is no light or no sample, the last code everything beyond."""
    values: Values = {}
    for channel, at in (("red", 0), ("ir", 3)):
        code = big(sample[at : at + 3]) % 2**18
        values[channel] = None if code in (0, 2**18 - 1) else code * options["adc_range_na"] / 2**18
    return values


# --- events ---


def pulse_counter(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """Pulses since boot; pulses and microseconds since the last sample. The rate m, each blinding for t: m / (1 - m t)."""
    count, pulses, microseconds = little(sample[0:4]), little(sample[4:8]), little(sample[8:12])
    rate = None
    if microseconds > 0:
        seen = pulses / (microseconds / 1e6)
        dark = seen * options.get("dead_time_us", 0.0) / 1e6
        rate = seen / (1 - dark) if dark < 1 else None
    return {"count": count, "interval": microseconds / 1e6, "rate": rate}


# By driver: the function, the octets of a sample, and those of the coefficients.
PARTS = {
    "adc": (adc, 2, 0),
    "ads1115": (ads1115, 2, 0),
    "ads1256": (ads1256, 3, 0),
    "adxl355": (adxl355, 9, 0),
    "as7341": (as7341, 13, 0),
    "bme280": (bme280, 8, 33),
    "bmp390": (bmp390, 6, 21),
    "ina219": (ina219, 4, 0),
    "ina226": (ina226, 4, 0),
    "lsm6dso": (lsm6dso, 12, 0),
    "max30102": (max30102, 6, 0),
    "max31865": (max31865, 2, 0),
    "mhz19b": (mhz19b, 9, 0),
    "pulse_counter": (pulse_counter, 12, 0),
    "rm3100": (rm3100, 9, 0),
    "scd41": (scd41, 9, 0),
    "slf3s": (slf3s, 9, 0),
    "tmp117": (tmp117, 2, 0),
    "tsl2591": (tsl2591, 5, 0),
    "veml7700": (veml7700, 4, 0),
}


def sample_values(
    driver: str, sample: bytes, options: dict, coefficients: bytes | None = None, calibrations: dict | None = None
) -> Values:
    """The values of a sample; calibrations: those of its stream, by channel, of channels that CODES knows."""
    part, octets, _ = PARTS[driver]
    if len(sample) != octets:
        raise ValueError(f"{len(sample)} octets of a sample of {driver}, not {octets}")
    values = part(sample, options, coefficients)
    for channel, calibration in (calibrations or {}).items():
        values[channel] = calibrated(calibration, CODES[driver](sample))
    return values
