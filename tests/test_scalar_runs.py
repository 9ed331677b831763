"""Which scalars make up a run."""

from __future__ import annotations

import pytest

from tb_stability.scalar_runs import scalar_runs


def names(tags: dict[str, list[str]], **arguments: object) -> dict[str, list[tuple[str, str, str]]]:
    found = scalar_runs(tags, **arguments)  # type: ignore[arg-type]
    return {
        run: [(item.run, item.tag, item.name) for item in of_run.scalars]
        for run, of_run in found.items()
    }


@pytest.mark.parametrize(("above", "prefix"), [("a/b", "a/b/"), (".", "")])
def test_train_and_validation_are_the_run_above(above: str, prefix: str) -> None:
    tags = {f"{prefix}train": ["epoch_loss"], f"{prefix}validation": ["epoch_loss"]}
    assert names(tags) == {
        above: [
            (f"{prefix}train", "epoch_loss", "loss"),
            (f"{prefix}validation", "epoch_loss", "val_loss"),
        ]
    }


def test_a_validation_below_the_training_run_belongs_to_it() -> None:
    assert names({"a": ["loss"], "a/eval": ["loss"]}) == {
        "a": [("a", "loss", "loss"), ("a/eval", "loss", "val_loss")]
    }


def test_a_lone_validation_is_a_run_of_its_own() -> None:
    assert names({"test": ["loss"], "exp1": ["loss"]}) == {
        "test": [("test", "loss", "val_loss")],
        "exp1": [("exp1", "loss", "loss")],
    }


def test_the_name_of_a_tag_counts_before_that_of_its_directory() -> None:
    assert names({"a/train": ["loss", "val_loss"]}) == {
        "a": [("a/train", "loss", "loss"), ("a/train", "val_loss", "val_loss")]
    }


def test_what_is_validated_has_no_rate() -> None:
    tags = {"a/train": ["loss", "lr", "epoch"], "a/validation": ["loss", "lr", "epoch"]}
    assert [name for _, _, name in names(tags)["a"]] == [
        "epoch",
        "loss",
        "learning_rate",
        "val_loss",
    ]


def test_epochs_and_batches_of_keras_are_not_mixed() -> None:
    tags = {
        "a/train": ["batch_loss", "epoch_loss", "epoch_learning_rate"],
        "a/validation": ["epoch_loss", "evaluation_loss_vs_iterations"],
    }
    found = scalar_runs(tags)["a"]
    assert found.by_epoch
    assert {item.tag for item in found.scalars} == {"epoch_loss", "epoch_learning_rate"}
    assert not scalar_runs({"a/train": ["batch_loss"]})["a"].by_epoch


def test_what_the_callback_wrote_is_not_judged_twice() -> None:
    tags = {"a": ["loss"], "a/train": ["loss"], "a/validation": ["loss"], "b/train": ["loss"]}
    assert list(names(tags, without={"a": ()})) == ["b"]
    assert names({"a/validation": ["loss"]}, without={"a"}) == {}


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"a": []},
        {"a": ["accuracy", "lr"]},
        {"a": ["g_loss", "d_loss"]},
        {"a": ["train/loss", "rollout/ep_rew_mean"]},  # stable-baselines
        {"a": ["loss", "charts/episodic_return"]},  # CleanRL
    ],
)
def test_what_is_no_run_with_a_loss_of_its_own(tags: dict[str, list[str]]) -> None:
    assert scalar_runs(tags) == {}
