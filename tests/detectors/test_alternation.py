from __future__ import annotations

import numpy as np
import pytest

from tb_stability.detectors import Alternation

SIGN = (-1.0) ** np.arange(60)


def test_a_zigzag_is_found_from_its_first_point_to_its_last() -> None:
    values = np.concatenate([np.full(10, 3.4), 3.0 + SIGN[:20], np.full(10, 3.4)])
    (found,) = Alternation().detect(values)
    assert (found.start, found.certain, found.end) == (10, 19, 31)
    assert (found.value, found.baseline) == (2.0, 3.0)


@pytest.mark.parametrize("missing", [[5], [5, 6, 11], [0, 39]])
def test_missing_points_do_not_break_it(missing: list[int]) -> None:
    values = np.insert(SIGN[:37], [min(at, 37) for at in missing], np.nan)
    (found,) = Alternation().detect(values)
    assert found.end is None


def test_independent_noise_alternates_to_the_end_once_in_a_thousand_times() -> None:
    rng = np.random.default_rng(0)
    lasting = sum(
        any(item.end is None for item in Alternation().detect(rng.standard_normal(40)))
        for _ in range(2000)
    )
    assert lasting <= 8


@pytest.mark.parametrize(
    "values",
    [
        np.arange(60.0),
        np.arange(60.0) + 1.5 * SIGN,  # a zigzag about a trend
        SIGN * np.exp(-np.arange(60) / 10),  # damped
        np.sin(np.arange(60)),  # a longer period
        np.repeat(SIGN[:30], 2),
    ],
)
def test_what_gets_somewhere_does_not_alternate(values: np.ndarray) -> None:
    assert Alternation().detect(values) == []


def test_what_moves_before_it_stands_is_found_from_where_it_stands() -> None:
    moving = np.concatenate([np.linspace(30, 3, 10), np.full(30, 0.0)]) + 4 * SIGN[:40]
    (found,) = Alternation().detect(moving)
    assert 5 <= found.start <= 12


@pytest.mark.parametrize(("scale", "shift"), [(1e-6, 0.0), (1e6, -3.0), (1.0, 1e4)])
def test_scale_and_shift_change_nothing_but_the_numbers(scale: float, shift: float) -> None:
    values = np.append(np.linspace(19, 5, 8), 3.0 + SIGN[:20])
    (plain,), (moved,) = (Alternation().detect(item) for item in (values, scale * values + shift))
    assert (moved.start, moved.certain, moved.end) == (plain.start, plain.certain, plain.end)
    assert moved.value == pytest.approx(scale * plain.value, rel=1e-6)
    assert moved.baseline == pytest.approx(scale * plain.baseline + shift, rel=1e-6)


def test_a_swing_that_shrinks_about_a_level_that_sinks_is_dated_to_its_beginning() -> None:
    # Seen in demo/swinging_loss: it alternates for 40 epochs, and slowly gets better.
    epochs = np.arange(40)
    loss = 0.78 - 0.13 * epochs / 40 + (0.105 - 0.035 * epochs / 40) * SIGN[:40]
    (found,) = Alternation().detect(np.append([2.0, 1.5], loss))
    assert (found.start, found.end) == (2, None)
