"""Classifiers that guess, and outputs that do not fit their loss."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tb_stability.metadata import GRADIENT_NORM
from tb_stability.onsets import find_onsets
from tb_stability.record import OutputRecord
from tb_stability.series import RunSeries
from tests import synthetic
from tests.onsets.runs import GUESSING, classifier, told, with_shares


def test_a_classifier_that_guesses_is_told_from_the_start() -> None:
    (onset,) = told(classifier(GUESSING, np.full(8, 0.13)), "chance_accuracy")
    assert (onset.severity, onset.epoch, onset.step) == ("warning", 0, 1)
    assert onset.message == (
        "The accuracy stays at chance: 0.130 at best in 8 epochs, where always naming the "
        "commonest of 8 classes gives 0.125."
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


def test_a_run_that_was_lost_is_not_said_to_learn_nothing() -> None:
    # NaN weights, whose zeros behind a ReLU give the finite loss of guessing.
    run = classifier(GUESSING, np.full(8, 0.13))
    table = synthetic.per_step(np.full((16, 1), np.nan))
    norm = synthetic.series(GRADIENT_NORM, table, run.windows, ("dense",))
    onsets = find_onsets(dataclasses.replace(run, series=(*run.series, norm)))
    assert [onset.kind for onset in onsets] == ["nonfinite_gradient"]


def paired(activation: str, from_logits: bool | None, *, stuck: bool = True) -> RunSeries:
    loss = GUESSING if stuck else np.linspace(2.0, 0.2, 8)
    run = classifier(loss, np.full(8, 0.13) if stuck else np.linspace(0.2, 0.9, 8))
    output = OutputRecord("output", activation, "sparse_categorical_crossentropy", from_logits)
    assert run.record is not None
    return dataclasses.replace(run, record=dataclasses.replace(run.record, outputs=(output,)))


@pytest.mark.parametrize(
    ("activation", "from_logits", "remedy"),
    [
        ("softmax", True, "keras.layers.Dense(classes)"),
        (
            "linear",
            False,
            "model.compile(..., loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))",
        ),
    ],
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


def test_a_loss_of_nothing_with_half_of_the_guesses_wrong_is_a_contradiction() -> None:
    zero = np.append([0.4, 0.02], np.full(6, 1e-7))
    (onset,) = find_onsets(classifier(zero, np.full(8, 0.5), classes=1))
    assert (onset.kind, onset.severity, onset.epoch) == ("loss_metric_contradiction", "warning", 1)
    assert onset.message == (
        "The loss is down to 1e-07 while the accuracy stays at 0.500, since epoch 1: no "
        "cross-entropy is that low with so many errors."
    )
    assert onset.evidence.value == 0.5


def test_a_softmax_over_one_unit_is_named() -> None:
    run = classifier(np.zeros(8), np.full(8, 0.5), classes=1)
    assert run.record is not None
    record = dataclasses.replace(run.record, outputs=(OutputRecord("out", "softmax", "x", None),))
    (onset,) = find_onsets(dataclasses.replace(run, record=record))
    assert onset.remedies[0].text == "A softmax over one unit is always one: use a sigmoid."
    assert onset.remedies[0].code == 'keras.layers.Dense(1, activation="sigmoid")'


@pytest.mark.parametrize(
    ("loss", "accuracy"),
    [
        (np.linspace(0.4, 0.01, 8), np.linspace(0.8, 0.995, 8)),  # as it should be
        (np.linspace(0.4, 0.05, 8), np.full(8, 0.8)),  # within what weights and masks explain
        (np.append(np.full(7, 0.5), 0.02), np.linspace(0.3, 0.8, 8)),  # it is being learnt
        (np.linspace(0.4, 1e-9, 8)[:2], np.full(2, 0.5)),  # too early to tell
    ],
)
def test_a_loss_that_the_accuracy_bears_out_is_no_contradiction(
    loss: np.ndarray, accuracy: np.ndarray
) -> None:
    assert told(classifier(loss, accuracy, classes=2), "loss_metric_contradiction") == []


def test_the_bound_holds_for_cross_entropies_only() -> None:
    run = classifier(np.full(8, 1e-4), np.full(8, 0.5))
    assert run.record is not None
    squares = dataclasses.replace(run, record=dataclasses.replace(run.record, loss="mse"))
    assert len(told(run, "loss_metric_contradiction")) == 1
    assert told(squares, "loss_metric_contradiction") == []


def test_guessing_has_no_accuracy_to_lose() -> None:
    # Seen in demo/positive_initialisation: an accuracy at chance went from 0.14 to 0.12.
    guessing = classifier(GUESSING, np.array([0.2, 0.2, 0.2, 0.2, 0.13, 0.12, 0.12, 0.12]))
    assert told(guessing, "loss_metric_contradiction") == []


def test_a_loss_that_hardly_falls_while_the_accuracy_rises_is_being_learnt() -> None:
    # Of a penalty on the weights, which the loss counts and the accuracy does not.
    run = classifier(np.full(8, 2.0), np.linspace(0.2, 0.9, 8))
    run.series[0].values[...] = synthetic.per_step(np.full(16, 2.0), noise=0.02)
    assert find_onsets(run) == []


def test_shares_that_were_sampled_wrongly_hide_no_guess() -> None:
    # Seen in demo/rare_class: of the samples measured 95.2 % were of one class, of all 96.7 %.
    loss = np.array([0.931, 0.199, 0.170, 0.161, 0.157, 0.154, 0.1526, 0.1514])
    accuracy = np.append(0.945, np.full(7, 0.9671621))
    guessing = with_shares(classifier(loss, accuracy, classes=2), [0.952, 0.048])
    imbalanced, chance = find_onsets(guessing)
    assert (imbalanced.kind, chance.kind) == ("imbalanced_classes", "chance_accuracy")
    assert "where always naming one class gives 0.967" in chance.message


def test_an_accuracy_that_changes_or_a_loss_that_goes_on_falling_is_no_guess() -> None:
    loss = np.append(0.9, np.linspace(0.2, 0.12, 7))  # below the entropy of 0.145
    accuracy = np.append(0.945, np.full(7, 0.9671621))
    assert find_onsets(with_shares(classifier(loss, accuracy, classes=2), [0.952, 0.048])) == []


def without_accuracy(loss: np.ndarray, noise: float) -> RunSeries:
    run = classifier(loss, loss)
    run.series[0].values[...] = synthetic.per_step(np.repeat(loss, 2), noise=noise)
    series = [item for item in run.series if item.tag != "stability/epoch_logs/accuracy"]
    return dataclasses.replace(run, series=tuple(series))


def test_noisy_batches_hide_no_guess_where_the_classes_are_known() -> None:
    (onset,) = find_onsets(without_accuracy(GUESSING, noise=0.3))
    assert (onset.kind, onset.epoch) == ("not_learning", 0)
    assert onset.message == (
        "The loss never improves: it starts at 2.08, and its best in 8 epochs is 2.08. That of "
        "guessing among 8 classes is 2.08."
    )


def test_a_bad_beginning_hides_no_guess_where_the_classes_are_known() -> None:
    (onset,) = find_onsets(without_accuracy(np.append(9.0, GUESSING[1:]), noise=0.02))
    assert (onset.kind, onset.epoch) == ("not_learning", 0)


@pytest.mark.parametrize("level", [0.9, 1.5])
def test_a_loss_below_or_above_that_of_guessing_is_no_guess(level: float) -> None:
    loss = level * GUESSING * np.linspace(1.03, 1.0, 8)
    assert find_onsets(without_accuracy(loss, noise=0.3)) == []


def test_where_there_is_one_class_only_to_name_it_is_no_guess() -> None:
    # Seen in benchmarks/healthy, rare_words: by chance all labels were of one class.
    learnt = classifier(np.linspace(0.05, 0.001, 8), np.full(8, 0.999), classes=2)
    assert find_onsets(with_shares(learnt, [1.0, 0.0])) == []


def test_a_classifier_that_is_sure_and_wrong_all_along_does_not_learn() -> None:
    loss, accuracy = np.linspace(900.0, 200.0, 8), np.full(8, 0.3)
    (onset,) = told(classifier(loss, accuracy, size=1e4, spread=1e4), "not_learning")
    assert onset.message == (
        "The loss is never good: it starts at 1080, and its best in 8 epochs is 200. That of "
        "guessing among 8 classes is 2.08."
    )
    # The same loss of small logits is a penalty, and one that ends well is a bad start.
    assert told(classifier(loss, accuracy, size=1.0), "not_learning") == []
    better = np.append(loss[:-1], 5.0)
    assert told(classifier(better, accuracy, size=1e4), "not_learning") == []


def test_a_softmax_that_minimises_squares_and_never_beats_chance_guesses() -> None:
    loss, accuracy = np.full(8, 27.66), np.full(8, 0.13)
    squares = with_loss(classifier(loss, accuracy), "mse", "softmax")
    assert len(told(squares, "chance_accuracy")) == 1
    # A regression, and a loss that falls.
    assert told(with_loss(squares, "mse", "linear"), "chance_accuracy") == []
    falls = classifier(np.linspace(27.66, 20.0, 8), accuracy)
    assert told(with_loss(falls, "mse", "softmax"), "chance_accuracy") == []


def with_loss(run: RunSeries, loss: str, activation: str) -> RunSeries:
    outputs = (OutputRecord("output", activation, loss),)
    record = dataclasses.replace(synthetic.run_record(), loss=loss, outputs=outputs)
    return dataclasses.replace(run, record=record)


def test_of_several_losses_it_is_not_known_what_guessing_costs() -> None:
    # Seen in benchmarks/healthy, tasks_of_different_scales: the other loss was the larger by far.
    loss = np.linspace(900.0, 200.0, 8)
    run = classifier(loss, np.full(8, 0.3), size=1e4, spread=1e4)
    assert run.record is not None
    losses = "class: sparse_categorical_crossentropy, price: mse"
    both = dataclasses.replace(run.record, loss=losses)
    assert len(told(run, "not_learning")) == 1
    assert told(dataclasses.replace(run, record=both), "not_learning") == []


def test_a_loss_that_still_comes_down_to_that_of_guessing_is_on_its_way() -> None:
    # Seen of a segmentation in which 98 % of the pixels are background.
    accuracy = np.append([0.43, 0.72, 0.9], np.full(9, 0.984))
    run = classifier(np.linspace(0.7, 0.31, 12), accuracy, classes=2)
    assert find_onsets(with_shares(run, [0.984, 0.016])) == []
    there = classifier(np.append(np.linspace(0.7, 0.09, 6), np.full(6, 0.085)), accuracy, classes=2)
    assert len(told(with_shares(there, [0.984, 0.016]), "chance_accuracy")) == 1


@pytest.mark.parametrize(("units", "told_of"), [(1, 1), (30, 0)])
def test_an_accuracy_over_many_labels_contradicts_no_loss(units: int, told_of: int) -> None:
    # Seen in benchmarks/healthy, sparse_pictures: of 784 pixels Keras compares the brightest.
    run = classifier(np.full(8, 0.05), np.full(8, 0.1), classes=units)
    assert run.record is not None
    record = dataclasses.replace(run.record, loss="binary_crossentropy")
    pictures = dataclasses.replace(run, record=record)
    assert len(told(pictures, "loss_metric_contradiction")) == told_of
