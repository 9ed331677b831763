from __future__ import annotations

import numpy as np
import pytest

from tb_stability.onsets.rates import rates_of
from tb_stability.series import RunSeries
from tests import histories, synthetic
from tests.onsets.runs import told


@pytest.mark.parametrize("name", ["lr", "learning_rate"])
def test_rates_are_found_in_epoch_logs_as_well(name: str) -> None:
    rates = rates_of(histories.run_of({"loss": np.ones(5), name: np.linspace(0.1, 0.5, 5)}))
    assert rates is not None
    assert rates.at(2) == pytest.approx(0.3)
    assert rates.before(2) == pytest.approx(0.15)
    assert rates.before(0) is None


def test_what_is_no_rate_is_passed_over() -> None:
    rates = rates_of(synthetic.run(np.ones(4), rates=[np.nan, 0.1, -1.0, 0.2]))
    assert rates is not None
    np.testing.assert_allclose(rates.value, [0.1, 0.2])
    assert rates_of(synthetic.run(np.ones(4), rates=np.full(4, np.nan))) is None
    assert rates_of(synthetic.run(np.ones(4))) is None


@pytest.mark.parametrize(
    ("rates", "cycles"),
    [
        (np.full(40, 0.1), False),
        (np.geomspace(0.1, 1e-4, 40), False),
        (np.tile([0.1, 0.1, 0.1, 0.01], 10), True),
        (1 + (-1.0) ** np.arange(40), True),
        (1 + np.cos(np.arange(40) * 2 * np.pi / 20), False),
    ],
)
def test_a_rate_that_goes_up_and_down_all_the_time_cycles(rates: np.ndarray, cycles: bool) -> None:
    found = rates_of(synthetic.run(np.ones(40), rates=rates))
    assert found is not None
    assert found.cycles(1, 400) is cycles


def test_a_rate_is_raised_where_it_rises_by_half() -> None:
    rates = rates_of(synthetic.run(np.ones(6), rates=[0.1, 0.1, 0.12, 0.3, 0.3, 0.01]))
    assert rates is not None
    assert rates.is_raised(31, 40)
    assert rates.is_raised(21, 60)
    assert not rates.is_raised(1, 30)
    assert not rates.is_raised(51, 60)


def raised_at_six(loss_before: list[float]) -> RunSeries:
    """A run whose gradients grow from window 4 on, and explode with a raised rate in window 12."""
    loss = np.array([*loss_before, *[1e6] * 4])
    norm = np.array([1.0, 1.1, 0.9, 1.0, 3.5, 4.0, 4.5, 5.0, 5.0, 5.0, 5.0, 5.0, *[1e8] * 4])
    rates = np.where(np.arange(16) < 12, 0.01, 1.0)
    return synthetic.run(loss, gradients=np.outer(norm, [1.0, 0.9, 0.8]), rates=rates)


LEARNS = [2.0, 2.0, 2.0, 2.0, 1.9, 1.7, 1.5, 1.3, 1.2, 1.1, 1.0, 0.9]


def test_gradients_of_a_model_that_learns_are_not_what_a_raised_rate_makes_of_them() -> None:
    """Seen with a network that left its plateau two epochs before a faulty schedule struck."""
    (onset,) = told(raised_at_six(LEARNS), "exploding_gradient")
    assert (onset.epoch, onset.step) == (6, 121)
    assert onset.evidence.baseline == pytest.approx(1.2 * 5.0)
    assert onset.remedies[0].code == "keras.optimizers.Adam(learning_rate=0.01)"


def test_gradients_that_grow_while_the_loss_rises_are_on_their_way_already() -> None:
    (onset,) = told(raised_at_six(LEARNS[:4] + [2.1] * 8), "exploding_gradient")
    assert (onset.epoch, onset.step) == (2, 41)
