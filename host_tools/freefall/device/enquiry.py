"""The question who is there (SPEC 7.2), and what MicroPython's prompt says to it in a payload's place."""

from freefall_wire import frame, telecommands

# A delimiter first: right behind one, these octets are what they are to a payload, too. A prompt ignores it.
ENQUIRY = frame.DELIMITER + bytes((telecommands.ENQUIRY, telecommands.ENQUIRY))
# Ctrl-C: stops what runs, and leaves the paste mode.
INTERRUPT = frame.DELIMITER + bytes((telecommands.INTERRUPT,))

PROMPT = b">>> "
PASTE_MODE = b"paste mode; Ctrl-C to cancel"
PASTE_LINE = b"\r\n=== "
