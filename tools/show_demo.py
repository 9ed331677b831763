"""Starts TensorBoard on a logdir and prints the link to its Stability tab once it answers."""

from __future__ import annotations

import argparse
import contextlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request

ATTEMPTS = 20


def free_port(wanted: int) -> int:
    """Returns `wanted` if it is free, else one of the next, else any free port."""
    for port in (*range(wanted, wanted + ATTEMPTS), 0):
        with contextlib.suppress(OSError), socket.create_server(("localhost", port)) as server:
            return int(server.getsockname()[1])
    raise SystemExit("no free port to be found")


def answers(url: str) -> bool:
    """Tells whether the server at `url` answers by now."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def main() -> int:
    """Runs TensorBoard until it ends or Ctrl-C is pressed; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logdir", required=True)
    parser.add_argument("--port", type=int, default=6006, help="the first port to try")
    arguments = parser.parse_args()

    # Ended from outside, TensorBoard is to end as well: the `finally` below must be reached.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    port = free_port(arguments.port)
    root = f"http://localhost:{port}/"
    command = ["-m", "tensorboard.main", "--logdir", arguments.logdir, "--port", str(port)]
    tensorboard = subprocess.Popen([sys.executable, *command])
    try:
        while not answers(f"{root}data/plugins_listing"):
            if tensorboard.poll() is not None:
                print("TensorBoard ended before it answered.", file=sys.stderr)
                return tensorboard.returncode or 1
            time.sleep(0.3)
        print(f"\n  The Stability tab:  {root}#stability\n  Ctrl-C ends it.\n", flush=True)
        return tensorboard.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        tensorboard.terminate()
        tensorboard.wait()


if __name__ == "__main__":
    sys.exit(main())
