"""MirroredStrategy on two logical CPU devices, which a process must set up before it starts."""

import os
import pathlib
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from tests.capture.recorded import read_records, read_series

PROGRAM = """
    import sys
    import numpy as np
    import tensorflow as tf
    cpus = tf.config.list_physical_devices("CPU")
    two = 2 * [tf.config.LogicalDeviceConfiguration()]
    tf.config.set_logical_device_configuration(cpus[0], two)
    import keras
    from tb_stability import StabilityCallback
    log_dir, distributed, observed, policy, *_ = sys.argv[1:]
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(0)
    words = rng.integers(0, 6, size=(32, 4))
    y = rng.normal(size=(32, 2)).astype(np.float32)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]) if distributed == "yes" else (
        tf.distribute.get_strategy())
    with strategy.scope():
        model = keras.Sequential([
            keras.Input((4,), dtype="int64"),
            keras.layers.Embedding(6, 3, name="words"),
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation="tanh", kernel_regularizer="l2", name="body"),
            keras.layers.Dense(2, name="head"),
        ])
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    callbacks = [StabilityCallback(log_dir, window_steps=1)] if observed == "yes" else []
    history = model.fit(words, y, batch_size=8, epochs=2, shuffle=False, verbose=0,
                        callbacks=callbacks, validation_data=(words, y))
    np.savez(log_dir + ".npz", loss=history.history["loss"], *model.get_weights())
"""


def run(log_dir, *, distributed, observed="yes", policy="float32"):
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            textwrap.dedent(PROGRAM),
            str(log_dir),
            distributed,
            observed,
            policy,
        ],
        capture_output=True,
        text=True,
        cwd=pathlib.Path.cwd(),
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert result.returncode == 0, result.stderr
    assert "StabilityCallback" not in result.stderr
    return np.load(f"{log_dir}.npz")


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_norms_and_losses_are_those_of_the_global_batch(tmp_path, policy):
    alone, both = tmp_path / "alone", tmp_path / "both"
    run(alone, distributed="no", policy=policy)
    run(both, distributed="yes", policy=policy)
    tolerance = 1e-5 if policy == "float32" else 5e-3
    expected, found = read_series(alone), read_series(both)
    assert found.keys() == expected.keys()
    for tag in ("stability/gradient_norm", "stability/loss", "stability/windows"):
        assert found[tag].rows == expected[tag].rows
        np.testing.assert_allclose(
            np.stack(found[tag].values), np.stack(expected[tag].values), rtol=tolerance
        )
    assert read_records(both)[-1].status == "finished"
    assert read_records(both)[-1].batch_size == 8


def test_training_on_several_devices_is_not_changed(tmp_path):
    plain = run(tmp_path / "plain", distributed="yes", observed="no")
    observed = run(tmp_path / "observed", distributed="yes")
    for name in plain:
        np.testing.assert_array_equal(observed[name], plain[name])
