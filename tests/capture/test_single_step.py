"""The train function of single steps does what Keras' own does."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability.capture.single_step import SingleStep, has_single_steps
from tests.capture.line import X, Y, compiled


def batches(samples=36):
    return tf.data.Dataset.from_tensor_slices((X[:samples], Y[:samples])).batch(8)


def refuse(iterator):
    raise AssertionError(f"{iterator} is TensorFlow's own")


def single_step(model, otherwise=refuse):
    return SingleStep(model.train_step, model.jit_compile, otherwise)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_weights_and_logs_are_those_of_keras_own_function(jit_compile):
    trained = []
    for make in (lambda model: model.make_train_function(), single_step):
        model = compiled(jit_compile=jit_compile)
        train = make(model) or model.train_function
        logs = [
            {name: value.numpy() for name, value in train(iterator).items()}
            # The last batch of each epoch is smaller.
            for iterator in (iter(batches()), iter(batches()))
            for _ in range(5)
        ]
        trained.append((logs, model.get_weights(), model.optimizer.variables))
    (logs, weights, state), (keras_logs, keras_weights, keras_state) = trained
    assert logs == keras_logs
    for mine, theirs in zip(weights, keras_weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    for mine, theirs in zip(state, keras_state, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


def test_each_iterator_is_followed_to_its_end():
    train = single_step(compiled())
    for _ in range(2):
        iterator = iter(batches(16))
        train(iterator)
        train(iterator)
        with pytest.raises(tf.errors.OutOfRangeError):
            train(iterator)


def test_an_epochs_iterator_is_let_go():
    train = single_step(compiled())
    iterator = iter(batches())
    train(iterator)
    ended = weakref.ref(iterator)
    del iterator
    gc.collect()
    assert ended() is None


def test_data_of_another_structure_are_traced_anew():
    model = compiled()
    train = single_step(model)
    train(iter(batches()))
    weighted = tf.data.Dataset.from_tensors((X[:8], Y[:8], np.zeros(8, np.float32)))
    before = model.get_weights()
    model.optimizer.learning_rate = 0.0
    logs = train(iter(weighted))
    assert set(logs) >= {"loss"}
    for mine, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_what_stands_in_for_none_is_none():
    seen = []

    def train_step(data):
        seen.append(data)
        return {"loss": tf.constant(0.0)}

    optional = tf.data.Dataset.from_tensors((X[:8], tf.experimental.Optional.empty(None)))
    SingleStep(train_step, False, refuse)(iter(optional))
    assert seen[0][1] is None


def test_iterators_that_are_not_tensorflows_are_keras_business():
    given: list[Any] = []
    train = single_step(compiled(), given.append)
    plain = iter([(X[:8], Y[:8])])
    train(plain)
    assert given == [plain]


def test_where_it_may_stand_in():
    assert has_single_steps(compiled())
    assert not has_single_steps(compiled(run_eagerly=True))
    assert not has_single_steps(compiled(steps_per_execution=2))
    model = compiled()
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        assert not has_single_steps(model)


def test_a_models_own_way_of_making_train_functions_is_kept():
    class Own(keras.Sequential):
        def make_train_function(self, force=False):
            return super().make_train_function(force)

    model = Own([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert not has_single_steps(model)


def test_many_models_of_one_process_are_no_reason_to_warn(caplog):
    # Seen in benchmarks.detection: TensorFlow took the fifth model for one that is traced anew.
    with caplog.at_level("WARNING", logger="tensorflow"):
        for _ in range(7):
            train, iterator = single_step(compiled()), iter(batches())
            train(iterator)
            train(iterator)
    assert [record.message for record in caplog.records if "retracing" in record.message] == []
