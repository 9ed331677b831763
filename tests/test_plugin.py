"""The routes, through werkzeug's client and TensorBoard's real data providers."""

from __future__ import annotations

import base64
import json
import pathlib
import urllib.parse
from collections.abc import Iterator

import numpy as np
import pytest
import werkzeug.test
from tensorboard.backend import application
from tensorboard.plugins import base_plugin

from tb_stability import plugin as plugin_module
from tb_stability.plugin import StabilityPlugin
from tests import providers, synthetic

HOSTILE = "<script>alert(1)</script> ü/.."


@pytest.fixture(scope="module", params=providers.KINDS)
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[werkzeug.test.Client]:
    logdir = tmp_path_factory.mktemp("logs")
    synthetic.write(synthetic.exploding(), logdir / "lr=1e-2")
    synthetic.write(synthetic.healthy(), logdir / "lr=1e-3")
    synthetic.write(synthetic.healthy(300), logdir / "<b>ü" / "run")
    with providers.open_provider(request.param, logdir) as provider:
        context = base_plugin.TBContext(data_provider=provider)
        app = application.TensorBoardWSGI([StabilityPlugin(context)])
        yield werkzeug.test.Client(app)


def get(client: werkzeug.test.Client, route: str, **arguments: object) -> tuple[int, dict]:
    query = urllib.parse.urlencode(arguments)
    response = client.get(f"/data/plugin/stability/{route}?{query}")
    assert response.mimetype == "application/json"
    return response.status_code, json.loads(response.get_data(as_text=True))


def test_runs_come_with_their_verdict(client: werkzeug.test.Client) -> None:
    status, answer = get(client, "runs")
    assert status == 200
    assert [run["run"] for run in answer["runs"]] == ["<b>ü/run", "lr=1e-2", "lr=1e-3"]
    faulty, fixed = answer["runs"][1:]
    assert {key: faulty[key] for key in ("status", "epochs", "steps", "severity", "onsets")} == {
        "status": "finished",
        "epochs": 9,
        "steps": 180,
        "severity": "critical",
        "onsets": 3,
    }
    assert faulty["first_onset"] == {
        "kind": "exploding_gradient",
        "title": "Exploding gradient",
        "epoch": 6,
        "step": 121,
        "row": "lstm",
    }
    assert (fixed["severity"], fixed["first_onset"], fixed["onsets"]) == (None, None, 0)
    assert fixed["learning_rate"] == 0.01
    assert fixed["learning_rates"] == [0.01]


def test_a_run_has_its_series_and_its_onsets(client: werkzeug.test.Client) -> None:
    status, answer = get(client, "run", run="lr=1e-2")
    assert status == 200
    assert [series["tag"] for series in answer["series"]] == [
        "stability/loss",
        "stability/learning_rate",
        "stability/gradient_norm",
    ]
    norm = answer["series"][-1]
    assert (norm["rows"], norm["scale"], norm["view"], norm["windows"]) == (
        ["embedding", "lstm", "dense"],
        "log",
        "heatmap",
        18,
    )
    explosion, gradient, _ = answer["onsets"]
    assert (explosion["kind"], explosion["row"], explosion["cause"]) == (
        "exploding_gradient",
        "lstm",
        None,
    )
    assert gradient["evidence"]["value"] == "NaN"
    assert answer["record"]["optimizer"] == {"class_name": "Adam"}


def decode(answer: dict, name: str) -> np.ndarray:
    data = np.frombuffer(base64.b64decode(answer["statistics"][name]), dtype="<f4")
    shape = (len(answer["rows"]), answer["columns"])
    return np.broadcast_to(data, shape) if data.size == 1 else data.reshape(shape)


def test_values_are_exact_and_nan_is_nan(client: werkzeug.test.Client) -> None:
    status, answer = get(client, "series", run="lr=1e-2", tag="stability/gradient_norm")
    assert status == 200
    written = synthetic.exploding().get("stability/gradient_norm")
    assert written is not None
    for name in written.statistics:
        np.testing.assert_array_equal(decode(answer, name), written.statistic(name).T)
    assert np.isnan(decode(answer, "mean")[:, 14:]).all()
    assert answer["x"]["epoch_end"][-1] == 9.0
    assert answer["x"]["last_step"] == written.step.tolist()


def test_300_windows_are_300_columns_unless_fewer_are_asked_for(
    client: werkzeug.test.Client,
) -> None:
    arguments = {"run": "<b>ü/run", "tag": "stability/loss"}
    _, whole = get(client, "series", **arguments)
    _, merged = get(client, "series", **arguments, columns=7)
    _, part = get(client, "series", **arguments, first_step=11, last_step=30)
    assert (whole["windows"], whole["columns"]) == (300, 300)
    assert (merged["windows"], merged["columns"]) == (300, 7)
    assert decode(merged, "max").max() == decode(whole, "max").max()
    assert decode(merged, "count").sum() == 3000
    assert part["x"]["first_step"] == [11, 21]


def test_thresholds_of_a_request_are_obeyed_and_not_kept(client: werkzeug.test.Client) -> None:
    wide = json.dumps({"gradient_factor": 1e9})
    _, answer = get(client, "run", run="lr=1e-2", thresholds=wide)
    assert [onset["kind"] for onset in answer["onsets"]] == ["nonfinite_loss", "nonfinite_gradient"]
    _, answer = get(client, "runs", thresholds=wide)
    assert [run["onsets"] for run in answer["runs"]] == [0, 2, 0]
    _, answer = get(client, "runs")
    assert [run["onsets"] for run in answer["runs"]] == [0, 3, 0]


def test_who_waits_long_enough_is_told_the_same(client: werkzeug.test.Client) -> None:
    for route, arguments in (("runs", {}), ("run", {"run": "lr=1e-2"})):
        _, answer = get(client, route, **arguments, wait=60_000)
        assert (200, answer) == get(client, route, **arguments)


def test_thresholds_are_described(client: werkzeug.test.Client) -> None:
    status, answer = get(client, "thresholds")
    described = {item["name"]: item for item in answer["thresholds"]}
    assert status == 200
    assert described["gradient_factor"]["default"] == 3.0
    assert all(item["description"].endswith(".") for item in answer["thresholds"])


@pytest.mark.parametrize(
    ("route", "arguments", "status", "message"),
    [
        *(
            (
                "run",
                {"run": "lr=1e-2", "thresholds": text},
                400,
                f"The argument 'thresholds' is {text[:40]!r}; expected a JSON object",
            )
            for text in ("{", "3", "[]", "[" * 100_000)
        ),
        ("runs", {"thresholds": '{"x": 1}'}, 400, "There is no threshold 'x'. The thresholds are:"),
        ("runs", {"thresholds": '{"spreads": "6"}'}, 400, "The threshold spreads is '6'; expected"),
        ("run", {}, 400, "The argument 'run' is missing: give the name of a run."),
        (
            "run",
            {"run": HOSTILE},
            404,
            f"There is no run {HOSTILE!r} with data of this plugin or",
        ),
        ("series", {"run": "lr=1e-2"}, 400, "The argument 'tag' is missing"),
        (
            "series",
            {"run": "lr=1e-2", "tag": HOSTILE},
            404,
            f"The run 'lr=1e-2' has no series {HOSTILE!r}. It has: stability/loss, stability/lear",
        ),
        *(
            (
                "series",
                {"run": "lr=1e-2", "tag": "stability/loss", "columns": columns},
                400,
                f"The argument 'columns' is '{columns[:40]}'; expected an integer from 1 to 20000.",
            )
            for columns in ("0", "-1", "1e3", "20001", "9" * 5000, "١", "1_0")
        ),
        *(
            (route, {"run": "lr=1e-2", "wait": wait}, 400, "The argument 'wait' is '")
            for route in ("runs", "run")
            for wait in ("-1", "60001", "0.5", "")
        ),
        (
            "series",
            {"run": "lr=1e-2", "tag": "stability/loss", "first_step": "x"},
            400,
            "The argument 'first_step' is 'x'; expected an integer from 0 to",
        ),
    ],
)
def test_bad_requests_get_a_sentence(
    client: werkzeug.test.Client, route: str, arguments: dict, status: int, message: str
) -> None:
    found, answer = get(client, route, **arguments)
    assert found == status
    assert answer["error"].startswith(message)


def test_static_files_are_those_of_the_folder_only(
    client: werkzeug.test.Client, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    static = tmp_path / "static"
    static.mkdir()
    (static / "index.js").write_text("export const render = () => {};")
    monkeypatch.setattr(plugin_module, "STATIC", static)
    response = client.get("/data/plugin/stability/index.js")
    assert (response.status_code, response.mimetype) == (200, "text/javascript")
    for attack in (
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "..\\secret.txt",
        "....//secret.txt",
        f"/{tmp_path}/secret.txt",
        f"%2f{tmp_path}%2fsecret.txt",
        "secret.txt",
        "index.js%00.txt",
        "%252e%252e%252fsecret.txt",
        "index.js/../../secret.txt",
        "．．／secret.txt",
        "file:///etc/passwd",
        "x" * 10_000,
        ".",
        "..",
        "",
    ):
        response = client.get(f"/data/plugin/stability/static/{attack}")
        assert response.status_code == 404, attack
        assert response.get_data() != b"secret"
