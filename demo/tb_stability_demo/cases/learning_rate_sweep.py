"""The sentiment LSTM of `falling_lstm`, continued at five learning rates: which one is safe?

All runs are one and the same until the second stage begins. From there on each goes on at its own
rate, so that they differ in this alone, and in the same epoch.
"""

from __future__ import annotations

from functools import partial

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.cases.falling_lstm import CASE as FALLING_LSTM
from tb_stability_demo.cases.falling_lstm import SECOND_STAGE, training

SAFE_RATES = (0.0005, 0.001, 0.002)
FALLING_RATES = (0.2, 0.5)

CASE = DemoCase(
    name="learning_rate_sweep",
    title="One LSTM classifier at five learning rates: which is safe?",
    problems=(14,),
    story=(
        "The second stage of a sentiment LSTM, from epoch 10 on, at learning rates from 0.0005 to "
        "0.5. Up to 0.002 the accuracy of 0.88 is kept. At 0.2 and above both losses jump in "
        "epoch 10, accuracy falls to chance, and neither comes back."
    ),
    seed=FALLING_LSTM.seed,
    runs=(
        *(
            DemoRun(name=f"rate_{rate}", training=partial(training, second_rate=rate))
            for rate in SAFE_RATES
        ),
        *(
            DemoRun(
                name=f"rate_{rate}",
                training=partial(training, second_rate=rate),
                expected=(Expectation("loss_divergence", SECOND_STAGE),),
                may_show=(*FALLING_LSTM.runs[0].may_show, "update_ratio_high"),
            )
            for rate in FALLING_RATES
        ),
    ),
)
