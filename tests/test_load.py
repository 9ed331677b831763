"""Many readers at once, over real connections, while a run grows; `make soak` measures it."""

from __future__ import annotations

import contextlib
import http.client
import pathlib
import threading
from collections.abc import Iterator

import numpy as np
import pytest
import werkzeug.serving
from tensorboard.backend import application
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin

from tb_stability.metadata import PLUGIN_NAME
from tb_stability.plugin import StabilityPlugin
from tb_stability.writer import EventWriter
from tests import synthetic
from tools.soak.readers import Answers, read

READERS = 50
SECONDS = 1.5


class Quiet(werkzeug.serving.WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[int]]]:
    """The address of a server whose run `live` grows; and the windows written so far."""
    logdir: pathlib.Path = tmp_path_factory.mktemp("logs")
    synthetic.write(synthetic.exploding(), logdir / "faulty")
    multiplexer = plugin_event_multiplexer.EventMultiplexer(tensor_size_guidance={PLUGIN_NAME: 0})
    written: list[int] = []
    ended, written_once = threading.Event(), threading.Event()

    def train() -> None:
        writer, run = EventWriter(logdir / "live"), synthetic.healthy(1000)
        while not ended.is_set():
            synthetic.write_windows(writer, run, range(len(written), len(written) + 1))
            writer.flush()
            written.append(1)
            multiplexer.AddRunsFromDirectory(str(logdir))
            multiplexer.Reload()
            written_once.set()
            ended.wait(0.3)
        writer.close()

    provider = data_provider.MultiplexerDataProvider(multiplexer, str(logdir))
    plugin = StabilityPlugin(base_plugin.TBContext(data_provider=provider))
    server = werkzeug.serving.make_server(
        "localhost",
        0,
        application.TensorBoardWSGI([plugin]),
        threaded=True,
        request_handler=Quiet,
    )
    threads = [threading.Thread(target=target) for target in (server.serve_forever, train)]
    for thread in threads:
        thread.start()
    written_once.wait()
    yield f"http://localhost:{server.port}/", written
    ended.set()
    server.shutdown()
    for thread in threads:
        thread.join()
    server.server_close()


def test_fifty_readers_of_a_growing_run_meet_no_error(growing: tuple[str, list[int]]) -> None:
    address, written = growing
    before = len(written)
    answers = read(address, readers=READERS, seconds=SECONDS, pause=0.5)
    assert answers.errors == []
    assert len(answers.seconds) >= READERS
    assert len(written) > before, "the run grew meanwhile"


def test_a_reader_tells_what_it_meets_with() -> None:
    answers = read("http://localhost:1/", readers=1, seconds=0.5, pause=0)
    assert answers.errors[0].startswith("URLError: ")
    assert np.isnan(answers.percentile(0.95))
    assert Answers(seconds=[3.0, 1.0, 2.0]).percentile(0.5) == 2.0


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("runs?x=" + "y" * 1_000_000, {}, 414),
        ("runs", {"X-Long": "y" * 100_000}, 431),
        ("runs", {f"X-{number}": "y" for number in range(1000)}, 431),
        ("series?" + "&".join(f"tag=t{number}" for number in range(5000)), {}, 400),
        ("runs?" + "&".join(f"thresholds={number}" for number in range(1000)), {}, 400),
    ],
    ids=["address", "header", "headers", "tags", "thresholds"],
)
def test_requests_of_any_size_are_refused(
    growing: tuple[str, list[int]], target: str, headers: dict[str, str], status: int
) -> None:
    host = growing[0].split("/")[2]
    connection = http.client.HTTPConnection(host, timeout=30)
    # The server may answer, and close, before it has been told everything.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.request("GET", f"/data/plugin/stability/{target}", headers=headers)
    assert connection.getresponse().status == status
    connection.close()
