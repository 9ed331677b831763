"""The deep net of `vanishing_sigmoid` with tanh, whose initial weights are too small.

Weights that are drawn too small shrink the gradient in any layer, and what passes forwards as well.
The other way out is taken here: residual connections, along which both pass by the layers.
"""

from __future__ import annotations

from functools import partial

from tb_stability_demo.case import NOTHING_LEARNT, DemoCase, DemoRun, Expectation
from tb_stability_demo.cases.vanishing_sigmoid import training

CASE = DemoCase(
    name="vanishing_tanh",
    title="Deep tanh net with small weights: the gradient vanishes towards the input",
    problems=(10, 15),
    story=(
        "Twelve tanh layers, their weights drawn with Keras's random_normal, of deviation 0.05: "
        "every layer passes on a third of what it gets, forwards and backwards, and accuracy "
        "stays at one in six. Mended by residual connections around the same layers with the "
        "same initial weights."
    ),
    seed=2,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, activation="tanh", initialiser="random_normal"),
            expected=(Expectation("vanishing_gradient", 0, "hidden_1"),),
            may_show=NOTHING_LEARNT,
        ),
        DemoRun(
            name="fixed",
            training=partial(
                training, activation="tanh", initialiser="random_normal", residual=True
            ),
        ),
    ),
)
