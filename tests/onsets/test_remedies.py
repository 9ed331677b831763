from __future__ import annotations

import numpy as np
import pytest

from tb_stability.onsets import KINDS, Evidence, Onset, find_onsets
from tb_stability.onsets.remedies import remedies_for
from tests import signals, synthetic


def test_clipping_is_advised_at_the_healthy_95th_percentile_of_the_whole_norm() -> None:
    run = synthetic.exploding()
    norms = run.series[1].statistic("mean")[:12].astype(np.float64)
    expected = np.percentile(np.sqrt((norms**2).sum(axis=1)), 95)

    clip = find_onsets(run)[0].remedies[0]

    assert clip.code == f"keras.optimizers.Adam(learning_rate=0.01, global_clipnorm={expected:.3g})"


def test_a_rate_that_a_schedule_had_raised_is_advised_back_to_where_it_was_healthy() -> None:
    values = signals.stepped(signals.falling(np.random.default_rng(0)), 40, 2.0)
    rates = np.where(np.arange(60) < 38, 0.001, 0.01)
    (onset,) = find_onsets(synthetic.run(values, rates=rates))
    assert onset.remedies[0].text.startswith("Keep the learning rate at or below 0.001")
    assert onset.remedies[0].code == "keras.optimizers.Adam(learning_rate=0.001)"


def test_a_constant_rate_is_advised_down_by_ten() -> None:
    values = signals.stepped(signals.falling(np.random.default_rng(0)), 40, 2.0)
    (onset,) = find_onsets(synthetic.run(values, rates=np.full(60, 0.01)))
    assert onset.remedies[0].code == "keras.optimizers.Adam(learning_rate=0.001)"


def test_shorter_sequences_are_advised_for_recurrent_models() -> None:
    texts = [remedy.text for remedy in find_onsets(synthetic.exploding())[0].remedies]
    assert any("shorter pieces" in text for text in texts)


def test_a_raised_rate_comes_before_clipping_which_then_keeps_the_healthy_rate() -> None:
    run = synthetic.exploding()
    rates = run.get("stability/learning_rate")
    assert rates is not None
    rates.values[:11] = 0.001
    lower, clip = find_onsets(run)[0].remedies[:2]
    assert lower.code == "keras.optimizers.Adam(learning_rate=0.001)"
    assert clip.code.startswith("keras.optimizers.Adam(learning_rate=0.001, global_clipnorm=")


def test_the_healthy_period_ends_where_the_cause_began() -> None:
    explosion, *consequences = find_onsets(synthetic.exploding())
    clip = explosion.remedies[0]
    assert all(clip in onset.remedies for onset in consequences)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"overfitting", "validation_spike"}))
def test_every_kind_has_a_remedy_that_names_no_placeholder(kind: str) -> None:
    evidence = Evidence("stability/x", "value", "rule", 0.5)
    onset = Onset(kind, "warning", 6, 121, "lstm", "message", evidence)
    remedies = remedies_for(synthetic.exploding(), onset, 121)
    assert remedies
    assert all("{" not in remedy.text + remedy.code for remedy in remedies)


def test_the_rate_is_scaled_by_the_update_ratio_seen() -> None:
    evidence = Evidence("stability/update_ratio", "value", "rule", 0.25)
    onset = Onset("update_ratio_high", "critical", 6, 121, "lstm", "message", evidence)
    first = remedies_for(synthetic.exploding(), onset, 121)[0]
    assert first.code == "keras.optimizers.Adam(learning_rate=4e-05)"
