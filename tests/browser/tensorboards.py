"""A real TensorBoard process on a free port."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

ANSWERS_WITHIN = 60.0  # seconds; TensorBoard imports TensorFlow where it is installed

# As where TensorFlow is not installed: TensorBoard has a module of this name then, and its own stub
# of what it needs of it. It starts in a quarter of the time.
WITHOUT_TENSORFLOW = (
    "import sys, types; sys.modules['tensorboard.compat.notf'] = types.ModuleType('notf'); "
    "from tensorboard.main import run_main; run_main()"
)


@contextlib.contextmanager
def tensorboard(
    logdir: pathlib.Path,
    *flags: str,
    path_prefix: str = "",
    listed: bool = True,
    python: str | pathlib.Path = sys.executable,
    cwd: pathlib.Path | None = None,
    tensorflow: bool = False,
) -> Iterator[str]:
    """Runs TensorBoard on a logdir; yields the address of its front page, with a slash at the end.

    It reloads its data every second. It is waited for until it lists a run, or only until it
    answers, where none is to be `listed`. It is the TensorBoard of `python`, started in `cwd`.
    Without `tensorflow` it is a teammate's, who has none.
    """
    with socket.create_server(("localhost", 0)) as server:
        port = server.getsockname()[1]
    start = ["-m", "tensorboard.main"] if tensorflow else ["-c", WITHOUT_TENSORFLOW]
    command = [str(python), *start, "--logdir", str(logdir)]
    command += ["--port", str(port), "--reload_interval", "1", "--path_prefix", path_prefix, *flags]
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    address = f"http://localhost:{port}{path_prefix}/"
    try:
        _wait_for(_runs(address), b'"run":' if listed else b"", process)
        yield address
    finally:
        process.terminate()
        process.communicate()


def wait_until_listed(address: str, run: str) -> None:
    """Waits until a TensorBoard that is running has read a run that was written meanwhile."""
    _wait_for(_runs(address), f'"run": "{run}"'.encode())


def _runs(address: str) -> str:
    return f"{address}data/plugin/stability/runs"


def _wait_for(url: str, answer: bytes, process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            _, errors = process.communicate()
            raise RuntimeError(f"TensorBoard ended: {errors.decode()[-2000:]}")
        # OSError: it refuses, resets or, on a busy machine, is slow to answer; what a read that is
        # too slow raises is no URLError.
        with contextlib.suppress(OSError):
            # Listed, not only served: TensorBoard answers before it has read the logdir.
            if answer in urllib.request.urlopen(url, timeout=ANSWERS_WITHIN).read():
                return
        time.sleep(0.2)
    raise TimeoutError(f"{url} has not answered {answer!r} within {ANSWERS_WITHIN:.0f} s")
