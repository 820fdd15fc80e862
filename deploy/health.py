"""Answers 0 when the process of this container is well: `health.py http /readyz` or `health.py heartbeat`.

Runs every few seconds in every container, so it imports next to nothing (`python -S`).
"""

import os
import socket
import sys
import time

OLDEST_HEARTBEAT = 30  # seconds


def http(path: str) -> bool:
    """Tell whether the web process answers well at this path."""
    with socket.create_connection(("127.0.0.1", 8000), timeout=5) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        return b" 200 " in connection.recv(64)


def heartbeat() -> bool:
    """Tell whether the relay or worker has shown a sign of life lately."""
    file = os.environ.get("ANYUAN_HEARTBEAT_FILE", "/tmp/anyuan-heartbeat")  # noqa: S108  # a touch file
    return time.time() - os.stat(file).st_mtime <= OLDEST_HEARTBEAT  # noqa: PTH116  # pathlib takes longer to import


if __name__ == "__main__":
    try:
        well = http(sys.argv[2]) if sys.argv[1] == "http" else heartbeat()
    except OSError as error:
        sys.exit(str(error))
    sys.exit(0 if well else 1)
