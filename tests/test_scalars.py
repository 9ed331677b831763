"""Runs that standard loggers wrote, with their real writers, through both real data providers."""

from __future__ import annotations

import json
import math
import pathlib
import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest
import werkzeug.test
from tensorboard.backend import application
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins import base_plugin
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tb_stability.onsets import find_onsets
from tb_stability.plugin import StabilityPlugin
from tb_stability.reader import RunReader
from tb_stability.series import RunSeries
from tests import providers, synthetic

# Case 13 of the design: both losses jump at epoch 10 and never recover.
LOSS = [0.465, 0.414, 0.422, 0.405, 0.404, 0.357, 0.416, 0.365, 0.378, 0.367, 0.72, 0.806, 1.05]
VAL_LOSS = [0.355, 0.326, 0.33, 0.32, 0.333, 0.33, 0.317, 0.315, 0.328, 0.328, 0.759, 0.806, 1.036]


def write_v1(
    log_dir: pathlib.Path, scalars: Mapping[str, Sequence[tuple[int, float]]], start: float = 1e9
) -> None:
    """Writes scalars as PyTorch's and tensorboardX' SummaryWriter do: one `simple_value` each."""
    writer = EventFileWriter(str(log_dir))
    for tag, points in scalars.items():
        for step, value in points:
            summary = summary_pb2.Summary(
                value=[summary_pb2.Summary.Value(tag=tag, simple_value=value)]
            )
            writer.add_event(event_pb2.Event(wall_time=start + step, step=step, summary=summary))
    writer.close()


def read_all(kind: str, logdir: pathlib.Path, **arguments: int) -> dict[str, RunSeries]:
    with providers.open_provider(kind, logdir, **arguments) as provider:
        return {run.run: run for _, run in RunReader(provider).read_all(experiment_id="")}


def values(run: RunSeries, tag: str) -> list[float]:
    series = run.get(f"stability/{tag}")
    assert series is not None, [item.tag for item in run.series]
    return series.values[:, 0, 0].tolist()


@pytest.fixture(scope="module")
def keras_logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[pathlib.Path, dict]:
    keras = pytest.importorskip("keras")
    logdir = tmp_path_factory.mktemp("keras")
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    log = keras.callbacks.TensorBoard(logdir / "run1", update_freq=1)
    history = model.fit(
        x, x.sum(1), epochs=4, batch_size=16, validation_split=0.25, verbose=0, callbacks=[log]
    )
    return logdir, history.history


@pytest.mark.slow
@pytest.mark.parametrize("kind", providers.KINDS)
def test_keras_own_callback(kind: str, keras_logs: tuple[pathlib.Path, dict]) -> None:
    logdir, history = keras_logs
    (run,) = read_all(kind, logdir).values()
    assert (run.run, run.epochs, run.steps, run.status) == ("run1", 4, 4, "unknown")
    for name in ("loss", "val_loss", "accuracy", "val_accuracy"):
        np.testing.assert_allclose(values(run, f"epoch_logs/{name}"), history[name], rtol=1e-6)
    np.testing.assert_allclose(values(run, "learning_rate"), [0.01] * 4, rtol=1e-6)
    (note,) = run.notes
    assert note.startswith(
        "Logged without tb_stability: read from the scalars epoch_accuracy, epoch_learning_rate, "
        "epoch_loss. What StabilityCallback adds: the gradient norm of every layer"
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", providers.KINDS)
def test_a_loop_of_ones_own_with_tf_summary(kind: str, tmp_path: pathlib.Path) -> None:
    tf = pytest.importorskip("tensorflow")
    for stage, losses in (("train", LOSS), ("test", VAL_LOSS)):
        with tf.summary.create_file_writer(str(tmp_path / "tape" / stage)).as_default():
            for epoch, loss in enumerate(losses):
                tf.summary.scalar("loss", loss, step=epoch)
    (run,) = read_all(kind, tmp_path).values()
    (onset,) = find_onsets(run)
    assert (run.run, onset.kind, onset.epoch) == ("tape", "loss_divergence", 10)
    assert "The steps that were logged are taken for epochs." in run.notes


@pytest.mark.parametrize("kind", providers.KINDS)
def test_pytorchs_writer(kind: str, tmp_path: pathlib.Path) -> None:
    write_v1(
        tmp_path / "Nov21_12-00-00_host",
        {
            "Loss/train": list(enumerate(LOSS, start=1)),
            "Loss/test": list(enumerate(VAL_LOSS, start=1)),
            "Accuracy/train": [(epoch, 0.5) for epoch in range(1, 14)],
        },
    )
    (run,) = read_all(kind, tmp_path).values()
    (onset,) = find_onsets(run)
    assert (run.run, run.epochs) == ("Nov21_12-00-00_host", 13)
    # This log counts its epochs from 1.
    assert (onset.kind, onset.epoch) == ("loss_divergence", 11)


@pytest.mark.parametrize("kind", providers.KINDS)
def test_pytorchs_add_scalars(kind: str, tmp_path: pathlib.Path) -> None:
    for name, losses in (("Loss_train", LOSS), ("Loss_val", VAL_LOSS)):
        write_v1(tmp_path / "run" / name, {"Loss": list(enumerate(losses))})
    (run,) = read_all(kind, tmp_path).values()
    np.testing.assert_allclose(values(run, "epoch_logs/val_loss"), VAL_LOSS, rtol=1e-6)


@pytest.mark.parametrize("kind", providers.KINDS)
def test_hugging_faces_trainer(kind: str, tmp_path: pathlib.Path) -> None:
    """500 steps an epoch; the gradients explode at step 1500, and the loss is NaN from 1550 on."""
    steps = range(10, 2001, 10)
    rng = np.random.default_rng(0)
    loss = [1 + math.exp(-step / 300) + rng.normal(0, 0.02) for step in steps]
    norm = [2.0 * math.exp(rng.normal(0, 0.1)) for _ in steps]
    for index, step in enumerate(steps):
        if step >= 1500:
            norm[index] *= 1000.0
        if step >= 1550:
            loss[index] = math.nan
    logs = {
        "train/loss": list(zip(steps, loss, strict=True)),
        "train/grad_norm": list(zip(steps, norm, strict=True)),
        "train/learning_rate": [(step, 5e-5) for step in steps],
        "train/epoch": [(step, step / 500) for step in steps],
        "eval/loss": [(step, 1.2) for step in range(500, 2001, 500)],
        "train/train_loss": [(2000, 1.1)],
        "train/train_runtime": [(2000, 60.0)],
    }
    write_v1(tmp_path / "out" / "runs", logs)

    (run,) = read_all(kind, tmp_path).values()

    assert (run.run, run.epochs, run.steps) == ("out/runs", 4, 2000)
    assert [series.tag for series in run.series] == [
        "stability/loss",
        "stability/epoch_logs/val_loss",
        "stability/learning_rate",
        "stability/gradient_norm",
    ]
    explosion, nonfinite = find_onsets(run)
    assert (explosion.kind, explosion.epoch, explosion.row) == ("exploding_gradient", 2, "model")
    assert 1490 < explosion.step <= 1500
    assert (nonfinite.kind, nonfinite.epoch, nonfinite.cause) == ("nonfinite_loss", 3, 0)
    assert 1540 < nonfinite.step <= 1550


def test_our_run_is_not_judged_twice(tmp_path: pathlib.Path) -> None:
    synthetic.write(synthetic.healthy(), tmp_path / "run1")
    for stage in ("train", "validation"):
        write_v1(tmp_path / "run1" / stage, {"epoch_loss": list(enumerate(LOSS))})
    write_v1(tmp_path / "other" / "train", {"epoch_loss": list(enumerate(LOSS))})
    runs = read_all("python loader", tmp_path)
    assert list(runs) == ["other", "run1"]
    assert runs["run1"].record is not None
    assert runs["run1"].notes == ()


@pytest.mark.parametrize("kind", providers.KINDS)
def test_a_sample_of_the_scalars_is_said_to_be_one(kind: str, tmp_path: pathlib.Path) -> None:
    write_v1(tmp_path, {"loss": [(step, 1 / (step + 1)) for step in range(3000)]})
    (sample,) = read_all(kind, tmp_path).values()
    assert sample.run == "."
    assert sample.notes[-1] == (
        "1000 values of loss are known, at uneven steps: TensorBoard keeps a sample of 1000 "
        "(--samples_per_plugin=scalars=0 keeps all)."
    )
    (whole,) = read_all(kind, tmp_path, scalars=0).values()
    assert whole.steps == 3000
    assert not any("sample" in note for note in whole.notes)


@pytest.mark.parametrize("kind", providers.KINDS)
def test_a_training_started_again_in_one_directory(kind: str, tmp_path: pathlib.Path) -> None:
    write_v1(tmp_path, {"epoch_loss": [(epoch, 1.0) for epoch in range(8)]})
    time.sleep(1.1)  # the name of an event file holds the second
    write_v1(tmp_path, {"epoch_loss": [(epoch, 2.0) for epoch in range(4)]}, start=2e9)
    (run,) = read_all(kind, tmp_path).values()
    assert values(run, "epoch_logs/loss") == [2.0] * 4


def test_the_run_changes_with_any_of_its_scalars(tmp_path: pathlib.Path) -> None:
    write_v1(tmp_path / "train", {"epoch_loss": list(enumerate(LOSS))})
    with providers.open_provider("python loader", tmp_path) as provider:
        reader = RunReader(provider)
        before, _ = reader.read(".", experiment_id="")
        assert reader.read(".", experiment_id="")[0] == before
    write_v1(tmp_path / "validation", {"epoch_loss": list(enumerate(VAL_LOSS))})
    with providers.open_provider("python loader", tmp_path) as provider:
        after, run = RunReader(provider).read(".", experiment_id="")
    assert after != before
    assert run.get("stability/epoch_logs/val_loss") is not None


@pytest.fixture(params=providers.KINDS)
def client(
    request: pytest.FixtureRequest, tmp_path: pathlib.Path
) -> Iterator[tuple[werkzeug.test.Client, StabilityPlugin, pathlib.Path]]:
    write_v1(
        tmp_path / "a" / "train",
        {"epoch_loss": list(enumerate(LOSS)), "epoch_learning_rate": [(0, 0.25), (1, 0.125)]},
    )
    write_v1(tmp_path / "a" / "validation", {"epoch_loss": list(enumerate(VAL_LOSS))})
    write_v1(tmp_path / "gan", {"d_loss": [(0, 1.0)], "g_loss": [(0, 1.0)]})
    with providers.open_provider(request.param, tmp_path) as provider:
        plugin = StabilityPlugin(base_plugin.TBContext(data_provider=provider))
        yield werkzeug.test.Client(application.TensorBoardWSGI([plugin])), plugin, tmp_path


def test_the_tab_shows_them(
    client: tuple[werkzeug.test.Client, StabilityPlugin, pathlib.Path],
) -> None:
    browser, plugin, _ = client
    assert plugin.is_active()
    answer = json.loads(browser.get("/data/plugin/stability/runs").get_data())
    (run,) = answer["runs"]
    assert (run["run"], run["epochs"], run["learning_rate"]) == ("a", 13, 0.25)
    assert run["first_onset"]["kind"] == "loss_divergence"
    assert run["first_onset"]["epoch"] == 10
    detail = json.loads(browser.get("/data/plugin/stability/run?run=a").get_data())
    assert detail["record"] is None
    assert len(detail["onsets"]) == 1
    tag = "stability%2Fepoch_logs%2Fval_loss"
    series = json.loads(browser.get(f"/data/plugin/stability/series?run=a&tag={tag}").get_data())
    assert series["x"]["epoch_start"] == list(range(13))
    assert browser.get("/data/plugin/stability/run?run=gan").status_code == 404
    assert browser.get("/data/plugin/stability/run?run=a%2Ftrain").status_code == 404


def test_without_a_loss_the_tab_stays_away(tmp_path: pathlib.Path) -> None:
    write_v1(tmp_path, {"accuracy": [(0, 1.0)], "train/reward": [(0, 1.0)]})
    with providers.open_provider("python loader", tmp_path) as provider:
        plugin = StabilityPlugin(base_plugin.TBContext(data_provider=provider))
        assert not plugin.is_active()
