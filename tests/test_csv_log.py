from __future__ import annotations

import numpy as np

from tb_stability.csv_log import parse_csv_log


def values(text: str, name: str) -> tuple[list[int], list[float]]:
    series = parse_csv_log("run", text.splitlines()).get(f"stability/epoch_logs/{name}")
    assert series is not None
    return series.epoch.tolist(), series.values[:, 0, 0].tolist()


def test_any_separator_of_csv_logger() -> None:
    for separator in (",", ";", "\t"):
        text = "epoch,loss\n0,1.5\n1,1.25\n".replace(",", separator)
        assert values(text, "loss") == ([0, 1], [1.5, 1.25])


def test_a_file_that_fit_appended_to_is_counted_on() -> None:
    text = "epoch,loss\n0,4\n1,3\nepoch,loss\n0,2\n1,1\n"
    assert values(text, "loss") == ([0, 1, 2, 3], [4, 3, 2, 1])


def test_na_is_missing_and_nan_is_nan() -> None:
    text = "epoch,loss,val_loss\n0,1,NA\n1,nan,2\n2,inf\n"
    assert values(text, "val_loss") == ([1], [2.0])
    epochs, losses = values(text, "loss")
    assert epochs == [0, 1, 2]
    np.testing.assert_array_equal(losses, [1.0, np.nan, np.inf])


def series_of(text: str) -> dict[str, tuple[list[int], list[float]]]:
    run = parse_csv_log("run", text.splitlines())
    return {
        series.tag.removeprefix("stability/"): (
            series.step.tolist(),
            series.values[:, 0, 0].tolist(),
        )
        for series in run.series
    }


def test_a_file_of_fast_ai() -> None:
    text = "epoch,train_loss,valid_loss,accuracy,time\n0,4,5,0.5,00:12\n1,3,4,0.75,00:12\n"
    assert series_of(text) == {
        "epoch_logs/loss": ([0, 1], [4, 3]),
        "epoch_logs/val_loss": ([0, 1], [5, 4]),
        "epoch_logs/accuracy": ([0, 1], [0.5, 0.75]),
    }


def test_a_name_that_keras_uses_stays_with_its_column() -> None:
    text = "epoch,train_loss,loss,lr,grad_scale\n0,1,2,0.5,8\n"
    assert series_of(text) == {
        "epoch_logs/train_loss": ([0], [1]),
        "epoch_logs/loss": ([0], [2]),
        "learning_rate": ([0], [0.5]),
        "epoch_logs/grad_scale": ([0], [8]),
    }


def test_a_log_of_steps() -> None:
    text = "Step,Loss\n" + "".join(f"{step},{1 / step}\n" for step in range(50, 5001, 50))
    run = parse_csv_log("run", text.splitlines())
    assert (run.epochs, run.steps, len(run.windows)) == (1, 5000, 100)
    assert run.notes == (
        "Read from a file with a row every few steps.",
        "Its epochs are unknown and shown as epoch 0.",
    )
    assert series_of(text).keys() == {"loss"}


def test_few_consecutive_steps_are_epochs() -> None:
    run = parse_csv_log("run", ["step,loss", "1,3", "2,2", "3,1"])
    assert (run.epochs, run.steps) == (3, 3)
    assert run.notes == ("Read from a file without epochs: its steps are taken for them.",)


def test_a_file_of_lightning() -> None:
    text = (
        "epoch,step,train_loss_step,val_loss\n0,49,3,\n0,99,2,\n0,99,,2.5\n1,149,1,\n1,199,,1.5\n"
    )
    run = parse_csv_log("run", text.splitlines())
    assert run.windows.last_step.tolist() == [49, 99, 149]
    assert run.windows.epoch.tolist() == [0, 0, 1]
    assert series_of(text)["epoch_logs/val_loss"] == ([99, 199], [2.5, 1.5])


def test_epochs_that_are_fractions_are_no_rows() -> None:
    run = parse_csv_log("run", ["epoch,loss", "0.5,4", "1.0,3", "1.5,2", "2.0,1"])
    assert run.windows.last_step.tolist() == [1, 2, 3, 4]
    assert run.windows.epoch.tolist() == [0, 0, 1, 1]
