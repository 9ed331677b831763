"""Targets of regressions, and the entropy of soft labels, against numpy."""

import keras
import numpy as np
import pytest

from tests.capture.test_data import BATCH, RNG, SIZE, WAYS, dense, expected_inputs, train

TARGETS = (400 + 30 * RNG.normal(size=(SIZE, 2))).astype(np.float32)
SOFT = RNG.dirichlet(np.ones(3), size=SIZE).astype(np.float32)
SOFT[3] = [0, 1, 0]


@pytest.mark.parametrize("options", WAYS)
@pytest.mark.parametrize("activation", [None, "sigmoid"])
def test_range_of_the_targets(tmp_path, activation, options):
    series = train(dense(2, activation), tmp_path, "mse", y=TARGETS, **options)["stability/targets"]
    assert series.rows == ("output",)
    np.testing.assert_allclose(np.stack(series.values), expected_inputs(TARGETS), rtol=1e-5)


def test_targets_that_are_not_finite_are_counted(tmp_path):
    y = TARGETS.copy()
    y[:BATCH] = np.nan
    y[9, 1] = np.inf
    series = train(dense(2), tmp_path, "mae", y=y)["stability/targets"]
    np.testing.assert_allclose(np.stack(series.values), expected_inputs(y), rtol=1e-5)
    assert series.of_row("output", "nonfinite").tolist() == [2 * BATCH, 1, 0]


def test_whole_numbers_are_targets_and_classes_are_none(tmp_path):
    y = RNG.integers(0, 50, size=(SIZE, 1))
    series = train(dense(1), tmp_path / "a", "mse", y=y)["stability/targets"]
    np.testing.assert_allclose(np.stack(series.values), expected_inputs(y), rtol=1e-5)
    classes = train(dense(3, "softmax"), tmp_path / "b", "sparse_categorical_crossentropy")
    assert "stability/targets" not in classes


def test_the_targets_of_a_sigmoid_are_no_shares(tmp_path):
    series = train(dense(1, "sigmoid"), tmp_path, "mse", y=TARGETS[:, :1])
    assert (series["stability/labels"].statistic("count") == 0).all()
    assert (series["stability/targets"].statistic("count") == 2 * BATCH).all()


def entropies(q, binary, size=2 * BATCH):
    q = q.astype(np.float64)
    parts = [q, 1 - q] if binary else [q]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.sum([np.where(part > 0, -part * np.log(part), 0.0) for part in parts], axis=0)
    by_sample = terms.mean(axis=1) if binary else terms.sum(axis=1)
    batches = by_sample.reshape(-1, BATCH).mean(axis=1)
    return batches.reshape(-1, size // BATCH).mean(axis=1)


@pytest.mark.parametrize("options", WAYS)
@pytest.mark.parametrize(
    ("loss", "activation"),
    [
        ("categorical_crossentropy", "softmax"),
        (keras.losses.CategoricalCrossentropy(from_logits=True), None),
        ("binary_crossentropy", "sigmoid"),
        (keras.losses.BinaryCrossentropy(from_logits=True), None),
    ],
)
def test_entropy_of_soft_labels(tmp_path, loss, activation, options):
    series = train(dense(3, activation), tmp_path, loss, y=SOFT, **options)
    mean = series["stability/label_entropy"].of_row("output", "mean")
    np.testing.assert_allclose(mean, entropies(SOFT, "inary" in str(loss)), rtol=1e-5)


def test_no_cross_entropy_is_below_it(tmp_path):
    """Gibbs: with the labels as predictions Keras' own loss is the entropy."""
    least = float(keras.ops.mean(keras.losses.categorical_crossentropy(SOFT, SOFT)))
    series = train(dense(3, "softmax"), tmp_path, "categorical_crossentropy", y=SOFT)
    mean = series["stability/label_entropy"].of_row("output", "mean")
    assert np.mean(mean) == pytest.approx(least, rel=1e-5)
    assert (series["stability/loss"].of_row("loss", "mean") > mean).all()


@pytest.mark.parametrize("form", ["one-hot", "numbers"])
def test_labels_that_name_a_class_have_none(tmp_path, form):
    names = RNG.integers(0, 3, size=SIZE)
    y = np.eye(3, dtype=np.float32)[names] if form == "one-hot" else names.astype(np.float32)
    loss = f"{'' if form == 'one-hot' else 'sparse_'}categorical_crossentropy"
    assert "stability/label_entropy" not in train(dense(3, "softmax"), tmp_path, loss, y=y)


def test_what_is_no_probability_has_no_entropy(tmp_path):
    y = SOFT.copy()
    y[0] = [1.5, -0.5, 0]
    series = train(dense(3, "softmax"), tmp_path, "categorical_crossentropy", y=y)
    assert series["stability/label_entropy"].of_row("output", "nonfinite")[0] == 1
