"""What the data look like."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tb_stability.metadata import Quantity
from tb_stability.onsets import find_onsets
from tb_stability.record import LayerRecord
from tb_stability.series import RunSeries
from tests import signals, synthetic
from tests.onsets.runs import RANGE, classifier, falling_run, told, with_shares, with_targets


def with_inputs(run: RunSeries, **statistics: float) -> RunSeries:
    quantity = Quantity("inputs", "inputs", "", "input", RANGE)
    cell = [statistics.get(name, 64.0 if name == "count" else 0.0) for name in RANGE]
    table = np.tile(np.array(cell, np.float32), (len(run.windows), 1, 1))
    series = synthetic.series(quantity, table, run.windows, ("pixels",))
    return dataclasses.replace(run, series=(*run.series, series))


def test_unscaled_inputs_are_told_where_the_run_fails() -> None:
    (found,) = told(with_inputs(falling_run(20), mean=127.0, std=74.0), "unscaled_input")
    assert (found.severity, found.row, found.step) == ("warning", "pixels", 1)
    assert found.evidence.value == pytest.approx(127.0)
    assert told(with_inputs(falling_run(), mean=127.0, std=74.0), "unscaled_input") == []


def test_unscaled_inputs_are_told_where_predicting_the_mean_would_be_better() -> None:
    loss = 1e6 * 0.5 ** np.arange(12)  # it falls by half in each window, and ends at 488
    run = with_inputs(synthetic.run(loss), mean=2e3, std=4.4e4)
    assert len(told(with_targets(run, 0.0, 22.0), "unscaled_input")) == 1  # 484
    assert told(with_targets(run, 0.0, 23.0), "unscaled_input") == []  # 529
    assert told(run, "unscaled_input") == []
    beginning = with_inputs(synthetic.run(loss[:4]), mean=2e3, std=4.4e4)
    assert told(with_targets(beginning, 0.0, 22.0), "unscaled_input") == []


def test_a_value_that_is_far_out_is_named() -> None:
    extremes = {"mean": 1953.0, "std": 44151.0, "min": -3.0, "max": 999999.0}
    (found,) = told(with_inputs(falling_run(20), **extremes), "unscaled_input")
    assert found.message == (
        "The input pixels is not scaled: its values are of size 4.42e+04, where about one is "
        "expected. One of them is 999999, which may stand for a missing one."
    )
    (found,) = told(with_inputs(falling_run(20), **{**extremes, "max": 4e5}), "unscaled_input")
    assert found.message.endswith("expected.")


def test_scaled_inputs_are_not_told() -> None:
    assert told(with_inputs(falling_run(20), mean=1.0, std=3.0), "unscaled_input") == []


def test_inputs_that_are_not_finite_are_told_from_the_first_window() -> None:
    (found,) = told(with_inputs(falling_run(), nonfinite=2.0), "nonfinite_input")
    assert (found.severity, found.row, found.step) == ("critical", "pixels", 1)
    assert found.message == (
        "The input pixels holds NaN or infinity: 2 values in a sampled batch of the window that "
        "begins at step 1 (epoch 0)."
    )


def test_who_always_names_the_commonest_class_guesses() -> None:
    entropy = -(0.95 * np.log(0.95) + 0.05 * np.log(0.05))
    guessing = classifier(np.full(8, entropy), np.full(8, 0.95), classes=2)
    imbalanced, chance = find_onsets(with_shares(guessing, [0.95, 0.05]))
    assert (imbalanced.kind, imbalanced.row) == ("imbalanced_classes", "0")
    assert (chance.kind, chance.cause) == ("chance_accuracy", 0)


def test_imbalanced_data_that_are_learnt_all_the_same_are_not_told() -> None:
    learning = classifier(np.linspace(0.2, 0.05, 8), np.linspace(0.95, 0.99, 8), classes=2)
    assert find_onsets(with_shares(learning, [0.95, 0.05])) == []


def test_a_broken_input_is_told_before_what_comes_of_it_though_sampled_later() -> None:
    # Seen in demo/missing_values: the first sampled batch with a NaN came after the first NaN loss.
    run = with_inputs(synthetic.run(signals.broken(np.full(20, 1.0), 3)), nonfinite=2.0)
    inputs = run.series[-1]
    inputs.values[:10, :, 4] = 0.0
    broken, loss = find_onsets(run)
    assert (broken.kind, broken.step, broken.cause) == ("nonfinite_input", 31, None)
    assert (loss.kind, loss.step, loss.cause) == ("nonfinite_loss", 31, 0)
    assert broken.message.endswith("of the window that begins at step 101 (epoch 5).")


def test_a_model_that_scales_its_input_itself_is_given_any() -> None:
    run = with_inputs(falling_run(20), mean=127.0, std=74.0)
    assert run.record is not None
    layers = (LayerRecord("norm", "BatchNormalization"), *run.record.layers)
    scaled = dataclasses.replace(run, record=dataclasses.replace(run.record, layers=layers))
    assert len(told(run, "unscaled_input")) == 1
    assert told(scaled, "unscaled_input") == []
    # What has no weights to train is not among the layers.
    normal = dataclasses.replace(run.record, scaling_layers=("normalization",))
    assert told(dataclasses.replace(run, record=normal), "unscaled_input") == []
