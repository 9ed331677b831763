"""What a browser is told to trust: nothing more than TensorBoard without this plugin."""

from __future__ import annotations

import io
import pathlib
import re
import zipfile
from collections.abc import Iterator

import pytest
import werkzeug.test
from tensorboard.backend import application
from tensorboard.plugins import base_plugin
from tensorboard.plugins.core import core_plugin

from tb_stability.plugin import StabilityPlugin
from tests import providers, synthetic

ENTRY = "/data/plugin_entry.html?name=stability"
ROUTES = ("runs", "run?run=.", "series?run=.&tag=stability/loss", "thresholds", "run", "index.js")


def front_page() -> io.BytesIO:
    """A stand-in for TensorBoard's own page, whose megabytes take seconds to load."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.html", "<!doctype html><title>TensorBoard</title>")
    content.seek(0)
    return content


@pytest.fixture(scope="module")
def clients(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[werkzeug.test.Client, werkzeug.test.Client]]:
    """TensorBoard with this plugin, and without it."""
    logdir: pathlib.Path = tmp_path_factory.mktemp("logs")
    synthetic.write(synthetic.healthy(), logdir)
    with providers.open_provider("python loader", logdir) as provider:
        context = base_plugin.TBContext(
            data_provider=provider, logdir=str(logdir), assets_zip_provider=front_page
        )
        core, ours = core_plugin.CorePlugin(context), StabilityPlugin(context)
        yield tuple(
            werkzeug.test.Client(application.TensorBoardWSGI(plugins, data_provider=provider))
            for plugins in ([core, ours], [core])
        )  # type: ignore[misc]


def policy(client: werkzeug.test.Client, path: str) -> dict[str, list[str]]:
    (text,) = client.get(path).headers.getlist("Content-Security-Policy")
    rules = (rule.split() for rule in text.split(";"))
    return {name: values for name, *values in rules}


def test_the_frame_of_the_page_runs_no_inline_script_but_tensorboards_own(
    clients: tuple[werkzeug.test.Client, werkzeug.test.Client],
) -> None:
    response = clients[0].get(ENTRY)
    assert response.status_code == 200
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", response.get_data(as_text=True), re.DOTALL)
    assert len(scripts) == 1
    assert "./index.js" in scripts[0]
    rules = policy(clients[0], ENTRY)
    # TensorBoard lets this one script run, by its hash; the page is what 'self' allows.
    hashes = [value for value in rules["script-src"] if value.startswith("'sha256-")]
    assert len(hashes) == 1
    assert "'unsafe-inline'" not in rules["script-src"]
    assert rules["default-src"] == ["'self'"]
    assert rules["object-src"] == ["'none'"]
    assert rules["connect-src"] == ["'self'"]


def test_the_plugin_loosens_nothing_of_tensorboards_policy(
    clients: tuple[werkzeug.test.Client, werkzeug.test.Client],
) -> None:
    ours, without = (policy(client, "/") for client in clients)
    assert ours == without
    frame = policy(clients[0], ENTRY)
    own = [value for value in frame["script-src"] if not value.startswith("'sha256-")]
    allowed = [value for value in without["script-src"] if not value.startswith("'sha256-")]
    assert own == allowed
    assert {name: frame[name] for name in frame if name != "script-src"} == {
        name: without[name] for name in without if name != "script-src"
    }


@pytest.mark.parametrize("route", ROUTES)
def test_no_answer_is_taken_for_another_type(
    clients: tuple[werkzeug.test.Client, werkzeug.test.Client], route: str
) -> None:
    response = clients[0].get(f"/data/plugin/stability/{route}")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.mimetype in ("application/json", "text/javascript")


def test_a_file_that_is_not_there_is_told_as_plain_text(
    clients: tuple[werkzeug.test.Client, werkzeug.test.Client],
) -> None:
    response = clients[0].get("/data/plugin/stability/static/<script>alert(1)<%2fscript>.js")
    assert (response.status_code, response.mimetype) == (404, "text/plain")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.get_data(as_text=True) == "There is no static file 'script>.js'.\n"
