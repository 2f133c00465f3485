"""A sensor of the plan: what it is on, the driver at work on that, and how it is set up."""

from freefall_wire import reports

from .drivers import driver_class

# A long pause is made in pieces, so that the watchdog can be fed meanwhile.
_PIECE_MS = 100


class Sensor:
    """`ready`: it is set up and measures."""

    def __init__(self, number, config, device, driver):
        self.number = number
        self.config = config
        self.device = device
        self.driver = driver
        self.ready = False

    def set_up(self, sleep_ms, feed):
        """Set the part up, all but the start; returns None, or why it cannot be used. Raises OSError where nobody answers.

        feed(): called at least every 100 ms of a pause, and after each, for a driver may make many short ones.
        """

        def pause(duration_ms):
            while duration_ms > _PIECE_MS:
                sleep_ms(_PIECE_MS)
                feed()
                duration_ms -= _PIECE_MS
            sleep_ms(duration_ms)
            feed()

        driver = self.driver
        halt = getattr(driver, "halt", None)
        if halt:
            halt(pause)
        if not driver.identify():
            return reports.WRONG_IDENTITY
        return None if driver.configure(pause) else reports.NOT_CONFIGURED


def build_sensor(number, plan, buses, port):
    """The Sensor of one sensor of a plan, on one of `buses` or on the board itself."""
    driver, config = driver_class(plan["driver"]), plan["config"]
    if plan["bus"] is None:
        device = driver.board_device(port, config)
    else:
        device = buses[plan["bus"]].device(plan, driver)
    return Sensor(number, config, device, driver(device, config))
