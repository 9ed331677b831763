"""`tf.distribute`: several replicas in one process, and several processes."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest

from tb_stability.reader import RunReader
from tests.capture import by_hand, distributed
from tests.capture.recorded import read_records, read_series
from tests.providers import KINDS, open_provider

LINES = (
    "StabilityCallback stopped recording after step 3, as its event file can no longer be written; "
    "training goes on. cannot write 'file' (No space left on device)",
    "StabilityCallback cannot measure gradient_norm and leaves it out; training goes on. "
    "ArithmeticError: on this worker only",
    "stop_on=('nonfinite_loss',) cannot end a training of several workers: the chief alone judges "
    "the run, and the others would wait for it. Leave stop_on out; what all workers see alike is "
    "the loss, which keras.callbacks.TerminateOnNaN() watches",
)


def start(kind: str, root: pathlib.Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.capture.distributed", kind, str(root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment,
    )


def finish(processes: list[subprocess.Popen[str]]) -> list[str]:
    """Returns what each of them printed; none outlives this."""
    try:
        printed = [process.communicate(timeout=300) for process in processes]
    finally:
        for process in processes:
            process.kill()
    for process, (_, errors) in zip(processes, printed, strict=True):
        assert process.returncode == 0, errors
    return [output for output, _ in printed]


def free_ports(count: int) -> list[int]:
    # All are open at once, so that they differ.
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory):
    root = tmp_path_factory.mktemp("mirrored")
    finish([start("mirrored", root)])
    return root


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """The logdir of both processes, and what each printed."""
    root = tmp_path_factory.mktemp("workers")
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    cluster = {"worker": addresses}
    processes = [
        start(
            "workers",
            root,
            TF_CONFIG=json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
        )
        for index in range(2)
    ]
    return root, finish(processes)


def trained_by_hand(policy="float32"):
    """In this process, with batches dealt out to two replicas."""
    keras.config.set_dtype_policy(policy)
    try:
        model = distributed.build()
        layers = {row: model.get_layer(row).trainable_variables for row in distributed.ROWS}
        batches = by_hand.in_order(distributed.WORDS, distributed.Y, size=distributed.BATCH)
        mixed = policy == "mixed_float16"
        return by_hand.train(
            model,
            distributed.EPOCHS * batches,
            layers,
            shares=2,
            scale=2.0**15 if mixed else 1.0,
            way="graph" if mixed else "eager",
        )
    finally:
        keras.config.set_dtype_policy("float32")


def check(log_dir, losses, norms, tolerance=1e-5):
    series = read_series(log_dir)
    gradient = series["stability/gradient_norm"]
    assert gradient.rows == distributed.ROWS
    assert gradient.steps == list(range(1, len(losses) + 1))
    np.testing.assert_allclose(gradient.statistic("last"), norms, rtol=tolerance)
    loss = series["stability/loss"].statistic("last")[:, 0]
    np.testing.assert_allclose(loss, losses, rtol=tolerance)
    assert read_records(log_dir)[-1].status == "finished"


def results(root, name, worker=0):
    return list(np.load(f"{root / name}-{worker}.npz").values())


@pytest.mark.parametrize(
    ("name", "policy", "tolerance"),
    [("observed", "float32", 1e-5), ("mixed", "mixed_float16", 5e-3)],
)
def test_of_two_devices_norms_and_losses_are_those_of_the_global_batch(
    mirrored, name, policy, tolerance
):
    losses, norms = trained_by_hand(policy)
    check(mirrored / name, losses, norms, tolerance)
    assert read_records(mirrored / name)[-1].batch_size == 8


def test_training_on_two_devices_is_not_changed(mirrored):
    for found, expected in zip(
        results(mirrored, "observed"), results(mirrored, "plain"), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["observed", "monitored"])
def test_of_two_workers_the_chief_writes_norms_and_losses_of_the_global_batch(workers, name):
    root, _ = workers
    check(root / name, *trained_by_hand())


def test_a_worker_that_is_not_the_chief_creates_no_file(workers):
    root, _ = workers
    directories = {path.name: path for path in root.iterdir() if path.is_dir()}
    assert set(directories) == {"observed", "monitored", "full", "failing"}
    assert all(len(list(path.iterdir())) == 1 for path in directories.values())


@pytest.mark.parametrize("kind", KINDS)
def test_what_two_workers_trained_into_one_logdir_is_read_as_one_run(workers, kind):
    root, _ = workers
    losses, norms = trained_by_hand()
    with open_provider(kind, root) as provider:
        reader = RunReader(provider)
        assert list(reader.list_runs(experiment_id="")) == [
            "failing",
            "full",
            "monitored",
            "observed",
        ]
        _, run = reader.read("observed", experiment_id="")
    assert (run.status, run.steps, run.epochs) == ("finished", len(losses), distributed.EPOCHS)
    assert run.notes == ()
    found = run.get("stability/gradient_norm")
    assert found is not None
    np.testing.assert_allclose(found.statistic("last"), norms, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("observed", "plain"),
        ("monitored", "loop"),
        ("full", "plain"),  # its event file could no longer be written
        ("failing", "plain"),  # on one worker, a quantity could not be read
    ],
)
def test_the_workers_training_is_not_changed(workers, name, plain):
    root, _ = workers
    for worker in range(2):
        for found, expected in zip(
            results(root, name, worker), results(root, plain, worker), strict=True
        ):
            np.testing.assert_array_equal(found, expected)


def test_what_fails_on_one_worker_is_told_there_and_the_others_go_on(workers):
    root, printed = workers
    full, broken, stopping = LINES
    assert [line for line in printed[0].splitlines() if not told(line)] == [full, stopping]
    assert [line for line in printed[1].splitlines() if not told(line)] == [broken, stopping]
    assert read_series(root / "full")["stability/loss"].steps == [1, 2]
    losses, norms = trained_by_hand()
    check(root / "failing", losses, norms)


def told(line):
    return line.startswith("tb_stability: ")
