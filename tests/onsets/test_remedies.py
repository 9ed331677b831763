from __future__ import annotations

import ast
import dataclasses
from typing import Any

import numpy as np
import pytest

from tb_stability.onsets import KINDS, Evidence, Onset, find_onsets
from tb_stability.onsets.remedies import remedies_for
from tb_stability.record import LayerRecord, OutputRecord, RunRecord
from tb_stability.series import RunSeries
from tests import histories, signals, synthetic
from tests.onsets.runs import classifier, stuck_run, with_quantity


def test_clipping_is_advised_at_the_healthy_95th_percentile_of_the_whole_norm() -> None:
    run = synthetic.exploding()
    norms = run.series[1].statistic("mean")[:12].astype(np.float64)
    expected = np.percentile(np.sqrt((norms**2).sum(axis=1)), 95)

    clip = find_onsets(run)[0].remedies[0]

    assert clip.code == f"keras.optimizers.Adam(learning_rate=0.01, global_clipnorm={expected:.3g})"


def test_a_rate_that_a_schedule_had_raised_is_advised_back_to_where_it_was_healthy() -> None:
    values = signals.stepped(signals.falling(np.random.default_rng(0)), 40, 2.0)
    rates = np.where(np.arange(60) < 38, 0.001, 0.01)
    (told,) = find_onsets(synthetic.run(values, rates=rates))
    assert told.remedies[0].text.startswith("Keep the learning rate at or below 0.001")
    assert told.remedies[0].code == "keras.optimizers.Adam(learning_rate=0.001)"


def test_a_constant_rate_is_advised_down_by_ten() -> None:
    values = signals.stepped(signals.falling(np.random.default_rng(0)), 40, 2.0)
    (told,) = find_onsets(synthetic.run(values, rates=np.full(60, 0.01)))
    assert told.remedies[0].code == "keras.optimizers.Adam(learning_rate=0.001)"


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
    assert all(clip in item.remedies for item in consequences)


def onset(kind: str, value: float = 0.5, row: str = "lstm") -> Onset:
    evidence = Evidence("stability/x", "value", "rule", value)
    return Onset(kind, "warning", 6, 121, row, "message", evidence)


def runs() -> list[RunSeries]:
    """With a record and without, with gradients and rates and without."""
    full = synthetic.exploding()
    return [
        full,
        dataclasses.replace(full, record=None),
        dataclasses.replace(full, series=full.series[:1]),
        dataclasses.replace(full, series=full.series[:1], record=None),
        dataclasses.replace(full, record=RunRecord(optimizer={"class_name": "my>Adam"})),
    ]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"overfitting"}))
def test_every_kind_has_a_remedy_that_can_be_read_and_pasted(kind: str) -> None:
    for run in runs():
        for value in (0.0, 0.5, np.nan, np.inf):
            for row in ("lstm", "block_1/dense", "pixels"):
                remedies = remedies_for(run, onset(kind, value, row), 121)
                assert remedies
                assert all("{" not in remedy.text for remedy in remedies)
                for remedy in remedies:
                    ast.parse(remedy.code)


def test_an_info_needs_no_remedy() -> None:
    info = dataclasses.replace(onset("loss_spike"), severity="info")
    assert remedies_for(synthetic.exploding(), info, 121) == ()


def with_layer(class_name: str, name: str) -> RunSeries:
    record = dataclasses.replace(
        synthetic.run_record(), layers=(LayerRecord(name, class_name, 100, "relu"),)
    )
    return dataclasses.replace(synthetic.exploding(), record=record)


@pytest.mark.parametrize(
    ("class_name", "code"),
    [
        ("Dense", 'keras.layers.Dense(..., activation="leaky_relu", name="hidden_3")'),
        ("Conv2D", 'keras.layers.Conv2D(..., activation="leaky_relu", name="hidden_3")'),
        ("ReLU", 'keras.layers.LeakyReLU(name="hidden_3")'),
        ("Activation", 'keras.layers.LeakyReLU(name="hidden_3")'),
    ],
)
def test_the_layer_to_give_a_leaky_relu_is_named(class_name: str, code: str) -> None:
    dead = onset("dead_relu", row="block/hidden_3")
    run = with_layer(class_name, "block/hidden_3")
    born = remedies_for(run, dead, 121)
    dead = dataclasses.replace(dead, evidence=dataclasses.replace(dead.evidence, baseline=0.1))
    remedies = remedies_for(run, dead, 121)
    assert born == remedies[:0:-1]  # what was dead from the start did not die of the rate
    assert remedies[1].text.startswith("Let the units of block/hidden_3 recover")
    assert remedies[1].code == code
    assert 'kernel_initializer="he_normal"' in remedies[2].code


def test_a_relu_that_is_a_function_is_replaced_by_a_function() -> None:
    run = with_layer("Dense", "block/dense")
    born, leaky = remedies_for(run, onset("dead_relu", row="block/relu_1"), 121)
    assert born.text == "Initialise the layer before block/relu_1 for ReLU."
    assert born.code == 'keras.layers.Dense(..., kernel_initializer="he_normal")'
    assert leaky.text.startswith("Let the units of block/relu_1 recover")
    assert leaky.code == "keras.ops.leaky_relu(x)"
    _, leaky = remedies_for(run, onset("dead_relu", row="block/act (64 units)"), 121)
    assert leaky.code == 'keras.layers.LeakyReLU(name="act")'


def test_the_rate_of_a_csv_file_is_known_as_well() -> None:
    loss = np.append(np.linspace(1.0, 0.3, 20), [2.0, 2.0, 2.0])
    log = histories.run_of({"loss": loss, "lr": np.full(23, 0.02)})
    (divergence,) = find_onsets(log)
    assert divergence.remedies[0].text == (
        "Lower the learning rate from 0.02 to 0.002, for more epochs."
    )


def test_a_run_that_does_not_learn_is_advised_the_rate_that_its_steps_ask_for() -> None:
    run = with_quantity(stuck_run([1.0, 1.0, 1.0]), "update_ratio", np.full((12, 2), 0.05))
    (stuck,) = find_onsets(run)
    assert stuck.kind == "not_learning"
    assert stuck.remedies[0].code == "keras.optimizers.Adam(learning_rate=0.0002)"
    healthy = with_quantity(stuck_run([1.0, 1.0, 1.0]), "update_ratio", np.full((12, 2), 2e-3))
    (stuck,) = find_onsets(healthy)
    assert stuck.remedies[0].text.startswith("Try another learning rate")


def test_a_loss_that_takes_logits_for_probabilities_gets_its_own_name_in_the_code() -> None:
    outputs = (OutputRecord("out", "linear", "binary_crossentropy", False),)
    run = dataclasses.replace(synthetic.exploding(), record=RunRecord(outputs=outputs))
    (remedy,) = remedies_for(run, onset("wrong_logits_pairing", 0.0, row="out"), 121)
    assert remedy.code == (
        "model.compile(..., loss=keras.losses.BinaryCrossentropy(from_logits=True))"
    )


def test_the_rate_is_scaled_by_the_update_ratio_seen() -> None:
    first = remedies_for(synthetic.exploding(), onset("update_ratio_high", 0.25), 121)[0]
    assert first.code == "keras.optimizers.Adam(learning_rate=4e-05)"


def broken_at(step: int, **fields: Any) -> RunSeries:
    """A run whose loss is NaN from a step on, with calm gradients before."""
    loss = np.where(np.arange(20) * 10 + 10 >= step, np.nan, 1.0)
    run = synthetic.run(loss, gradients=np.ones((20, 3)))
    assert run.record is not None
    return dataclasses.replace(run, record=dataclasses.replace(run.record, **fields))


def test_steps_that_are_too_large_are_clipped_at_the_lower_rate() -> None:
    """Seen of swinging_loss: the second remedy kept the rate that the first one lowers."""
    rate, clip = remedies_for(synthetic.exploding(), onset("update_ratio_high", 0.25), 121)
    assert clip.text.startswith("Clip the gradient as well, at ")
    lowered = rate.code.removesuffix(")")
    assert clip.code.startswith(f"{lowered}, global_clipnorm=")


def test_what_was_not_finite_before_the_first_step_is_no_matter_of_the_rate() -> None:
    (told, *_) = find_onsets(broken_at(1))
    assert told.kind == "nonfinite_loss"
    assert [remedy.text.split(",")[0] for remedy in told.remedies] == [
        "It began before a step was taken",
        "And for NaN",
    ]
    resumed = find_onsets(broken_at(1, first_step=1))[0]
    assert resumed.remedies == told.remedies


def test_labels_that_are_no_class_are_thought_of_first() -> None:
    run = classifier(np.full(6, np.nan), np.full(6, 0.2), classes=5)
    (told, *_) = find_onsets(run)
    assert (told.kind, told.remedies[0].code) == ("nonfinite_loss", "y.min(), y.max()")
    assert told.remedies[0].text == (
        "See whether every label is from 0 to 4: another one makes this loss NaN without a word."
    )


def test_what_broke_after_calm_gradients_is_looked_for_in_the_loss_first() -> None:
    (told, *later) = find_onsets(broken_at(101))
    assert told.remedies[0].text.startswith("The gradients were calm before")
    assert all(item.remedies == told.remedies for item in later if item.kind.startswith("nonf"))


def test_an_output_that_is_dead_is_advised_to_leave_its_relu_out() -> None:
    record = RunRecord(
        layers=(LayerRecord("head", "Dense", 9, "relu"),), outputs=(OutputRecord("head", "relu"),)
    )
    run = dataclasses.replace(synthetic.exploding(), record=record)
    (remedy,) = remedies_for(run, onset("dead_relu", row="head"), 121)
    assert remedy.text.startswith("Leave the activation of head out")
    assert remedy.code == 'keras.layers.Dense(..., name="head")'


def timid(**optimizer: object) -> RunSeries:
    run = with_quantity(stuck_run([1.0, 1.0, 1.0]), "update_ratio", np.full((12, 2), 1e-9))
    options = {"class_name": "Adam", **optimizer}
    assert run.record is not None
    return dataclasses.replace(run, record=dataclasses.replace(run.record, optimizer=options))


@pytest.mark.parametrize(
    ("optimizer", "code"),
    [
        ({"clipnorm": 1e-7}, "keras.optimizers.Adam(learning_rate=0.01, clipnorm=1.73)"),
        ({"epsilon": 1000.0}, "keras.optimizers.Adam(learning_rate=0.01, epsilon=1e-7)"),
        # Neither is unusual, and to scale the rate would take 10000.
        ({"clipnorm": 1.0, "epsilon": 1e-7}, "keras.optimizers.Adam(learning_rate=1)"),
    ],
)
def test_what_takes_the_steps_away_is_named(optimizer: dict[str, object], code: str) -> None:
    told = find_onsets(timid(**optimizer))
    assert [item.kind for item in told] == ["update_ratio_low", "not_learning"]
    assert told[0].remedies[0].code == code


def test_a_rate_that_decayed_to_nothing_is_advised_to_decay_less() -> None:
    run = with_quantity(stuck_run([1.0, 1.0, 1.0]), "update_ratio", np.full((12, 2), 0.0))
    rates = synthetic.run(np.ones(12), rates=0.1 * 0.1 ** np.arange(12)).get(
        "stability/learning_rate"
    )
    assert rates is not None
    run = dataclasses.replace(run, series=(*run.series, rates))
    low = next(item for item in find_onsets(run) if item.kind == "update_ratio_low")
    assert low.remedies[0].text.startswith("Let the learning rate decay less: it began at 0.1,")


def test_without_a_gradient_no_higher_rate_is_advised() -> None:
    run = with_quantity(stuck_run([0.0, 0.0, 0.0]), "update_ratio", np.full((12, 2), 1e-9))
    (stuck,) = find_onsets(run)
    assert stuck.remedies[0].text.startswith("Try another learning rate")


def test_a_log_of_another_framework_is_given_no_code_of_keras() -> None:
    log = histories.run_of(
        {"loss": np.append(np.linspace(1.0, 0.3, 20), [2.0] * 3), "lr": [0.02] * 23}
    )
    assert find_onsets(log)[0].remedies[0].code == "learning_rate=0.002"
