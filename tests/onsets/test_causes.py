"""Causes: told with a symptom, and where they led to it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tb_stability.metadata import GRADIENT_NORM, Quantity
from tb_stability.onsets import Onset, find_onsets
from tb_stability.record import OutputRecord
from tb_stability.series import RunSeries
from tests import signals, synthetic


def with_quantity(run: RunSeries, name: str, values: np.ndarray) -> RunSeries:
    """Adds a quantity of two layers, value and count, to a run; NaN is missing."""
    quantity = Quantity(name, name, "", "layer", ("value", "count"))
    table = np.stack([values, np.isfinite(values).astype(float)], axis=-1).astype(np.float32)
    series = synthetic.series(quantity, table, run.windows, ("first", "second"))
    return dataclasses.replace(run, series=(*run.series, series))


def told(run: RunSeries, kind: str) -> list[Onset]:
    return [onset for onset in find_onsets(run) if onset.kind == kind]


def falling_run(onset: int | None = None) -> RunSeries:
    loss = signals.falling(np.random.default_rng(0), points=40)
    return synthetic.run(loss if onset is None else signals.stepped(loss, onset, 3.0))


def rows(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.stack([first, second], axis=1)


ZERO = np.zeros(40)
DYING = np.where(np.arange(40) >= 21, 0.9, 0.05)


def test_units_that_die_with_the_loss_are_a_warning_dated_to_the_loss() -> None:
    run = with_quantity(falling_run(20), "dead_relu", rows(ZERO, DYING))
    (onset,) = told(run, "dead_relu")
    # All of window 20 was not lost yet: window 21 is the first that counts.
    assert (onset.severity, onset.row, onset.step) == ("warning", "second", 201)
    assert find_onsets(run)[onset.cause or 0].kind == "loss_divergence"
    assert onset.message.startswith("Up to 90% of the units of second are dead: zero for every")


def test_units_that_die_without_harm_are_an_info() -> None:
    (onset,) = told(with_quantity(falling_run(), "dead_relu", rows(ZERO, DYING)), "dead_relu")
    assert (onset.severity, onset.step) == ("info", 211)


def test_units_that_come_back_and_few_units_are_not_told() -> None:
    passing = np.where((np.arange(40) > 10) & (np.arange(40) < 20), 0.9, 0.1)
    run = with_quantity(falling_run(20), "dead_relu", rows(passing, np.full(40, 0.4)))
    assert told(run, "dead_relu") == []


def test_what_a_relu_makes_of_nan_is_not_dead() -> None:
    loss = signals.broken(signals.falling(np.random.default_rng(0), points=40), 20)
    run = with_quantity(synthetic.run(loss), "dead_relu", rows(ZERO, DYING))
    assert told(run, "dead_relu") == []


def test_saturated_units_are_told_likewise() -> None:
    run = with_quantity(falling_run(20), "saturation", rows(DYING, ZERO))
    (onset,) = told(run, "saturated_activation")
    assert (onset.severity, onset.row, onset.epoch) == ("warning", "first", 10)


def test_large_steps_are_told_where_they_lead_to_a_failure() -> None:
    ratio = np.where(np.arange(40) >= 18, 0.4, 0.002)
    (onset,) = told(
        with_quantity(falling_run(20), "update_ratio", rows(ZERO + 0.001, ratio)),
        "update_ratio_high",
    )
    assert (onset.severity, onset.row, onset.step) == ("critical", "second", 181)
    assert onset.evidence.baseline == pytest.approx(0.002)


@pytest.mark.parametrize("onset", [None, 30])
def test_large_steps_that_lead_nowhere_are_not_told(onset: int | None) -> None:
    warming_up = np.where(np.arange(40) < 3, 0.4, 0.002)
    run = with_quantity(falling_run(onset), "update_ratio", rows(ZERO, warming_up))
    assert told(run, "update_ratio_high") == []


def stuck_run(norms: list[float]) -> RunSeries:
    loss = np.full(12, 2.3)
    run = synthetic.run(loss, gradients=np.tile(norms, (12, 1)))
    run.series[0].values[...] = synthetic.per_step(loss, noise=0.01)
    return run


def test_gradients_that_fade_towards_the_input_explain_why_nothing_is_learnt() -> None:
    fading, stuck = find_onsets(stuck_run([1e-7, 1e-4, 1.0]))
    assert (fading.kind, fading.row, fading.step) == ("vanishing_gradient", "embedding", 1)
    assert fading.message == (
        "Hardly any gradient reaches embedding, from step 1 (epoch 0) on: its norm is 1e-07, "
        "against 1.00 in layers behind it."
    )
    assert (stuck.kind, stuck.cause) == ("not_learning", 0)


def test_even_gradients_do_not_fade() -> None:
    assert told(stuck_run([0.02, 0.1, 1.0]), "vanishing_gradient") == []


def test_a_solved_problem_has_no_vanishing_gradient() -> None:
    loss = np.linspace(2.3, 1e-6, 12)
    run = synthetic.run(loss, gradients=np.tile([1e-9, 1e-7, 1e-3], (12, 1)))
    assert find_onsets(run) == []


def classifier(
    loss: np.ndarray,
    accuracy: np.ndarray,
    *,
    classes: int = 8,
    size: float = 2.0,
    spread: float = 4,
) -> RunSeries:
    """A run of two windows an epoch with logits of so many classes."""
    run = synthetic.run(np.repeat(loss, 2), logs={"loss": loss, "accuracy": accuracy})
    record = dataclasses.replace(synthetic.run_record(), loss="sparse_categorical_crossentropy")
    count = len(run.windows)
    described = {"mean_abs": size, "spread": spread}
    logits = [
        synthetic.series(
            Quantity("logits", group, "", "output"),
            synthetic.per_step(np.full(count, level)),
            run.windows,
            ("output",),
            row_group=group,
        )
        for group, level in described.items()
    ]
    rows = [str(index) for index in range(classes)]
    table = synthetic.per_step(np.ones((count, classes)))
    by_class = synthetic.series(
        Quantity("class_logits", "class_logits", "", "class"), table, run.windows, rows
    )
    return dataclasses.replace(run, series=(*run.series, *logits, by_class), record=record)


GUESSING = np.full(8, np.log(8))


def test_a_classifier_that_guesses_is_told_from_the_start() -> None:
    (onset,) = told(classifier(GUESSING, np.full(8, 0.13)), "chance_accuracy")
    assert (onset.severity, onset.epoch, onset.step) == ("warning", 0, 1)
    assert onset.message == (
        "The accuracy stays at chance: 0.130 at best in 8 epochs, where guessing among 8 classes "
        "gives 0.125."
    )


@pytest.mark.parametrize(
    ("loss", "accuracy", "classes"),
    [
        (GUESSING, np.linspace(0.12, 0.4, 8), 8),
        (np.linspace(6.9, 6.4, 8), np.full(8, 0.0012), 1000),  # slow, but learning
        (GUESSING[:2], np.full(2, 0.125), 8),  # too early to tell
    ],
)
def test_a_classifier_that_learns_or_cannot_be_judged_is_left_alone(
    loss: np.ndarray, accuracy: np.ndarray, classes: int
) -> None:
    assert told(classifier(loss, accuracy, classes=classes), "chance_accuracy") == []


def test_logits_that_are_large_and_alike_explain_the_guessing() -> None:
    collapse, guessing = find_onsets(classifier(GUESSING, np.full(8, 0.13), size=60.0, spread=0.5))
    assert (collapse.kind, collapse.row, collapse.step) == ("logit_collapse", "output", 1)
    assert (guessing.kind, guessing.cause) == ("chance_accuracy", 0)


@pytest.mark.parametrize(("size", "spread"), [(2.0, 4.0), (0.5, 0.01)])
def test_small_or_spread_logits_have_not_collapsed(size: float, spread: float) -> None:
    run = classifier(GUESSING, np.full(8, 0.13), size=size, spread=spread)
    assert told(run, "logit_collapse") == []


def test_weights_that_are_nan_are_told_though_the_loss_is_finite() -> None:
    norm = np.where(np.arange(40) >= 25, np.nan, 3.0)
    run = falling_run()
    table = np.stack([rows(norm, norm), np.ones((40, 2))], axis=-1).astype(np.float32)
    quantity = Quantity("weight_norm", "weight_norm", "", "layer", ("value", "count"))
    series = synthetic.series(quantity, table, run.windows, ("first", "second"))
    (onset,) = find_onsets(dataclasses.replace(run, series=(*run.series, series)))
    assert (onset.kind, onset.severity, onset.row) == ("nonfinite_weights", "critical", "first")
    assert (onset.epoch, onset.step) == (12, 260)


def test_weights_that_grow_into_a_failure_are_its_cause() -> None:
    growing = 2.0 * 1.15 ** np.arange(40)
    run = with_quantity(falling_run(30), "weight_norm", rows(np.full(40, 3.0), growing))
    growth, divergence = find_onsets(run)
    assert (growth.kind, growth.severity, growth.row) == ("weight_growth", "warning", "second")
    assert growth.step == 51  # doubled after five windows
    assert (divergence.kind, divergence.cause) == ("loss_divergence", 0)


@pytest.mark.parametrize("final", [4.0, 9.0])
def test_weights_that_double_or_triple_are_healthy(final: float) -> None:
    norm = np.linspace(2.0, final, 40)
    assert (
        told(with_quantity(falling_run(30), "weight_norm", rows(norm, norm)), "weight_growth") == []
    )


def test_a_run_that_was_lost_is_not_said_to_learn_nothing() -> None:
    # NaN weights, whose zeros behind a ReLU give the finite loss of guessing.
    run = classifier(GUESSING, np.full(8, 0.13))
    table = synthetic.per_step(np.full((16, 1), np.nan))
    norm = synthetic.series(GRADIENT_NORM, table, run.windows, ("dense",))
    onsets = find_onsets(dataclasses.replace(run, series=(*run.series, norm)))
    assert [onset.kind for onset in onsets] == ["nonfinite_gradient"]


def with_inputs(run: RunSeries, **statistics: float) -> RunSeries:
    names = ("mean", "std", "min", "max", "nonfinite", "count")
    quantity = Quantity("inputs", "inputs", "", "input", names)
    cell = [statistics.get(name, 64.0 if name == "count" else 0.0) for name in names]
    table = np.tile(np.array(cell, np.float32), (len(run.windows), 1, 1))
    series = synthetic.series(quantity, table, run.windows, ("pixels",))
    return dataclasses.replace(run, series=(*run.series, series))


def test_unscaled_inputs_are_told_where_the_run_fails() -> None:
    (found,) = told(with_inputs(falling_run(20), mean=127.0, std=74.0), "unscaled_input")
    assert (found.severity, found.row, found.step) == ("warning", "pixels", 1)
    assert found.evidence.value == pytest.approx(127.0)
    assert told(with_inputs(falling_run(), mean=127.0, std=74.0), "unscaled_input") == []


def test_scaled_inputs_are_not_told() -> None:
    assert told(with_inputs(falling_run(20), mean=1.0, std=3.0), "unscaled_input") == []


def test_inputs_that_are_not_finite_are_told_from_the_first_window() -> None:
    (found,) = told(with_inputs(falling_run(), nonfinite=2.0), "nonfinite_input")
    assert (found.severity, found.row, found.step) == ("critical", "pixels", 1)
    assert found.message == (
        "The input pixels holds NaN or infinity: 2 values in a sampled batch of the window that "
        "begins at step 1 (epoch 0)."
    )


def with_shares(run: RunSeries, shares: list[float]) -> RunSeries:
    quantity = Quantity("labels", "labels", "", "class", ("value", "count"))
    table = np.array([[share, 640.0] for share in shares], np.float32)
    values = np.tile(table, (len(run.windows), 1, 1))
    classes = [str(index) for index in range(len(shares))]
    series = synthetic.series(quantity, values, run.windows, classes)
    return dataclasses.replace(run, series=(*run.series, series))


def test_who_always_names_the_commonest_class_guesses() -> None:
    entropy = -(0.95 * np.log(0.95) + 0.05 * np.log(0.05))
    guessing = classifier(np.full(8, entropy), np.full(8, 0.95), classes=2)
    imbalanced, chance = find_onsets(with_shares(guessing, [0.95, 0.05]))
    assert (imbalanced.kind, imbalanced.row) == ("imbalanced_classes", "0")
    assert (chance.kind, chance.cause) == ("chance_accuracy", 0)


def test_imbalanced_data_that_are_learnt_all_the_same_are_not_told() -> None:
    learning = classifier(np.linspace(0.2, 0.05, 8), np.linspace(0.95, 0.99, 8), classes=2)
    assert find_onsets(with_shares(learning, [0.95, 0.05])) == []


def paired(activation: str, from_logits: bool | None, *, stuck: bool = True) -> RunSeries:
    loss = GUESSING if stuck else np.linspace(2.0, 0.2, 8)
    run = classifier(loss, np.full(8, 0.13) if stuck else np.linspace(0.2, 0.9, 8))
    output = OutputRecord("output", activation, "sparse_categorical_crossentropy", from_logits)
    assert run.record is not None
    return dataclasses.replace(run, record=dataclasses.replace(run.record, outputs=(output,)))


@pytest.mark.parametrize(
    ("activation", "from_logits", "remedy"),
    [("softmax", True, "keras.layers.Dense(classes)"), ("linear", False, "from_logits=True")],
)
def test_an_output_that_its_loss_mistakes_explains_the_guessing(
    activation: str, from_logits: bool, remedy: str
) -> None:
    pairing, guessing = find_onsets(paired(activation, from_logits))
    assert (pairing.kind, pairing.row, pairing.step) == ("wrong_logits_pairing", "output", 1)
    assert pairing.remedies[0].code == remedy
    assert (guessing.kind, guessing.cause) == ("chance_accuracy", 0)


@pytest.mark.parametrize(
    ("activation", "from_logits"),
    [("softmax", False), ("linear", True), ("", True), ("softmax", None)],
)
def test_an_output_that_fits_its_loss_or_is_unknown_is_not_told(
    activation: str, from_logits: bool | None
) -> None:
    assert told(paired(activation, from_logits), "wrong_logits_pairing") == []


def test_a_wrong_program_that_learns_is_not_told() -> None:
    assert find_onsets(paired("softmax", True, stuck=False)) == []


def test_a_model_that_was_trained_before_has_learnt() -> None:
    trained = classifier(np.full(8, 0.17), np.full(8, 0.93))
    trained.series[0].values[...] = synthetic.per_step(np.full(16, 0.17), noise=0.02)
    assert find_onsets(trained) == []
