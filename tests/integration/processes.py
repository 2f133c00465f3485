"""What tests do with processes of their own, which the fixtures start_python and start begin."""

import signal
import time

PATIENCE_S = 30


def wait_for(condition, process=None):
    """Until it is true; a process that ends before is a failure, with what it said."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)


def ended(process):
    """Its exit code, standard output and standard error, once nobody holds these any more: no child of it either."""
    out, err = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in err and "Fatal" not in err
    return process.returncode, out, err


def interrupted(process):
    """As ended, after a Ctrl-C that the process alone gets."""
    process.send_signal(signal.SIGINT)
    return ended(process)
