"""Which learning rate to try, and the code that sets it."""

from __future__ import annotations

import numpy as np

from tb_stability.onsets import advice, healthy_period
from tb_stability.onsets.onset import Remedy
from tb_stability.onsets.rates import rates_of
from tb_stability.onsets.update_ratio_low import gets_gradients
from tb_stability.series import RunSeries

# Factor by which to lower a constant learning rate: what separates 1e-3 and 1e-4, the two that
# people report as unstable and stable for Adam.
RATE_FACTOR = 10.0

# The ratio of update to weights at which training is healthy: see `onsets.updates`; how far from it
# a run may be before its rate is advised to be scaled to it; and how far up the ratio goes with the
# rate: beyond, it is that of a run which has exploded already.
_HEALTHY_RATIO = 1e-3
_FAR = 10.0
_FARTHEST = 1e4

# A rate above it is hardly ever meant: where steps are that short, something takes them away.
_HIGHEST_RATE = 1.0

# A gradient that is longer than its limit by such a factor is not limited, but taken away.
_CLIPPED = 1e3

# Of the optimizers that divide by the root of a second moment and an epsilon, which is usually 1e-7
# or 1e-8: one as large as this counts for more than the moment.
_LARGE_EPSILON = 1e-2

# A rate that a schedule brought down to this part of the highest is hardly any.
_DECAYED = 1e-2


def rate_for_ratio(run: RunSeries, step: int, ratio: float) -> tuple[Remedy, ...]:
    """Returns the learning rate scaled so that the update ratio seen becomes a healthy one."""
    rate = healthy_period.rate_at(run, step)
    decayed = _decayed_from(run)
    if ratio < _HEALTHY_RATIO and decayed is not None:
        highest, usual = decayed
        text = (
            f"Let the learning rate decay less: it began at {highest:.3g}, and for half of the "
            f"steps it was {usual:.3g} or less. See whether the schedule counts steps or epochs."
        )
        return (Remedy(text, optimizer_code(run, highest)),)
    if rate == 0:
        text = "Raise the learning rate: it is zero."
        return (Remedy(text, optimizer_code(run, _HEALTHY_RATIO)),)
    scaled = scaled_rate(run, step, ratio)
    if rate is None or scaled is None:
        return ()
    return (
        Remedy(
            f"{'Lower' if scaled < rate else 'Raise'} the learning rate from {rate:.3g} to about "
            f"{scaled:.3g}: scaled so that a step changes the weights by {_HEALTHY_RATIO:g} of "
            "their norm.",
            optimizer_code(run, scaled),
        ),
    )


def scaled_rate(run: RunSeries, step: int, ratio: float) -> float | None:
    """Returns the learning rate at which a step's update ratio would be a healthy one.

    Args:
      run: What was measured.
      step: When the ratio was seen.
      ratio: Of the update's norm to the weights'.

    Returns:
      None where the rate is not known or zero, the ratio is that of a run which has exploded
      already, or the rate would be higher than any is meant to be.
    """
    rate = healthy_period.rate_at(run, step)
    if not rate or not 0 < ratio <= _FARTHEST * _HEALTHY_RATIO:
        return None
    scaled = rate * _HEALTHY_RATIO / ratio
    return scaled if scaled <= max(_HIGHEST_RATE, rate) else None


def rate_for_usual_ratio(run: RunSeries) -> tuple[Remedy, ...]:
    """Returns the rate for a run that does not learn; another one where the steps say nothing."""
    ratio = healthy_period.usual_ratio(run)
    taken = what_takes_steps_away(run)
    if taken and ratio is not None and ratio < _HEALTHY_RATIO / _FAR:
        return taken
    step = int(run.windows.first_step[0])
    far = ratio is not None and not 1 / _FAR <= ratio / _HEALTHY_RATIO <= _FAR
    # Where no gradient arrives the steps are short at any rate.
    if ratio is not None and far and (ratio > _HEALTHY_RATIO or gets_gradients(run)):
        return rate_for_ratio(run, step, ratio) or (advice.ANOTHER_RATE,)
    return (advice.ANOTHER_RATE,)


def lower_rate(run: RunSeries, step: int) -> tuple[Remedy, ...]:
    """Returns to train with the `lowered_rate`, where the rate is known, or with a lower one."""
    rate, lower = healthy_period.rate_at(run, step), lowered_rate(run, step)
    if rate is None or lower is None:
        return (Remedy("Lower the learning rate by a factor of ten."),)
    text = (
        f"Keep the learning rate at or below {lower:.3g}, with which the run was healthy: it had "
        f"been raised to {rate:.3g}."
        if healthy_period.was_raised(run, step)
        else f"Lower the learning rate from {rate:.3g} to {lower:.3g}, for more epochs."
    )
    return (Remedy(text, optimizer_code(run, lower)),)


def lowered_rate(run: RunSeries, step: int) -> float | None:
    """Returns the rate with which a run was healthy, where it had been raised, or a tenth of it.

    None where no rate is known, or it is zero.
    """
    rate = healthy_period.rate_at(run, step)
    if rate is None or rate <= 0:
        return None
    if healthy_period.was_raised(run, step):
        return healthy_period.healthy_rate(run, step)
    return rate / RATE_FACTOR


def higher_rate(run: RunSeries, step: int) -> tuple[Remedy, ...]:
    """Returns what to try where no step changes anything, by how much is not known."""
    rate = healthy_period.rate_at(run, step)
    if rate is None or rate <= 0:
        return (Remedy("Raise the learning rate, by a factor of a hundred at first."),)
    raised = rate * RATE_FACTOR * RATE_FACTOR
    text = f"Raise the learning rate from {rate:.3g} to {raised:.3g} at first."
    return (Remedy(text, optimizer_code(run, raised)),)


def what_takes_steps_away(run: RunSeries) -> tuple[Remedy, ...]:
    """Returns what to change of an optimizer whose settings make its steps short, if any."""
    options = run.record.optimizer if run.record else {}
    rate = run.record.learning_rate if run.record else None
    remedies = []
    norm = healthy_period.healthy_norm(run, run.steps + 1)
    for name in ("clipnorm", "global_clipnorm", "clipvalue"):
        limit = options.get(name)
        if isinstance(limit, int | float) and norm is not None and 0 < limit < norm / _CLIPPED:
            text = (
                f"Clip less, or not at all: {name} is {limit:.3g}, and the norm of the gradient "
                f"goes up to {norm:.3g}."
            )
            remedies.append(Remedy(text, optimizer_code(run, rate, f"{name}={norm:.3g}")))
    epsilon = options.get("epsilon")
    if isinstance(epsilon, int | float) and epsilon >= _LARGE_EPSILON:
        text = f"Give the optimizer its usual epsilon: {epsilon:.3g} makes every step short."
        remedies.append(Remedy(text, optimizer_code(run, rate, "epsilon=1e-7")))
    return tuple(remedies)


def optimizer_code(run: RunSeries, rate: float | None, *arguments: str) -> str:
    """Returns the code of the run's optimizer; its arguments alone where it is not known.

    So it is for the logs of other loggers, which may be of any framework.
    """
    name = str(run.record.optimizer.get("class_name", "")) if run.record else ""
    every = (*(() if rate is None else (f"learning_rate={rate:.3g}",)), *arguments)
    if not name.isidentifier():
        return "; ".join(every)
    return f"keras.optimizers.{name}({', '.join(every)})"


def _decayed_from(run: RunSeries) -> tuple[float, float] | None:
    """Returns the highest rate and the median one, where a schedule left hardly any of it."""
    rates = rates_of(run)
    if rates is None:
        return None
    first = run.record.learning_rate if run.record else None
    highest = max(float(rates.value.max()), first or 0.0)
    usual = float(np.median(rates.value))
    return (highest, usual) if usual <= _DECAYED * highest else None
