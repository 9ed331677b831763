"""Ways of training with `fit`, as data: a model, how it is compiled, what it is given."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from tests.capture import by_hand, models
from tests.capture.models import CLASSES, MANY_WORDS, WEIGHTS, WORDS, X, Y

BATCH = 8  # of 28 samples, the last has half of it
CLASS_WEIGHT = {0: 0.3, 1: 2.0}
CLASS_WEIGHTS = np.array([CLASS_WEIGHT[label] for label in CLASSES], np.float32)

SGD = keras.optimizers.SGD
Adam = keras.optimizers.Adam


def shuffled(*arrays: Any) -> tf.data.Dataset:
    data = tf.data.Dataset.from_tensor_slices(arrays)
    # In one order for all epochs: Keras opens iterators that it does not use.
    return data.shuffle(28, seed=3, reshuffle_each_iteration=False).batch(BATCH)


def generated():
    yield from by_hand.in_order(X, Y, size=BATCH)


class Parts(keras.utils.PyDataset):
    """Batches from the last to the first."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return by_hand.in_order(X, Y, size=BATCH)[3 - index]


def of_unknown_length():
    signature = (tf.TensorSpec((None, 6)), tf.TensorSpec((None, 2)))
    return tf.data.Dataset.from_generator(generated, output_signature=signature)


def arrays_in_order(*arrays: Any) -> dict[str, Any]:
    x, y, *weight = arrays
    given = {"x": x, "y": y, "batch_size": BATCH, "shuffle": False}
    return given | ({"sample_weight": weight[0]} if weight else {})


def crossentropy(y, outputs, weight=None):
    return keras.losses.SparseCategoricalCrossentropy()(y, outputs, sample_weight=weight)


def of_two_outputs(y, outputs):
    absolute = keras.losses.MeanAbsoluteError()(y[1], outputs[1])
    return by_hand.MSE(y[0], outputs[0]) + 0.5 * absolute


@dataclasses.dataclass(frozen=True)
class Way:
    """One way of training.

    Attributes:
      build: Returns the model.
      rows: Its rows, from the input to the output.
      optimizer: Returns the optimizer.
      compile: What else the model is compiled with.
      fit: Returns what `fit` is given.
      batches: Returns what an epoch consists of; what `fit` is given as x, where it is None.
      loss: The loss, for training by hand.
      by_hand: How the training by hand runs its steps.
      policy: dtype policy.
      scale: Factor of the loss, by the optimizer, as it is in every step.
      epochs: Number of epochs; of one that yields its data once, 1.
    """

    build: Callable[[], Any] = models.sequential
    rows: tuple[str, ...] = ("first", "norm", "last")
    optimizer: Callable[[], Any] = lambda: SGD(0.1, momentum=0.9)
    compile: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    fit: Callable[[], dict[str, Any]] = lambda: {"x": shuffled(X, Y)}
    batches: Callable[[], Any] | None = None
    loss: Callable[..., Any] = by_hand.MSE
    by_hand: Literal["eager", "graph", "jit"] = "eager"
    policy: str = "float32"
    scale: float = 1.0
    epochs: int = 2

    @contextlib.contextmanager
    def compiled(self) -> Iterator[Any]:
        """The same model each time, within its policy."""
        keras.config.set_dtype_policy(self.policy)
        try:
            keras.utils.set_random_seed(3)
            model = self.build()
            model.compile(self.optimizer(), **{"loss": "mse", **self.compile})
            yield model
        finally:
            keras.config.set_dtype_policy("float32")

    def trained(self, *callbacks: Any) -> tuple[Any, Any]:
        """Returns a model that was trained with `fit`, and its history."""
        with self.compiled() as model:
            options = {"epochs": self.epochs, "verbose": 0} | self.fit()
            return model, model.fit(callbacks=list(callbacks), **options).history

    def trained_by_hand(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the losses ``[steps]`` and norms ``[steps, rows]`` of the same training."""
        with self.compiled() as model:
            layers = {row: own_variables(model, row) for row in self.rows}
            epoch = self.batches or (lambda: self.fit()["x"])
            batches = [batch for _ in range(self.epochs) for batch in epoch()]
            return by_hand.train(
                model, batches, layers, loss=self.loss, scale=self.scale, way=self.by_hand
            )


def own_variables(model: Any, row: str) -> list[Any]:
    """Variables of a row, found by name and not by the code that is tested."""
    if row == model.name:
        return [model.gain]
    layer = model
    for part in row.split("/"):
        layer = next(child for child in layer.layers if child.name == part)
    return list(layer.trainable_weights)


EMBEDDED: Mapping[str, Any] = {
    "build": models.embedding,
    "rows": ("words", "lstm", "head"),
    "fit": lambda: {"x": shuffled(WORDS, Y)},
}
MODELS: Mapping[str, Mapping[str, Any]] = {
    "sequential": {},
    "functional": {"build": models.functional, "rows": ("encoder/dense", "shared", "dense")},
    "embedding": EMBEDDED,
    "subclassed": {"build": models.subclassed, "rows": ("subclassed", "body", "unused", "head")},
    "frozen": {"build": models.frozen},
    "own-step": {"build": models.own_step},
    "several-inputs-and-outputs": {
        "build": models.several,
        "rows": ("l", "r", "b", "a"),
        "compile": {"loss": ["mse", "mae"], "loss_weights": [1.0, 0.5]},
        "fit": lambda: {"x": shuffled((X, -X), (Y, -Y))},
        "loss": of_two_outputs,
    },
}
SLOW_TO_COMPILE = ("frozen", "own-step", "several-inputs-and-outputs")  # and like the others
COMPILED: Mapping[str, Mapping[str, Any]] = {
    "auto": {"compile": {"jit_compile": "auto"}},
    "jit": {"compile": {"jit_compile": True}, "by_hand": "jit"},
    "eager": {"compile": {"run_eagerly": True}},
}
OPTIMIZERS: Mapping[str, Callable[[], Any]] = {
    "sgd": lambda: SGD(0.1),
    "nesterov": lambda: SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.1),
    "adagrad": lambda: keras.optimizers.Adagrad(0.1),
    "lion": lambda: keras.optimizers.Lion(0.01),
    "clipnorm": lambda: Adam(0.1, clipnorm=1e-2),
    "clipvalue": lambda: Adam(0.1, clipvalue=1e-3),
    "global-clipnorm": lambda: Adam(0.1, global_clipnorm=1e-2),
    "weight-decay": lambda: keras.optimizers.AdamW(0.1, weight_decay=0.1),
    "ema": lambda: Adam(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3),
    "accumulation": lambda: SGD(0.1, gradient_accumulation_steps=2),
    "accumulation-over-epochs": lambda: SGD(0.1, gradient_accumulation_steps=3),
}
CLASSIFIED: Mapping[str, Any] = {
    "build": models.classifier,
    "rows": ("body", "out"),
    "compile": {"loss": "sparse_categorical_crossentropy"},
    "loss": crossentropy,
}


def _arrays(*arrays: Any, **options: Any) -> dict[str, Any]:
    return {
        "fit": lambda: arrays_in_order(*arrays) | options,
        "batches": lambda: by_hand.in_order(*arrays, size=BATCH),
    }


DATA: Mapping[str, Mapping[str, Any]] = {
    "arrays": _arrays(X, Y),
    "generator": {
        "fit": lambda: {"x": generated(), "steps_per_epoch": 4},
        "batches": generated,
        "epochs": 1,
    },
    "PyDataset": {
        "fit": lambda: {"x": Parts(), "shuffle": False},
        # Keras before 3.9 gives it no end to iterate to.
        "batches": lambda: [Parts()[index] for index in range(len(Parts()))],
    },
    # In one epoch: at its end Keras draws random numbers for a batch that does not come.
    "data-of-unknown-length": {
        "fit": lambda: {"x": of_unknown_length()},
        "batches": generated,
        "epochs": 1,
    },
    "sample-weights": _arrays(X, Y, WEIGHTS),
    "sample-weights-in-data": {"fit": lambda: {"x": shuffled(X, Y, WEIGHTS)}},
    "class-weights": {
        **CLASSIFIED,
        "fit": lambda: arrays_in_order(X, CLASSES) | {"class_weight": CLASS_WEIGHT},
        "batches": lambda: by_hand.in_order(X, CLASSES, CLASS_WEIGHTS, size=BATCH),
    },
    "class-weights-of-data": {
        **CLASSIFIED,
        "fit": lambda: {"x": shuffled(X, CLASSES), "class_weight": CLASS_WEIGHT},
        "batches": lambda: shuffled(X, CLASSES, CLASS_WEIGHTS),
    },
}
MIXED: Mapping[str, Mapping[str, Any]] = {
    f"{policy}-{way}": {**COMPILED[compiled], "policy": policy, "scale": scale, "by_hand": way}
    for policy, scale in (("mixed_float16", 2.0**15), ("mixed_bfloat16", 1.0))
    for compiled, way in (("auto", "graph"), ("jit", "jit"))
}

WAYS: Mapping[str, Way] = {
    **{
        f"{name}-{compiled}": Way(
            **{**model, **how, "compile": {**model.get("compile", {}), **how["compile"]}}
        )
        for name, model in MODELS.items()
        for compiled, how in COMPILED.items()
        if compiled != "jit" or name not in SLOW_TO_COMPILE
    },
    **{name: Way(optimizer=optimizer) for name, optimizer in OPTIMIZERS.items()},
    "ema-jit": Way(optimizer=OPTIMIZERS["ema"], **COMPILED["jit"]),
    "accumulation-jit": Way(optimizer=OPTIMIZERS["accumulation"], **COMPILED["jit"]),
    "clipnorm-of-embedding": Way(**EMBEDDED, optimizer=OPTIMIZERS["clipnorm"]),
    **{name: Way(**data) for name, data in DATA.items()},
    **{name: Way(**mixed) for name, mixed in MIXED.items()},
    "executions": Way(compile={"steps_per_execution": 3}),
    "executions-jit": Way(compile={"steps_per_execution": 3, "jit_compile": True}, by_hand="jit"),
    "executions-of-unknown-length": Way(
        fit=lambda: {"x": of_unknown_length()},
        batches=generated,
        compile={"steps_per_execution": 3},
    ),
    "loss-scale-factor": Way(optimizer=lambda: SGD(0.1, loss_scale_factor=1024.0), scale=1024.0),
    "many-words": Way(
        build=models.many_words, rows=("words", "head"), fit=lambda: {"x": shuffled(MANY_WORDS, Y)}
    ),
    "jit-off": Way(compile={"jit_compile": False}),
}
