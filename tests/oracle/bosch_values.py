"""What two Bosch parts mean by their words, by the algorithms of their data sheets' appendices, one operation after the other.

BME280 (BST-BME280-DS002, 4.2.3): the 32 and 64 bit integer algorithms, so that a floating-point one has a second opinion that
shares no operation with it. BMP390 (BST-BMP390-DS002, 8.4 to 8.6): the floating-point formulas, of which there is no other.
Division and shifts of negative integers are C's: towards zero, and arithmetic.
"""

from oracle.words import big, little, two

Values = dict[str, float | None]


def signed(octets: bytes) -> int:
    """Little-endian, two's complement."""
    return two(little(octets), 8 * len(octets))


# --- BME280 ---


def bme280_parameters(octets: bytes) -> dict[str, int]:
    """dig_T1 .. dig_H6 (table 16) from registers 0x88 to 0xA1, then 0xE1 to 0xE7."""
    low, high = octets[:26], octets[26:]
    parameters = {"T1": little(low[0:2]), "T2": signed(low[2:4]), "T3": signed(low[4:6]), "P1": little(low[6:8])}
    for number in range(2, 10):
        parameters[f"P{number}"] = signed(low[2 * number + 4 : 2 * number + 6])
    parameters["H1"] = low[25]  # 0xA1; 0xA0 has no meaning
    parameters["H2"] = signed(high[0:2])
    parameters["H3"] = high[2]
    parameters["H4"] = two(high[3] * 16 + high[4] % 16, 12)
    parameters["H5"] = two(high[5] * 16 + high[4] // 16, 12)
    parameters["H6"] = signed(high[6:7])
    return parameters


def bme280_fine_temperature(adc: int, dig: dict[str, int]) -> int:
    """t_fine: 5120 a degC."""
    var1 = (((adc >> 3) - (dig["T1"] << 1)) * dig["T2"]) >> 11
    distance = (adc >> 4) - dig["T1"]
    var2 = (((distance * distance) >> 12) * dig["T3"]) >> 14
    return var1 + var2


def bme280_temperature(fine: int) -> float:
    """In degC, in steps of 0.01."""
    return ((fine * 5 + 128) >> 8) / 100


def bme280_pressure(adc: int, fine: int, dig: dict[str, int]) -> float | None:
    """In Pa, in steps of 1/256; None where the algorithm would divide by zero."""
    var1 = fine - 128000
    var2 = var1 * var1 * dig["P6"]
    var2 = var2 + ((var1 * dig["P5"]) << 17)
    var2 = var2 + (dig["P4"] << 35)
    var1 = ((var1 * var1 * dig["P3"]) >> 8) + ((var1 * dig["P2"]) << 12)
    var1 = (((1 << 47) + var1) * dig["P1"]) >> 33
    if var1 == 0:
        return None
    pressure = 1048576 - adc
    dividend = ((pressure << 31) - var2) * 3125
    pressure = abs(dividend) // abs(var1)
    if (dividend < 0) != (var1 < 0):
        pressure = -pressure
    var1 = (dig["P9"] * (pressure >> 13) * (pressure >> 13)) >> 25
    var2 = (dig["P8"] * pressure) >> 19
    pressure = ((pressure + var1 + var2) >> 8) + (dig["P7"] << 4)
    return pressure / 256


def bme280_humidity(adc: int, fine: int, dig: dict[str, int]) -> float:
    """In %RH, in steps of 1/1024, held between 0 and 100."""
    var = fine - 76800
    offset = ((adc << 14) - (dig["H4"] << 20) - (dig["H5"] * var) + 16384) >> 15
    bend = (((var * dig["H6"]) >> 10) * (((var * dig["H3"]) >> 11) + 32768)) >> 10
    slope = ((bend + 2097152) * dig["H2"] + 8192) >> 14
    var = offset * slope
    var = var - (((((var >> 15) * (var >> 15)) >> 7) * dig["H1"]) >> 4)
    var = min(max(var, 0), 419430400)
    return (var >> 12) / 1024


def bme280(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """Pressure and temperature of 20 bits, humidity of 16; both of the former 0x80000: nothing was measured yet."""
    pressure, temperature, humidity = big(sample[0:3]) // 16, big(sample[3:6]) // 16, big(sample[6:8])
    if coefficients is None or (pressure == 0x80000 and temperature == 0x80000):
        return {"temperature": None, "pressure": None, "humidity": None}
    dig = bme280_parameters(coefficients)
    fine = bme280_fine_temperature(temperature, dig)
    return {
        "temperature": bme280_temperature(fine),
        "pressure": bme280_pressure(pressure, fine, dig),
        "humidity": bme280_humidity(humidity, fine, dig),
    }


# --- BMP390 ---


def bmp390_parameters(octets: bytes) -> dict[str, float]:
    """PAR_T1 .. PAR_P11 as floating-point numbers (8.4) from registers 0x31 to 0x45."""
    return {
        "T1": little(octets[0:2]) * 2.0**8,
        "T2": little(octets[2:4]) / 2.0**30,
        "T3": signed(octets[4:5]) / 2.0**48,
        "P1": (signed(octets[5:7]) - 2.0**14) / 2.0**20,
        "P2": (signed(octets[7:9]) - 2.0**14) / 2.0**29,
        "P3": signed(octets[9:10]) / 2.0**32,
        "P4": signed(octets[10:11]) / 2.0**37,
        "P5": little(octets[11:13]) * 2.0**3,
        "P6": little(octets[13:15]) / 2.0**6,
        "P7": signed(octets[15:16]) / 2.0**8,
        "P8": signed(octets[16:17]) / 2.0**15,
        "P9": signed(octets[17:19]) / 2.0**48,
        "P10": signed(octets[19:20]) / 2.0**48,
        "P11": signed(octets[20:21]) / 2.0**65,
    }


def bmp390_temperature(adc: int, par: dict[str, float]) -> float:
    """In degC (8.5)."""
    distance = adc - par["T1"]
    return distance * par["T2"] + distance * distance * par["T3"]


def bmp390_pressure(adc: int, temperature: float, par: dict[str, float]) -> float:
    """In Pa (8.6)."""
    squared, cubed = temperature**2, temperature**3
    offset = par["P5"] + par["P6"] * temperature + par["P7"] * squared + par["P8"] * cubed
    slope = par["P1"] + par["P2"] * temperature + par["P3"] * squared + par["P4"] * cubed
    bend = par["P9"] + par["P10"] * temperature
    return offset + adc * slope + adc**2 * bend + adc**3 * par["P11"]


def bmp390(sample: bytes, options: dict, coefficients: bytes | None) -> Values:
    """24 bits each; both 0x800000: nothing was measured yet."""
    pressure, temperature = little(sample[0:3]), little(sample[3:6])
    if coefficients is None or (pressure == 0x800000 and temperature == 0x800000):
        return {"pressure": None, "temperature": None}
    par = bmp390_parameters(coefficients)
    degc = bmp390_temperature(temperature, par)
    return {"pressure": bmp390_pressure(pressure, degc, par), "temperature": degc}
