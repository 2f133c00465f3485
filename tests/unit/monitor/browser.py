"""A real browser without a screen: Chromium, by its DevTools protocol."""

import json
import shutil
import subprocess
import time
import urllib.request
from itertools import count
from pathlib import Path

from websockets.sync.client import connect

NAMES = "chromium", "chromium-browser", "google-chrome", "chrome"
PATIENCE_S = 30
_OPTIONS = (
    "headless=new",
    "no-sandbox",
    "disable-gpu",
    "no-first-run",
    "disable-background-networking",
    "remote-debugging-port=0",
    "window-size=1400,1000",
)


def find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One window, one page at a time. Of the page: requests: every address it asked for; complaints: errors of its console."""

    def __init__(self, program: str, profile: Path):
        self.requests, self.complaints = [], []
        self._numbers = count(1)
        options = [f"--{option}" for option in _OPTIONS] + [f"--user-data-dir={profile}"]
        self._process = subprocess.Popen(
            [program, *options, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        port_file = profile / "DevToolsActivePort"
        self.wait(lambda: port_file.exists() and port_file.read_text().count("\n") >= 1)
        port = port_file.read_text().split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            (page,) = [target for target in json.load(answer) if target["type"] == "page"]
        self._socket = connect(page["webSocketDebuggerUrl"], max_size=None, close_timeout=1)
        for domain in "Page", "Network", "Runtime", "Log":
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters) -> dict:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE_S))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self._hear(message)

    def open(self, url: str, width: int = 1400, scheme: str = "light") -> None:
        self.call("Page.navigate", url="about:blank")
        self.until("location.href === 'about:blank'")
        self.requests.clear()
        self.complaints.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=1000, deviceScaleFactor=1, mobile=False)
        self.prefer(scheme)
        self.call("Page.navigate", url=url)
        self.until(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def ask(self, expression: str):
        """The value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def prefer(self, scheme: str) -> None:
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def press(self, key: str) -> None:
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key if len(key) == 1 else "")
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def until(self, expression: str):
        """Its value once it is true."""
        return self.wait(lambda: self.ask(expression))

    def wait(self, condition):
        end = time.monotonic() + PATIENCE_S
        while not (value := condition()):
            assert time.monotonic() < end, "it did not come true"
            time.sleep(0.05)
        return value

    def close(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_S)
        self._socket.close()

    def _hear(self, message: dict) -> None:
        told = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(told["request"]["url"])
            case "Network.webSocketCreated":
                self.requests.append(told["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(told["exceptionDetails"]))
            case "Log.entryAdded":
                if told["entry"]["level"] == "error":
                    self.complaints.append(told["entry"]["text"])
