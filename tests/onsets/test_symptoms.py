"""Rules on the course of the loss over whole epochs."""

from __future__ import annotations

import numpy as np
import pytest

from tb_stability.onsets import Onset, Thresholds, find_onsets
from tb_stability.series import RunSeries
from tests import signals, synthetic


def told(run: RunSeries, kind: str, thresholds: Thresholds | None = None) -> list[Onset]:
    return [item for item in find_onsets(run, thresholds) if item.kind == kind]


def sawtooth(epochs: int = 6, windows: int = 6, height: float = 1.0) -> np.ndarray:
    """A loss that falls within each epoch and is back where it was when the next begins."""
    rng = np.random.default_rng(0)
    tooth = 1.0 - height * np.linspace(0, 0.8, windows)
    return np.tile(tooth, epochs) + rng.normal(0, 0.01, epochs * windows)


def test_a_sawtooth_jumps_at_its_first_boundary() -> None:
    (onset,) = told(synthetic.run(sawtooth(), per_epoch=6), "epoch_boundary_jump")
    assert (onset.epoch, onset.step, onset.severity) == (1, 61, "warning")
    assert "at 5 of 5 boundaries in all" in onset.message


def test_two_jumps_do_not_recur() -> None:
    run = synthetic.run(sawtooth(epochs=3), per_epoch=6)
    assert told(run, "epoch_boundary_jump") == []
    assert len(told(run, "epoch_boundary_jump", Thresholds(boundary_jumps=2))) == 1


@pytest.mark.parametrize("name", signals.HEALTHY)
def test_healthy_losses_do_not_jump_at_boundaries(name: str) -> None:
    for seed in range(20):
        loss = signals.HEALTHY[name](np.random.default_rng(seed))
        assert told(synthetic.run(loss, per_epoch=5), "epoch_boundary_jump") == []


def test_jumps_in_mid_epoch_are_not_jumps_at_boundaries() -> None:
    loss = np.roll(sawtooth(), 3)
    assert told(synthetic.run(loss, per_epoch=6), "epoch_boundary_jump") == []


def constant(level: float, windows: int = 12) -> np.ndarray:
    return level * (1 + np.random.default_rng(0).normal(0, 0.003, windows))


def narrow(loss: np.ndarray) -> RunSeries:
    """A run whose single steps lie within 2 % of the mean of their window."""
    run = synthetic.run(loss)
    run.series[0].values[...] = synthetic.per_step(loss, noise=0.02)
    return run


def test_a_loss_that_stays_at_chance_is_not_learning_from_the_start() -> None:
    (onset,) = told(narrow(constant(np.log(10))), "not_learning")
    assert (onset.epoch, onset.step, onset.severity) == (0, 1, "warning")
    assert onset.message == (
        "The loss never improves: it starts at 2.35, and its best in 6 epochs is 2.29."
    )


@pytest.mark.parametrize(
    "loss",
    [
        np.linspace(2.3, 1.9, 12),  # slow, but learning
        constant(2.3, 4),  # two epochs only
        constant(-2.3),
        np.append(constant(2.3), np.nan),
        np.append([2.3], constant(0.3)),
    ],
)
def test_a_run_that_learns_or_cannot_be_judged_is_left_alone(loss: np.ndarray) -> None:
    assert told(narrow(loss), "not_learning") == []


def test_noise_as_large_as_the_improvement_says_nothing() -> None:
    swaying = constant(2.3) + 0.05 * np.sin(np.arange(len(constant(2.3))))
    assert told(synthetic.run(swaying), "not_learning") == []
    # But not of batches that differ, epoch by epoch, in the same way.
    assert len(told(synthetic.run(constant(2.3)), "not_learning")) == 1


def logs(loss: list[float], validation: list[float]) -> RunSeries:
    windows = np.repeat(loss, 2)
    return synthetic.run(windows, logs={"loss": np.array(loss), "val_loss": np.array(validation)})


FALLING = [1.0, 0.8, 0.6, 0.5, 0.4, 0.32, 0.25, 0.2, 0.15, 0.1]


def test_overfitting_sets_in_after_the_best_epoch() -> None:
    validation = [1.0, 0.85, 0.7, 0.65, 0.6, 0.62, 0.8, 1.2, 1.5, 1.8]
    (onset,) = find_onsets(logs(FALLING, validation))
    assert (onset.kind, onset.severity, onset.epoch) == ("overfitting", "info", 5)
    assert onset.message == (
        "From epoch 5 on the validation loss rises, from 0.600 to 1.80, while the training loss "
        "falls on to 0.100."
    )


def test_a_validation_loss_that_passes_a_peak_is_a_spike() -> None:
    validation = [1.0, 0.85, 0.7, 0.65, 0.6, 6.0, 0.5, 0.45, 0.42, 0.4]
    (onset,) = find_onsets(logs(FALLING, validation))
    assert (onset.kind, onset.severity, onset.epoch) == ("validation_spike", "info", 5)


def test_where_both_losses_rise_it_is_not_the_validation() -> None:
    rising = [1.0, 0.8, 0.6, 0.5, 0.4, 2.0, 2.5, 3.0, 3.0, 3.0]
    kinds = {onset.kind for onset in find_onsets(logs(rising, rising))}
    assert kinds == {"loss_divergence"}


def test_a_loss_that_falls_faster_and_faster_has_no_bound() -> None:
    (onset,) = find_onsets(synthetic.run(0.5 - np.arange(40.0) ** 2))
    assert (onset.kind, onset.severity, onset.step) == ("loss_divergence", "critical", 21)
    assert onset.message.startswith(
        "The loss falls without bound: below -0.500 at step 21 (epoch 1)"
    )


def test_a_likelihood_that_converges_has_a_bound() -> None:
    loss = 0.1 - 20 * (1 - np.exp(-np.arange(40.0) / 5))
    assert find_onsets(synthetic.run(loss)) == []


def test_a_loss_near_the_end_of_float32_is_judged_without_overflow() -> None:
    run = synthetic.run(np.append(np.zeros(5), -np.geomspace(1.0, 1e38, 35)))
    with np.errstate(over="raise", invalid="raise"):
        kinds = {onset.kind for onset in find_onsets(run)}
    assert "loss_divergence" in kinds


def test_jumps_of_a_loss_that_rises_from_epoch_to_epoch_are_a_divergence() -> None:
    # Seen in training: a rate that was raised at each epoch's beginning, with no way back.
    falling = np.concatenate([signals.falling(np.random.default_rng(0), points=36)])
    rising = np.repeat([2.0, 5.0, 12.0, 30.0], 6) * np.tile(np.linspace(1.0, 0.9, 6), 4)
    run = synthetic.run(np.append(falling, rising), per_epoch=6)
    assert told(run, "epoch_boundary_jump") == []
    assert [item.epoch for item in told(run, "loss_divergence")] == [6]


def test_few_spikes_in_a_long_run_are_no_warning() -> None:
    values = signals.falling(np.random.default_rng(0), points=600)
    for at in (210, 310, 410):
        values = signals.spiked(values, at, 2.5, 2)
    (onset,) = find_onsets(synthetic.run(values, per_epoch=100))
    assert (onset.kind, onset.severity) == ("loss_spike", "info")
    (onset,) = find_onsets(synthetic.run(values, per_epoch=100), Thresholds(spike_share=0.005))
    assert (onset.kind, onset.severity) == ("loss_spike", "warning")


def single_batches(loss: np.ndarray) -> RunSeries:
    """A run of which another logger wrote the loss of each batch."""
    run = synthetic.run(loss, per_epoch=100)
    run.series[0].values[...] = synthetic.per_step(loss, steps=1, noise=0.0)
    return run


@pytest.mark.parametrize("width", [1, 3])
def test_a_single_batch_is_noise_and_several_in_a_row_are_a_spike(width: int) -> None:
    rng = np.random.default_rng(0)
    loss = np.abs(signals.falling(rng, points=100, noise=0.05))
    for at in range(20, 100, 20 // width):
        loss = signals.spiked(loss, at, 3.0, width)
    (onset,) = told(single_batches(loss), "loss_spike")
    assert onset.severity == ("info" if width == 1 else "warning")


@pytest.mark.parametrize("seed", range(20))
def test_noisy_batches_that_another_logger_wrote_are_healthy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    level = 0.5 + 1.8 * np.exp(-np.arange(256) / 30)
    loss = level * np.exp(0.3 * rng.standard_normal(256))
    assert [item for item in find_onsets(single_batches(loss)) if item.severity != "info"] == []


def test_a_divergence_of_noisy_batches_is_found() -> None:
    rng = np.random.default_rng(0)
    level = 0.5 + 1.8 * np.exp(-np.arange(256) / 30)
    loss = level * np.exp(0.3 * rng.standard_normal(256)) * np.where(np.arange(256) < 150, 1, 8)
    (onset,) = [item for item in find_onsets(single_batches(loss)) if item.severity != "info"]
    assert (onset.kind, onset.step) == ("loss_divergence", 1501)


def test_a_loss_that_doubles_over_twenty_epochs_diverges() -> None:
    epochs = np.arange(60)
    rise = np.where(epochs > 25, 2.0 ** ((epochs - 25) / 20), 1.0)
    (onset,) = find_onsets(synthetic.run((0.4 + 1.9 * np.exp(-epochs / 8)) * rise, per_epoch=1))
    assert (onset.kind, onset.severity) == ("loss_divergence", "critical")
    assert 26 <= onset.epoch <= 36


@pytest.mark.parametrize("broken_from", [0, 1])
def test_a_loss_that_is_nan_from_the_first_window_is_told_from_its_first_step(
    broken_from: int,
) -> None:
    run = synthetic.run(signals.broken(np.full(20, 2.3), broken_from))
    (onset,) = find_onsets(run)
    assert (onset.kind, onset.severity, onset.epoch) == ("nonfinite_loss", "critical", 0)
    assert onset.step == 1 + 10 * broken_from


def test_a_divergence_before_there_was_time_to_learn_is_one_story() -> None:
    (onset,) = find_onsets(narrow(np.geomspace(1.0, 1e6, 12)))
    assert onset.kind == "loss_divergence"


def test_a_run_that_stood_still_and_then_diverged_has_two_stories() -> None:
    loss = np.append(constant(2.3, 20), np.geomspace(5.0, 1e6, 8))
    kinds = [item.kind for item in find_onsets(narrow(loss))]
    assert kinds == ["not_learning", "loss_divergence"]


def test_overflowing_of_a_spread_is_no_matter_of_odd_and_even() -> None:
    # The deviation of differences that alternate is nil for every odd number of them.
    sign = (-1.0) ** np.arange(7)
    assert find_onsets(synthetic.run(1.0 + 0.2 * sign, per_epoch=4)) == []


def test_a_spike_that_is_high_beside_a_loss_near_zero_only_is_an_info() -> None:
    # Seen in demo/adam_rate: from 0.016 to 0.116 and back, of a loss that began at 1.8.
    rng = np.random.default_rng(0)
    loss = 0.016 + 1.8 * np.exp(-np.arange(144) / 1.2) + 0.003 * rng.standard_normal(144)
    loss[110:122] += 0.1
    (onset,) = find_onsets(synthetic.run(np.abs(loss), per_epoch=6))
    assert (onset.kind, onset.severity) == ("loss_spike", "info")
