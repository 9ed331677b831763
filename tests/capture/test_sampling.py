"""What is sampled is measured in the steps due, whichever way."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback
from tb_stability.capture.accumulators import StepClock
from tb_stability.capture.kept_tensors import KeptTensors
from tb_stability.capture.logits import Logits
from tb_stability.capture.sampling import Sample, Sampling
from tests.capture.recorded import read_series

RNG = np.random.default_rng(3)
X = RNG.normal(size=(44, 4)).astype(np.float32)
Y = RNG.integers(0, 3, size=44)


def train(log_dir, **options):
    keras.utils.set_random_seed(2)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(6, activation="relu", name="body"),
            layers.Dense(3, activation="softmax", name="head"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", **options)
    callback = StabilityCallback(log_dir, window_steps=5, sample_every=2)
    # Six batches an epoch, the last of them smaller: a trace of its own.
    model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0, callbacks=[callback])
    return model.get_weights()


SAMPLED = [
    *(f"stability/logits/{aspect}" for aspect in ("max_abs", "spread", "entropy")),
    "stability/class_logits",
    "stability/dead_relu",
    "stability/inputs",
    "stability/labels",
]


@pytest.mark.parametrize(
    "options", [{"run_eagerly": True}, {"jit_compile": True}, {"steps_per_execution": 3}]
)
def test_kept_tensors_and_a_branch_measure_the_same_steps(tmp_path, options):
    train(tmp_path / "kept")
    train(tmp_path / "branch", **options)
    kept, branch = read_series(tmp_path / "kept"), read_series(tmp_path / "branch")
    first_windows = slice(None)
    if "steps_per_execution" in options:
        first_windows = slice(0, 1)  # the others have other lengths
    for tag in SAMPLED:
        np.testing.assert_allclose(
            kept[tag].values[first_windows], branch[tag].values[first_windows], rtol=2e-4, atol=1e-5
        )


def test_a_measurement_that_fails_after_the_step_ends_no_training(tmp_path, monkeypatch):
    def fail(self, context, outputs):
        def measure(logits):
            tf.debugging.assert_less(logits, -1.0, message="not today")

        context.sample(self, measure, outputs)

    unobserved = train(tmp_path / "sound")
    monkeypatch.setattr(Logits, "on_outputs", fail)
    with pytest.warns(RuntimeWarning, match="cannot measure logits and leaves it out") as caught:
        weights = train(tmp_path / "faulty")
    assert sum("cannot measure logits" in str(one.message) for one in caught) == 1
    for mine, theirs in zip(weights, unobserved, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert "stability/gradient_norm" in read_series(tmp_path / "faulty")


def test_tensors_are_kept_by_reference_and_let_go():
    kept = KeptTensors()
    seen: list = []

    @tf.function
    def step(x):
        kept.clear()
        kept.keep([(x * 2, x + 1)])

    @tf.function
    def use():
        kept.use(lambda structures: tf.py_function(seen.append, structures[0][:1], []))

    step(tf.constant([1.0, 2.0]))
    use()
    assert [one.numpy().tolist() for one in seen] == [[2.0, 4.0]]
    kept.clear()
    use()
    assert len(seen) == 1


def test_a_trace_of_other_types_is_not_kept():
    kept = KeptTensors()
    assert kept.keep([tf.zeros(3), tf.zeros((), tf.int64)])
    assert kept.keep([tf.zeros(5), tf.zeros((), tf.int64)])
    assert not kept.keep([tf.zeros(5)])


def test_a_step_whose_trace_cannot_be_kept_is_measured_by_a_branch():
    clock = StepClock(4)
    sampling = Sampling(clock, every=2)
    total = tf.Variable(0.0)

    class Quantity:
        name = "quantity"

    def run(values):
        sampling.begin_step(seen=True, compiled=False)
        sampling.add(Sample(Quantity(), lambda x: total.assign_add(tf.cast(x, tf.float32)), values))
        sampling.end_step()
        clock.advance()

    step = tf.function(run)
    for position, value in enumerate([tf.constant(1.0), tf.constant(10.0), tf.constant(100)]):
        step(value)
        sampling.measure(position)
    assert total.numpy() == 101.0
