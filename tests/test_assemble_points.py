"""Points of a standard logger against what a naive loop makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from tb_stability.assemble_points import run_of_epochs, run_of_steps, steps_are_epochs
from tb_stability.metadata import PER_STEP
from tb_stability.points import Points, points_in_order


def points(step: object, value: object, tag: str = "loss") -> Points:
    steps = np.asarray(step)
    return points_in_order(tag, steps, 1e9 + steps, value)  # type: ignore[arg-type]


def naive_windows(step: list[int], value: list[float], width: int) -> list[dict[str, float]]:
    windows = []
    before = 0
    for start in range(0, len(step), width):
        part = list(zip(step[start : start + width], value[start : start + width], strict=True))
        finite = [item for item in part if np.isfinite(item[1])]
        broken = [item for item in part if not np.isfinite(item[1])]
        top = max(finite, key=lambda item: (item[1], -item[0]))
        windows.append(
            {
                "first_step": before + 1,
                "step": part[-1][0],
                "mean": sum(item[1] for item in finite) / len(finite),
                "min": min(item[1] for item in finite),
                "max": top[1],
                "last": finite[-1][1],
                "count": len(part),
                "nonfinite": len(broken),
                "argmax": top[0] - before - 1,
                "first_nonfinite": broken[0][0] - before - 1 if broken else -1,
            }
        )
        before = part[-1][0]
    return windows


@pytest.mark.parametrize(("count", "width"), [(5, 1), (256, 1), (257, 2), (1000, 4)])
def test_points_become_windows(count: int, width: int) -> None:
    rng = np.random.default_rng(0)
    step = np.cumsum(rng.integers(1, 20, count))
    value = np.exp(rng.normal(size=count)).astype(np.float32)
    if width > 1:
        value[1 :: 3 * width] = [np.nan, np.inf][count % 2]

    run = run_of_steps("run", {"loss": points(step, value)}, points(step, value), None)

    series = run.get("stability/loss")
    assert series is not None
    expected = naive_windows(step.tolist(), value.tolist(), width)
    assert len(series) == len(expected) <= 256
    assert series.first_step.tolist() == [window["first_step"] for window in expected]
    assert series.step.tolist() == [window["step"] for window in expected]
    np.testing.assert_array_equal(run.windows.first_step, series.first_step)
    np.testing.assert_array_equal(run.windows.last_step, series.step)
    for name in PER_STEP:
        found = series.statistic(name)[:, 0]
        np.testing.assert_allclose(found, [window[name] for window in expected], 1e-6, err_msg=name)


def test_epochs_that_lightning_logs() -> None:
    loss = points(range(10, 101, 10), np.ones(10))
    epoch = points(range(10, 101, 10), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2], "epoch")
    run = run_of_steps("run", {"loss": loss}, loss, epoch)
    assert run.windows.epoch.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert run.notes == ()


def test_epochs_that_hugging_face_logs() -> None:
    loss = points([10, 20, 30, 40], np.ones(4))
    shares = points([10, 20, 30, 40], [0.5, 1.0, 1.5, 2.0], "train/epoch")
    assert run_of_steps("run", {"loss": loss}, loss, shares).windows.epoch.tolist() == [0, 0, 1, 1]
    whole = points([20, 40], [1.0, 2.0], "train/epoch")
    loss = points([20, 40], np.ones(2))
    assert run_of_steps("run", {"loss": loss}, loss, whole).windows.epoch.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("training", "validation", "expected"),
    [
        (range(20), None, True),
        (range(1, 21), None, True),
        (range(200), None, True),
        (range(201), None, False),
        (range(1000), range(1000), True),
        (range(1000), range(999), True),  # the last epoch is under way
        (range(1000), range(0, 1000, 50), False),
        (range(0, 1000, 50), range(0, 1000, 50), False),
        (range(5, 20), None, False),
        (None, range(20), True),
    ],
)
def test_whether_steps_are_epochs(
    training: range | None, validation: range | None, expected: bool
) -> None:
    points_of = {
        name: points(list(steps), np.ones(len(steps)))
        for name, steps in (("loss", training), ("val_loss", validation))
        if steps is not None
    }
    assert steps_are_epochs(points_of) is expected


def test_a_run_of_epochs_names_those_that_are_missing() -> None:
    run = run_of_epochs("run", {"loss": points([1, 2, 5], [3.0, 2.0, 1.0])})
    assert (run.epochs, run.steps) == (5, 5)
    assert run.notes == ("2 of 5 epochs are missing.",)
    assert run_of_epochs("run", {"loss": points([0, 1], [3.0, 2.0])}).notes == ()


def test_finite_values_stay_finite() -> None:
    run = run_of_epochs("run", {"loss": points([0, 1], [1e300, np.inf])})
    assert run.series[0].values[:, 0, 0].tolist() == [float(np.finfo(np.float32).max), np.inf]
