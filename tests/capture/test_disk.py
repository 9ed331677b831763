"""A disk that fails in mid-training: one warning, the same weights, and what was whole is read."""

from __future__ import annotations

import functools
import resource
import shutil
import warnings
from typing import Any

import numpy as np
import pytest

from tb_stability import StabilityCallback, StabilityMonitor
from tb_stability.reader import RunReader
from tests import providers
from tests.capture import test_monitor
from tests.capture.line import OnBatch, check_same, compiled, fit
from tests.capture.recorded import event_files

WINDOW = 3
# Steps after which the disk fails: the first window is written, the second is under way.
FAILS = 4
# What is measured in any case will do, and is traced in a third of the time.
OPTIONS: Any = {"window_steps": WINDOW, "quantities": ()}


def fill_disk(log_dir):
    """Leaves room for a few bytes, so that the next record is cut off."""
    (file,) = event_files(log_dir)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 10, most))


FAULTS = {"full": fill_disk, "no directory": shutil.rmtree}
REASONS = {"full": "File too large", "no directory": "the file was removed"}


@pytest.fixture(autouse=True)
def room_again():
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def with_callback(log_dir, fault):
    model = compiled()
    observe = [] if log_dir is None else [StabilityCallback(log_dir, **OPTIONS)]
    fit(model, *observe, OnBatch(FAILS, lambda _: fault and fault(log_dir)), epochs=2)
    return model


def with_monitor(log_dir, fault):
    model, optimizer = test_monitor.build()
    monitor = log_dir and StabilityMonitor(log_dir, model, optimizer, **OPTIONS)
    train_step = test_monitor.make_step(model, optimizer, monitor, "function")
    for step in range(1, 13):
        batch = test_monitor.X[:4], test_monitor.Y[:4]
        if monitor is None:
            train_step(*batch)
            continue
        with monitor.step():
            train_step(*batch)
        if step == FAILS:
            fault(log_dir)
    if monitor is not None:
        monitor.end_epoch({"loss": 1.0})
        monitor.close()
    model.optimizer = optimizer
    return model


WAYS = {"StabilityCallback": with_callback, "StabilityMonitor": with_monitor}


@functools.cache
def undisturbed(way):
    return WAYS[way](None, None)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_disk_that_fails_costs_the_rest_of_the_recording(tmp_path, way, fault):
    log_dir = tmp_path / "run"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = WAYS[way](log_dir, FAULTS[fault])
    (told,) = [str(warning.message) for warning in caught if way in str(warning.message)]
    assert told.startswith(
        f"{way} stopped recording after step 6, as its event file can no longer be written; "
        f"training goes on. cannot write '{log_dir}/events.out.tfevents."
    )
    assert REASONS[fault] in told
    check_same(model, undisturbed(way))
    if fault == "full":
        with providers.open_provider("python loader", log_dir) as provider:
            _, run = RunReader(provider).read(".", experiment_id="")
        np.testing.assert_array_equal(run.windows.last_step, [WINDOW])
        assert run.status == "training"


def test_a_directory_made_read_only_takes_what_its_open_file_is_given(tmp_path):
    log_dir = tmp_path / "run"

    def protect(log_dir):
        event_files(log_dir)[0].chmod(0o400)
        log_dir.chmod(0o500)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with_callback(log_dir, protect)
    assert [str(w.message) for w in caught if "StabilityCallback" in str(w.message)] == []
    log_dir.chmod(0o700)
    with providers.open_provider("python loader", log_dir) as provider:
        _, run = RunReader(provider).read(".", experiment_id="")
    assert (run.steps, run.status) == (20, "finished")
