"""Free ports of this machine."""

import contextlib
import socket
import time
from collections.abc import Callable


def free_port(wished: int | None = None) -> int:
    """Return a port that is free now, the wished one if it is: for servers that cannot tell what they got for 0."""
    with socket.socket() as probe:
        if wished is not None:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server will
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", wished))
                return wished
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def waits_for_port(port: int, seconds: float, alive: Callable[[], bool]) -> bool:
    """Return whether something listens on the port before the time is over or the server is no longer alive."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and alive():
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)
    return False
