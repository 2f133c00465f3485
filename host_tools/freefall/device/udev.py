"""What lets a user of Linux open the ports of RP2 boards: a line for udev."""

RULE_FILE = "/etc/udev/rules.d/60-freefall.rules"
# uaccess: whoever sits at the computer may use the port; it must come before 73-seat-late.rules. And ModemManager keeps off.
RULE = 'SUBSYSTEM=="tty", ATTRS{idVendor}=="2e8a", TAG+="uaccess", ENV{ID_MM_DEVICE_IGNORE}="1"'
HOW_TO = f"put this line into {RULE_FILE}, then plug the board in again:"
