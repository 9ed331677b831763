from __future__ import annotations

import numpy as np
import pytest

from tb_stability.onsets import Onset, Thresholds, find_onsets
from tb_stability.onsets.remedies import remedies_for
from tb_stability.series import RunSeries
from tests import histories, synthetic
from tests.onsets.runs import with_quantity

SIGN = (-1.0) ** np.arange(40)


def told(loss: np.ndarray, **options: object) -> list[Onset]:
    thresholds = options.pop("thresholds", None)
    run = synthetic.run(loss, per_epoch=1, **options)  # type: ignore[arg-type]
    return [
        item
        for item in find_onsets(run, thresholds)  # type: ignore[arg-type]
        if item.kind == "oscillating_loss"
    ]


def kinds(run: RunSeries) -> list[str]:
    return [item.kind for item in find_onsets(run) if item.kind == "oscillating_loss"]


def settled(swing: float) -> np.ndarray:
    """A loss that falls from 2.5 for twenty windows and then swings about 0.5."""
    falling = 0.5 + 2.0 * np.exp(-np.arange(40) / 4)
    return falling + (np.arange(40) >= 20) * swing / 2 * SIGN


def test_a_swing_is_dated_to_where_it_began() -> None:
    (onset,) = told(settled(0.6))
    assert onset.severity == "warning"
    assert onset.epoch in (19, 20)
    assert onset.evidence.value == pytest.approx(0.6, rel=0.05)
    assert onset.evidence.baseline == pytest.approx(0.5, abs=0.05)
    assert onset.message.startswith("The loss swings up and down by 0.6")


def test_a_swing_is_not_told_as_a_rise_as_well() -> None:
    (onset,) = find_onsets(synthetic.run(settled(0.6), per_epoch=1))
    assert onset.kind == "oscillating_loss"


def test_a_swing_that_gives_back_little_of_what_was_gained_is_harmless() -> None:
    assert told(settled(0.2)) == []


def test_noise_does_not_alternate() -> None:
    for seed in range(50):
        assert told(np.abs(1.0 + 0.2 * np.random.default_rng(seed).standard_normal(40))) == []


@pytest.mark.parametrize(
    "loss",
    [
        1.0 + 0.4 * SIGN * np.exp(-np.arange(40) / 8),  # dies away
        2.0 - 0.04 * np.arange(40) + 0.1 * SIGN,  # gets somewhere
        1.0 + 0.4 * np.sin(np.arange(40) * np.pi / 2 + 0.7),  # a cycle of four
        np.append(1.0 + 0.4 * SIGN[:30], np.full(10, 0.6)),  # is over
    ],
)
def test_a_swing_that_dies_away_or_gets_somewhere_is_left_alone(loss: np.ndarray) -> None:
    assert told(loss) == []


def test_a_learning_rate_that_goes_up_and_down_swings_the_loss_by_design() -> None:
    loss = 1.0 + 0.4 * SIGN
    assert len(told(loss, rates=np.full(40, 0.01))) == 1
    assert told(loss, rates=0.01 * (1.5 + SIGN)) == []


def test_the_length_of_the_swing_is_a_threshold() -> None:
    loss = np.append(np.full(20, 1.04), 1.0 + 0.15 * SIGN[:9])
    assert told(loss) == []
    assert len(told(loss, thresholds=Thresholds(oscillation_points=8))) == 1


def test_the_remedy_is_a_lower_rate() -> None:
    (onset,) = told(1.0 + 0.4 * SIGN, rates=np.full(40, 0.01))
    assert onset.remedies[0].code == "keras.optimizers.Adam(learning_rate=0.001)"


def test_what_is_clipped_is_clipped_at_the_lower_rate() -> None:
    """Seen of swinging_loss, whose swing begins with the first step, and its large steps later."""
    run = synthetic.run(
        1.0 + 0.4 * SIGN, per_epoch=1, gradients=np.ones((40, 3)), rates=np.full(40, 0.01)
    )
    (onset,) = find_onsets(run)
    assert [remedy.code for remedy in remedies_for(run, onset, healthy_until=100)] == [
        "keras.optimizers.Adam(learning_rate=0.001)",
        "keras.optimizers.Adam(learning_rate=0.001, global_clipnorm=1.73)",
    ]


def test_the_large_steps_of_a_swing_get_the_same_rate() -> None:
    """Seen on the page: two findings of one run, with rates that differed a hundredfold."""
    run = synthetic.run(1.0 + 0.4 * SIGN, per_epoch=1, rates=np.full(40, 0.01))
    run = with_quantity(run, "update_ratio", np.full((40, 2), 0.4))
    found = {item.kind: item.remedies for item in find_onsets(run)}
    assert found["update_ratio_high"] == found["oscillating_loss"]


def test_windows_that_differ_within_each_epoch_do_not_oscillate() -> None:
    # Seen in training: the second and shorter window of each epoch had the lower loss.
    loss = 1.0 + 0.4 * SIGN
    assert kinds(synthetic.run(loss, per_epoch=2)) == []
    assert kinds(synthetic.run(loss, per_epoch=20)) == ["oscillating_loss"]


def test_many_windows_are_judged_over_twice_as_many() -> None:
    flat = np.full(20, 1.1)
    assert kinds(synthetic.run(np.append(flat, 1.0 + 0.4 * SIGN[:15]), per_epoch=20)) == []
    run = synthetic.run(np.append(flat, 1.0 + 0.4 * SIGN[:21]), per_epoch=20)
    assert kinds(run) == ["oscillating_loss"]


def test_a_loss_that_jumps_about_from_epoch_to_epoch_swings_too() -> None:
    loss = np.exp(np.random.default_rng(0).normal(0, 0.9, 40))
    (onset,) = find_onsets(histories.run_of({"loss": loss}))
    assert (onset.kind, onset.severity) == ("oscillating_loss", "warning")


@pytest.mark.parametrize("steps", [1, 30])
def test_single_batches_may_jump_about_as_they_like(steps: int) -> None:
    loss = np.exp(np.random.default_rng(0).normal(0, 0.9, 40))
    run = synthetic.run(loss, per_epoch=1)
    run.series[0].values[...] = synthetic.per_step(loss, steps=steps)
    assert kinds(run) == (["oscillating_loss"] if steps > 1 else [])


def test_swings_that_are_all_above_what_had_been_reached_are_a_divergence() -> None:
    # Seen of a learning rate that grows from epoch to epoch.
    fall = np.array([1.8, 1.3, 0.66, 0.23, 0.08, 0.04, 0.035, 0.11])
    wild = np.array([0.76, 7.3, 3.5, 1.9, 16.8, 2.1, 3.2, 7.8, 2.5, 9.0, 1.7, 6.0])
    kinds = [onset.kind for onset in find_onsets(histories.run_of({"loss": np.append(fall, wild)}))]
    assert kinds == ["loss_divergence"]
