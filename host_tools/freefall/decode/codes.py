"""What the numbers in service reports mean, in words; SPEC 5 lists them."""

from freefall_wire import reports

RESET_CAUSES = {
    reports.UNKNOWN: "unknown",
    reports.POWER_ON: "power-on or reset pin",
    reports.WATCHDOG: "watchdog",
    reports.SOFTWARE: "software",
}
ABSENT_REASONS = {
    reports.NO_ANSWER: "no answer",
    reports.WRONG_IDENTITY: "wrong identity",
    reports.NOT_CONFIGURED: "would not take its configuration",
}
SLOTS = {reports.SLOT_A: "a", reports.SLOT_B: "b"}
VERIFICATIONS = {
    reports.ACCEPTED: "accepted",
    reports.REFUSED: "refused",
    reports.COMPLETED: "completed",
    reports.FAILED: "failed",
}
VERIFICATION_CODES = {
    0: "no reason",
    reports.NO_SUCH_SERVICE: "no such service or subtype",
    reports.WRONG_FORM: "wrong length, or an octet that must be zero is not",
    reports.NO_SUCH_SETTING: "no such setting",
    reports.BELOW_LEAST: "below the least",
    reports.ABOVE_MOST: "above the most",
    reports.NOT_KEPT: "the values could not be kept, they are as before",
    reports.NO_SUCH_FUNCTION: "no such function",
}


def reset_cause_text(code: int) -> str:
    """A reset cause in words, unlisted ones too."""
    return RESET_CAUSES.get(code, f"unlisted cause {code}")


def reason_text(code: int) -> str:
    """Why a sensor is absent, in words, unlisted reasons too."""
    return ABSENT_REASONS.get(code, f"unlisted reason {code}")


def verification_reason(code: int) -> str:
    """Why a telecommand is refused, or has failed, in words, unlisted reasons too."""
    return VERIFICATION_CODES.get(code, f"unlisted reason {code}")
