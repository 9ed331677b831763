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
