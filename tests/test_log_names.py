from __future__ import annotations

import pytest

from tb_stability.log_names import parse_log_name, stage_of_directory

TRAINING, VALIDATION, UNTOLD = False, True, None


@pytest.mark.parametrize(
    ("name", "meaning", "stage"),
    [
        ("loss", "loss", UNTOLD),
        ("epoch_loss", "loss", UNTOLD),  # Keras
        ("batch_loss", "loss", UNTOLD),
        ("val_loss", "loss", VALIDATION),
        ("Loss/train", "loss", TRAINING),  # PyTorch's tutorials
        ("Loss/test", "loss", VALIDATION),
        ("training loss", "loss", TRAINING),
        ("train/loss", "loss", TRAINING),  # Hugging Face
        ("eval/loss", "loss", VALIDATION),
        ("eval_loss", "loss", VALIDATION),
        ("train/train_loss", "loss", TRAINING),
        ("train_loss_step", "loss", TRAINING),  # Lightning
        ("train_loss_epoch", "loss", TRAINING),
        ("valid_loss", "loss", VALIDATION),  # fast.ai
        ("Loss/total_loss", "loss", UNTOLD),
        ("trainLoss", "loss", TRAINING),
        ("epoch_sparse_categorical_accuracy", "accuracy", UNTOLD),
        ("val_acc", "accuracy", VALIDATION),
        ("Accuracy/train", "accuracy", TRAINING),
        ("epoch_learning_rate", "learning_rate", UNTOLD),
        ("train/learning_rate", "learning_rate", TRAINING),
        ("lr", "learning_rate", UNTOLD),
        ("lr-AdamW", "learning_rate", UNTOLD),
        ("lr-SGD/pg1", "learning_rate", UNTOLD),
        ("train/grad_norm", "gradient_norm", TRAINING),
        ("epoch", "epoch", UNTOLD),
        ("train/epoch", "epoch", TRAINING),
    ],
)
def test_names_that_loggers_use(name: str, meaning: str, stage: bool | None) -> None:
    parsed = parse_log_name(name)
    assert parsed is not None
    assert (parsed.meaning, parsed.validation) == (meaning, stage)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "train",
        "train/box_loss",  # a part of a loss
        "d_loss",  # one of two models'
        "losses/policy_loss",
        "validation/regularization_loss",
        "lr-Adam-momentum",
        "train/val_gap_loss",
        "evaluation_loss_vs_iterations",
        "train_samples_per_second",
        "blossom",
        "损失",
        "<script>alert(1)</script>",
        "loss" + " " * 300,
    ],
)
def test_any_other_name_is_left_alone(name: str) -> None:
    assert parse_log_name(name) is None


@pytest.mark.parametrize(
    ("directory", "stage"),
    [
        ("train", TRAINING),
        ("validation", VALIDATION),
        ("eval", VALIDATION),
        ("test", VALIDATION),
        ("Loss_train", TRAINING),
        ("loss_val", VALIDATION),
        ("train_2", UNTOLD),
        ("pretrain", UNTOLD),
        ("loss", UNTOLD),
        ("train_val", UNTOLD),
        (".", UNTOLD),
        ("", UNTOLD),
    ],
)
def test_directories_named_after_a_stage(directory: str, stage: bool | None) -> None:
    assert stage_of_directory(directory) is stage
