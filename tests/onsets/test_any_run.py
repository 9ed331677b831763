"""No rule raises for a run, whatever it holds, and each of its onsets is well-formed."""

from __future__ import annotations

import ast
import dataclasses
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tb_stability import metadata
from tb_stability.metadata import Quantity, SeriesMetadata
from tb_stability.onsets import KINDS, Thresholds, find_onsets
from tb_stability.onsets.thresholds import MOST
from tb_stability.record import LayerRecord, OutputRecord, RunRecord
from tb_stability.series import RunSeries, Series, Windows

PER_STEP = metadata.PER_STEP
VALUE = ("value", "count")

# Quantity, row group, rows and statistics of everything that a rule asks for.
SERIES = (
    ("loss", "", ("loss",), PER_STEP),
    ("gradient_norm", "", ("a", "b", "c"), PER_STEP),
    ("learning_rate", "", ("adam",), ("value",)),
    ("weight_norm", "", ("a", "b"), VALUE),
    ("update_ratio", "", ("a", "b"), VALUE),
    ("dead_relu", "", ("a", "b"), VALUE),
    ("saturation", "", ("a",), VALUE),
    ("gate_saturation", "", ("a/input", "a/output"), VALUE),
    ("logits", "max_abs", ("out",), PER_STEP),
    ("logits", "mean_abs", ("out",), PER_STEP),
    ("logits", "spread", ("out",), PER_STEP),
    ("class_logits", "", ("0", "1", "2"), PER_STEP),
    ("labels", "", ("0", "1", "2"), VALUE),
    ("inputs", "", ("x",), ("mean", "std", "min", "max", "nonfinite", "count")),
    ("targets", "", ("out",), ("mean", "std", "min", "max", "nonfinite", "count")),
    ("label_entropy", "", ("out",), PER_STEP),
    ("cell_state", "lstm", ("0", "1", "2-3", "4-9"), ("mean", "min", "max", "nonfinite", "count")),
    ("hidden_state", "gru", ("0", "1", "2", "3", "4"), ("mean", "count")),
    *(
        ("epoch_logs", name, (name,), ("value",))
        for name in ("loss", "accuracy", "val_loss", "val_accuracy", "lr", "d_loss")
    ),
)

RECORD = RunRecord(
    status="finished",
    layers=(LayerRecord("a", "Dense"), LayerRecord("lstm", "LSTM")),
    outputs=(OutputRecord("out", "softmax", "categorical_crossentropy", True),),
    optimizer={"class_name": "SGD"},
    learning_rate=0.1,
    loss="categorical_crossentropy",
)

WILD = (np.nan, np.inf, -np.inf, 0.0, -1.0, 1.0, 1e-30, 3e38, -3e38)


def column(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A statistic of many shapes: calm, constant, growing, or anything at all."""
    if name in ("count", "nonfinite"):
        return rng.choice([0.0, 1.0, 10.0], shape, p=[0.2, 0.2, 0.6])
    if name in ("argmax", "first_nonfinite"):
        return rng.integers(-1, 10, shape).astype(float)
    kind = rng.integers(0, 6)
    with np.errstate(over="ignore"):
        values = {
            0: lambda: 1.0 + 0.1 * rng.standard_normal(shape),
            1: lambda: np.full(shape, rng.choice([0.0, 0.5, 1.0, 2.3])),
            2: lambda: np.cumprod(rng.uniform(0.5, 3.0, shape), axis=0),
            3: lambda: rng.choice(WILD, shape),
            4: lambda: np.exp(rng.normal(0, 5, shape)),
            5: lambda: (
                np.linspace(1, -5, shape[0]).reshape(-1, *[1] * (len(shape) - 1)) * np.ones(shape)
            ),
        }[int(kind)]()
    if rng.random() < 0.3:
        values = np.where(rng.random(shape) < 0.2, rng.choice(WILD), values)
    return values


def any_run(seed: int) -> RunSeries:
    rng = np.random.default_rng(seed)
    count = int(rng.choice([1, 2, 3, 5, 12, 30]))
    steps = rng.integers(1, 20, count).cumsum()
    first = np.append(1, steps[:-1] + 1) + rng.integers(0, 2, count) * (rng.random() < 0.3)
    epoch = np.sort(rng.integers(0, max(1, count), count))
    windows = Windows(np.minimum(first, steps), steps, epoch)
    series = []
    for quantity, group, rows, statistics in SERIES:
        if rng.random() < 0.25:
            continue
        kept = np.sort(rng.choice(count, int(rng.integers(1, count + 1)), replace=False))
        shape = (len(kept), len(rows))
        values = np.stack([column(rng, name, shape) for name in statistics], axis=-1)
        with np.errstate(over="ignore"):
            values = values.astype(np.float32)
        described = SeriesMetadata(Quantity(quantity, quantity, "", "row", statistics), rows, group)
        series.append(
            Series(
                described,
                steps[kept],
                windows.first_step[kept],
                epoch[kept],
                np.arange(len(kept), dtype=float),
                values,
            )
        )
    return RunSeries("any", windows, tuple(series), RECORD if rng.random() < 0.6 else None)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=300, deadline=None)
def test_no_run_makes_a_rule_raise(seed: int) -> None:
    run = any_run(seed)
    before = [series.values.copy() for series in run.series]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error")  # such as that of an empty mean
        onsets = find_onsets(run)
    for series, values in zip(run.series, before, strict=True):
        np.testing.assert_array_equal(series.values, values)
    assert [item.step for item in onsets] == sorted(item.step for item in onsets)
    for index, item in enumerate(onsets):
        assert item.kind in KINDS
        assert item.cause is None or item.cause < index
        assert item.end_step is None or item.end_step > item.step or item.severity == "info"
        assert item.message.endswith(".")
        assert "{" not in item.message
        for remedy in item.remedies:
            ast.parse(remedy.code)


@pytest.mark.parametrize("seed", range(20))
def test_extreme_thresholds_make_no_rule_raise(seed: int) -> None:
    run = any_run(seed)
    least = {item["name"]: item["least"] for item in Thresholds.describe()}
    huge = dict.fromkeys(least, MOST)
    for values in (least, huge):
        with np.errstate(all="ignore"):
            find_onsets(run, Thresholds.from_mapping(values))


@pytest.mark.parametrize("kept", range(len(SERIES)))
def test_one_series_alone_makes_no_rule_raise(kept: int) -> None:
    for seed in range(10):
        run = any_run(seed)
        name, group = SERIES[kept][:2]
        alone = [
            series
            for series in run.series
            if (series.quantity, series.metadata.row_group) == (name, group)
        ]
        with np.errstate(all="ignore"):
            for item in find_onsets(dataclasses.replace(run, series=tuple(alone))):
                assert math.isfinite(item.step)
