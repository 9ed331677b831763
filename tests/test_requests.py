"""Requests of any sort: an answer in JSON, never a fault of the server."""

from __future__ import annotations

import json
import pathlib
import urllib.parse
from collections.abc import Iterator

import pytest
import werkzeug.test
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tensorboard.backend import application
from tensorboard.plugins import base_plugin

from tb_stability.plugin import MAX_COLUMNS, StabilityPlugin
from tests import providers, synthetic

TEXT = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", ".", "..", "../..", "%00", "<script>", "9" * 10_000, "x" * 100_000, "ü"]),
)
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(["NaN", "1e9", "-0", "+1", " 1", "0x10", "٣", "1_000", "True", ""]),
    TEXT,
)
JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
THRESHOLDS = st.one_of(
    TEXT,
    JSON_VALUES.map(json.dumps),
    st.dictionaries(
        st.sampled_from(["spreads", "loss_patience", "gradient_factor", "nonsense"]), JSON_VALUES
    ).map(json.dumps),
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[werkzeug.test.Client]:
    logdir: pathlib.Path = tmp_path_factory.mktemp("logs")
    synthetic.write(synthetic.exploding(), logdir / "run")
    with providers.open_provider("python loader", logdir) as provider:
        plugin = StabilityPlugin(base_plugin.TBContext(data_provider=provider))
        yield werkzeug.test.Client(application.TensorBoardWSGI([plugin]))


@given(
    route=st.sampled_from(["runs", "run", "series", "thresholds"]),
    arguments=st.fixed_dictionaries(
        {},
        optional={
            "run": st.one_of(st.just("run"), TEXT),
            "tag": st.one_of(st.just("stability/loss"), TEXT),
            "columns": NUMBERS,
            "first_step": NUMBERS,
            "last_step": NUMBERS,
            "thresholds": THRESHOLDS,
        },
    ),
)
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_arguments_get_an_answer(
    client: werkzeug.test.Client, route: str, arguments: dict[str, str]
) -> None:
    query = urllib.parse.urlencode(arguments, errors="surrogatepass")
    response = client.get(f"/data/plugin/stability/{route}?{query}")
    assert response.status_code in (200, 400, 404)
    answer = json.loads(response.get_data(as_text=True))
    if response.status_code != 200:
        (sentence,) = answer.values()
        assert sentence.endswith(".")
        assert len(sentence) < 1000
    if "columns" in answer:
        assert answer["columns"] <= min(MAX_COLUMNS, answer["windows"])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_change_nothing(client: werkzeug.test.Client, method: str) -> None:
    before = client.get("/data/plugin/stability/runs").get_data()
    client.open("/data/plugin/stability/runs", method=method, data=b"x" * 100_000)
    assert client.get("/data/plugin/stability/runs").get_data() == before
