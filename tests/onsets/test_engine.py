"""The engine on whole runs: what is told, where, and what explains what."""

from __future__ import annotations

import numpy as np
import pytest

from tb_stability.csv_log import parse_csv_log
from tb_stability.onsets import Onset, Thresholds, find_onsets
from tests import signals, synthetic

# Case 13 of the design: fast.ai's LSTM, training loss and validation loss as reported.
CASE_13 = """epoch,loss,val_loss,accuracy
0,0.465021,0.354633,0.915533
1,0.413693,0.325593,0.923896
2,0.421768,0.329558,0.922895
3,0.405373,0.31995,0.924976
4,0.40406,0.332836,0.919894
5,0.357218,0.329943,0.924056
6,0.415895,0.317114,0.924176
7,0.364562,0.315282,0.925656
8,0.377893,0.327583,0.923616
9,0.366968,0.327651,0.925096
10,0.71977,0.759003,0.737836
11,0.805769,0.806098,0.701224
12,1.049581,1.036387,0.412572
"""


def kinds(onsets: list[Onset]) -> list[tuple[str, int]]:
    return [(onset.kind, onset.epoch) for onset in onsets]


def test_case_13_from_its_epoch_logs_alone() -> None:
    (onset,) = find_onsets(parse_csv_log("sentiment", CASE_13.splitlines()))
    assert (onset.kind, onset.severity, onset.epoch) == ("loss_divergence", "critical", 10)
    assert onset.message == (
        "The loss left its level of 0.405 at epoch 10 and has not come back: it reached 1.05."
    )


def test_an_explosion_is_told_from_its_first_window() -> None:
    onsets = find_onsets(synthetic.exploding())
    assert kinds(onsets) == [
        ("exploding_gradient", 6),
        ("nonfinite_loss", 7),
        ("nonfinite_gradient", 7),
    ]
    explosion, loss, gradient = onsets
    assert (explosion.step, explosion.row) == (121, "lstm")
    assert explosion.evidence.baseline == pytest.approx(2.4, rel=0.1)
    assert explosion.evidence.value == pytest.approx(1.2 * 3000 * 2.0, rel=0.1)
    assert [onset.cause for onset in onsets] == [None, 0, 0]
    assert (gradient.step, loss.step) == (141, 141)


def test_a_healthy_run_is_marked_with_nothing() -> None:
    assert find_onsets(synthetic.healthy()) == []


@pytest.mark.parametrize("name", signals.HEALTHY)
def test_healthy_losses_give_no_warning(name: str) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        onsets = find_onsets(synthetic.run(signals.HEALTHY[name](rng)))
        assert [onset for onset in onsets if onset.severity != "info"] == [], f"seed {seed}"


def test_gradients_that_grow_while_the_loss_is_well_are_not_told() -> None:
    healthy = synthetic.healthy()
    norms = np.tile([0.5, 2.0, 1.0], (18, 1)) * np.linspace(1, 1000, 18)[:, None]
    loss = healthy.series[0].statistic("mean")[:, 0]
    assert find_onsets(synthetic.run(loss, gradients=norms)) == []


def test_steps_skipped_by_loss_scaling_are_no_warning() -> None:
    norms = np.tile([0.5, 2.0, 1.0], (18, 1))
    run = synthetic.run(np.linspace(1.0, 0.4, 18), gradients=norms)
    gradients = run.series[1]
    names = gradients.statistics
    gradients.values[8, :, names.index("nonfinite")] = 1
    gradients.values[8, :, names.index("first_nonfinite")] = 4
    (onset,) = find_onsets(run)
    assert (onset.kind, onset.severity, onset.step) == ("nonfinite_gradient", "info", 85)
    assert onset.end_step == 91
    assert onset.message.endswith("Later gradients were finite again.")


def test_the_layer_where_it_began_is_the_one_nearest_to_the_loss() -> None:
    norms = np.tile([0.5, 2.0, 1.0], (10, 1))
    norms[6:, :2] = np.nan
    norms[7:, 2] = np.nan
    onset = find_onsets(synthetic.run(np.linspace(1.0, 0.5, 10), gradients=norms))[0]
    assert (onset.kind, onset.row, onset.step) == ("nonfinite_gradient", "lstm", 61)
    assert "lstm and of 1 layer before it" in onset.message


def test_a_loss_that_breaks_before_the_gradients_explains_them() -> None:
    loss = np.linspace(1.0, 0.5, 10)
    loss[6:] = np.inf
    norms = np.tile([0.5, 2.0, 1.0], (10, 1))
    norms[7:] = np.nan
    onsets = find_onsets(synthetic.run(loss, gradients=norms))
    assert kinds(onsets) == [("nonfinite_loss", 3), ("nonfinite_gradient", 3)]
    assert onsets[0].message.startswith("The loss became infinite at step 61 (epoch 3)")
    assert onsets[1].cause == 0


def test_a_validation_loss_that_breaks_alone_is_a_warning() -> None:
    loss = np.linspace(0.9, 0.5, 9)
    logs = {"loss": loss, "val_loss": np.array([0.5] * 6 + [np.inf, 0.5, 0.5])}
    (onset,) = find_onsets(synthetic.run(np.repeat(loss, 2), logs=logs))
    assert (onset.kind, onset.severity, onset.row) == ("nonfinite_loss", "warning", "val_loss")
    assert (onset.epoch, onset.step) == (6, 131)


def test_a_harmless_spike_is_told_as_info() -> None:
    base = signals.falling(np.random.default_rng(0), points=60)
    (onset,) = find_onsets(synthetic.run(signals.spiked(base, 30, 2.5, 1), per_epoch=10))
    assert (onset.kind, onset.severity, onset.epoch) == ("loss_spike", "info", 3)


def test_spikes_that_keep_coming_are_one_warning() -> None:
    values = signals.falling(np.random.default_rng(0), points=80)
    for at in (30, 45, 60):
        values = signals.spiked(values, at, 2.5, 3)
    (onset,) = find_onsets(synthetic.run(values, per_epoch=10))
    assert (onset.kind, onset.severity, onset.step) == ("loss_spike", "warning", 301)
    assert onset.message.endswith("It happened 3 times in all.")


def test_thresholds_are_obeyed() -> None:
    values = signals.stepped(signals.falling(np.random.default_rng(0)), 40, 2.0)
    assert kinds(find_onsets(synthetic.run(values))) == [("loss_divergence", 20)]
    assert find_onsets(synthetic.run(values), Thresholds(loss_relative=20.0)) == []


def test_a_run_without_losses_has_no_onsets() -> None:
    run = synthetic.run([])
    assert find_onsets(run) == []


def test_an_explosion_within_the_first_window_is_told() -> None:
    run = synthetic.run([1.0, np.nan, np.nan], gradients=np.full((3, 3), np.nan))
    gradients = run.get("stability/gradient_norm")
    assert gradients is not None
    names = gradients.statistics
    for name, value in {"min": 1.0, "max": 1e6, "mean": 1e5, "last": 1e6}.items():
        gradients.values[0, 1, names.index(name)] = value
    gradients.values[0, :, names.index("nonfinite")] = 3
    gradients.values[0, :, names.index("first_nonfinite")] = 7
    explosion = find_onsets(run)[0]
    assert (explosion.kind, explosion.row, explosion.step) == ("exploding_gradient", "lstm", 1)
    assert explosion.evidence.baseline == pytest.approx(1.0)
    assert find_onsets(run, Thresholds(gradient_floor=1e7))[0].kind == "nonfinite_gradient"
