"""A store that fsspec knows and TensorFlow does not, written where TensorFlow is installed."""

from __future__ import annotations

import pytest

from tb_stability import StabilityCallback
from tb_stability.file_layer import file_layer
from tests.capture.line import OnBatch, check_same, compiled, fit, windows_of
from tests.capture.recorded import read_records, read_series

fsspec = pytest.importorskip("fsspec")


def copy_store(path, to):
    """Copies a directory of the store, to be read without fsspec."""
    store = fsspec.filesystem("memory")
    for name in store.ls(path, detail=False):
        (to / name.rpartition("/")[2]).write_bytes(store.cat(name))


def test_the_callback_writes_to_a_store(tmp_path):
    model, plain = compiled(), compiled()
    during = OnBatch(6, lambda _: copy_store("/capture/run", tmp_path))
    callback = StabilityCallback("memory://capture/run", window_steps=4, quantities=())
    fit(model, callback, during)
    assert windows_of(tmp_path) == [(1, 4, 0)], "each window is there when it ends"
    copy_store("/capture/run", tmp_path)
    assert windows_of(tmp_path) == [(1, 4, 0), (5, 8, 0), (9, 10, 0)]
    assert read_series(tmp_path)["stability/loss"].statistic("count").sum() == 10
    assert read_records(tmp_path)[-1].status == "finished"
    fit(plain)
    check_same(model, plain)


def test_a_store_that_is_not_known_is_named_before_training():
    model = compiled()
    with pytest.raises(OSError, match="cannot write event files to the log_dir") as caught:
        fit(model, StabilityCallback("nonsense://bucket/run"))
    assert "; a remote one needs fsspec, and its package for this store" in str(caught.value)
    assert model.optimizer.iterations == 0


@pytest.mark.parametrize(
    ("path", "layer"),
    [
        ("logs/run1", "tensorflow"),
        ("/logs/run1", "tensorflow"),
        ("gs://bucket/run1", "tensorflow"),
        ("memory://run1", "tensorboard"),
        ("s3://bucket/run1", "tensorboard"),
        ("simplecache::s3://bucket/run1", "tensorboard"),
    ],
)
def test_tensorflow_writes_what_it_knows(path, layer):
    assert file_layer(path).__name__.startswith(layer)
