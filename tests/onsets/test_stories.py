"""What explains what: one story a cause, told from its beginning, and no story too many."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tb_stability.metadata import GRADIENT_NORM, Quantity
from tb_stability.onsets import KINDS, Evidence, Onset, find_onsets
from tb_stability.onsets.blame import in_order_of_blame
from tb_stability.series import RunSeries
from tests import signals, synthetic


def onset(kind: str, step: int, end_step: int | None = None) -> Onset:
    evidence = Evidence("stability/x", "value", "rule", 0.5)
    return Onset(kind, "critical", step // 10, step, None, kind, evidence, end_step=end_step)


def causes(*onsets: Onset) -> list[tuple[str, str | None]]:
    """Returns each kind with the kind that explains it, in the order in which they are told."""
    told = in_order_of_blame(onsets)
    return [(item.kind, None if item.cause is None else told[item.cause].kind) for item in told]


def test_an_explosion_explains_the_divergence_and_all_that_is_not_finite() -> None:
    assert causes(
        onset("nonfinite_weights", 60),
        onset("nonfinite_gradient", 51),
        onset("nonfinite_loss", 51),
        onset("loss_divergence", 40),
        onset("exploding_gradient", 31),
    ) == [
        ("exploding_gradient", None),
        ("loss_divergence", "exploding_gradient"),
        ("nonfinite_loss", "exploding_gradient"),
        ("nonfinite_gradient", "exploding_gradient"),
        ("nonfinite_weights", "exploding_gradient"),
    ]


@pytest.mark.parametrize(
    "story",
    [
        ("unscaled_input", "cell_state_growth", "exploding_gradient", "loss_divergence"),
        ("update_ratio_high", "logit_growth", "loss_divergence", "nonfinite_loss"),
        ("logit_growth", "exploding_gradient", "nonfinite_loss", "nonfinite_gradient"),
        ("update_ratio_high", "oscillating_loss"),
        ("oscillating_loss", "nonfinite_loss"),
        ("cell_state_growth", "not_learning", "chance_accuracy"),
        ("update_ratio_low", "not_learning", "chance_accuracy"),
        ("saturated_activation", "vanishing_gradient", "logit_collapse", "chance_accuracy"),
        ("wrong_logits_pairing", "loss_metric_contradiction"),
        ("imbalanced_classes", "chance_accuracy"),
        ("epoch_boundary_jump", "loss_spike"),
    ],
)
def test_a_story_has_its_cause_first_and_one_only(story: tuple[str, ...]) -> None:
    told = causes(*(onset(kind, 10 * place) for place, kind in enumerate(story)))
    assert told == [(story[0], None), *((kind, story[0]) for kind in story[1:])]
    # The same at one step, where only the order of the kinds tells cause from consequence.
    at_once = causes(*(onset(kind, 10) for kind in reversed(story)))
    assert [cause for _, cause in at_once].count(None) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("dead_relu", "loss_divergence"),
        ("imbalanced_classes", "loss_divergence"),
        ("vanishing_gradient", "nonfinite_loss"),
        ("overfitting", "loss_divergence"),
        ("update_ratio_low", "loss_divergence"),
        ("loss_metric_contradiction", "nonfinite_loss"),
        ("validation_spike", "loss_spike"),
        ("nonfinite_input", "not_learning"),
        ("loss_spike", "loss_divergence"),
    ],
)
def test_what_has_nothing_to_do_with_it_is_a_story_of_its_own(first: str, second: str) -> None:
    assert causes(onset(first, 10), onset(second, 20)) == [(first, None), (second, None)]


def test_what_was_over_explains_nothing_after_it() -> None:
    spike = onset("exploding_gradient", 10, end_step=20)
    assert causes(spike, onset("loss_divergence", 15))[1][1] == "exploding_gradient"
    assert causes(spike, onset("loss_divergence", 20))[1][1] is None


def test_a_later_onset_explains_nothing_before_it() -> None:
    assert causes(onset("exploding_gradient", 30), onset("loss_divergence", 20)) == [
        ("loss_divergence", None),
        ("exploding_gradient", None),
    ]


def test_no_kind_explains_itself() -> None:
    for kind in KINDS:
        assert causes(onset(kind, 10), onset(kind, 20)) in (
            [(kind, None), (kind, None)],
            [(kind, None), (kind, kind)],  # of several row groups, the first
        )


def diverging_run() -> RunSeries:
    """Gradients leave in window 28, the loss in window 30, and all is NaN from window 36 on."""
    loss = signals.stepped(signals.falling(np.random.default_rng(0), points=40), 30, 5.0)
    loss = signals.broken(loss, 36)
    norms = np.tile([0.5, 2.0, 1.0], (40, 1))
    norms[28:, 1] *= 50.0
    norms[30:] *= 50.0
    norms[36:] = np.nan
    return synthetic.run(loss, gradients=norms)


def test_a_run_that_explodes_is_one_story() -> None:
    onsets = find_onsets(diverging_run())
    assert [(item.kind, item.epoch, item.cause) for item in onsets] == [
        ("exploding_gradient", 14, None),
        ("loss_divergence", 15, 0),
        ("nonfinite_loss", 18, 0),
        ("nonfinite_gradient", 18, 0),
    ]


def test_two_troubles_of_one_run_are_two_stories() -> None:
    run = diverging_run()
    quantity = Quantity("inputs", "inputs", "", "input", ("nonfinite", "count"))
    table = np.tile(np.array([3.0, 64.0], np.float32), (40, 1, 1))
    inputs = synthetic.series(quantity, table, run.windows, ("pixels",))
    onsets = find_onsets(dataclasses.replace(run, series=(*run.series, inputs)))
    roots = [item.kind for item in onsets if item.cause is None]
    assert roots == ["nonfinite_input", "exploding_gradient"]


def test_the_first_nan_of_weights_explains_the_gradients_after_it() -> None:
    norms = np.tile([0.5, 2.0, 1.0], (20, 1))
    norms[12:] = np.nan
    run = synthetic.run(np.linspace(1.0, 0.5, 20), gradients=norms)
    quantity = Quantity("weight_norm", "weight_norm", "", "layer", ("value", "count"))
    norm = np.where(np.arange(20) >= 10, np.nan, 3.0)
    table = np.stack([norm, np.ones(20)], axis=-1)[:, None].astype(np.float32)
    weights = synthetic.series(quantity, table, run.windows, ("dense",))
    onsets = find_onsets(dataclasses.replace(run, series=(*run.series, weights)))
    assert [(item.kind, item.cause) for item in onsets] == [
        ("nonfinite_weights", None),
        ("nonfinite_gradient", 0),
    ]
    assert GRADIENT_NORM.name in onsets[1].evidence.tag
