"""Which scalars of a logdir belong to one training run, and what each of them means.

Standard loggers write no run as one: `keras.callbacks.TensorBoard` puts training into
``X/train`` and validation into ``X/validation``, others one name a subdirectory. So:

1. A TensorBoard run whose last directory is named after a stage of training (see
   `tb_stability.log_names.stage_of_directory`) is part of the run above it, provided that a
   training loss is there: a lone ``validation`` is a run of its own. The run is named after the
   directory above, ``.`` for the logdir itself, as TensorBoard names it.
2. A tag means what `tb_stability.log_names.parse_log_name` says; where it names no stage, its
   directory does; where neither does, it is training.
3. Keras' own ``epoch_*`` count epochs where everything else counts steps. Where a run has the
   loss by epoch, nothing else of it is read.
4. What stands in or below a directory into which our callback wrote, such as the ``train`` and
   ``validation`` of a `keras.callbacks.TensorBoard` with the same ``log_dir``, says less of the
   same training, and is not read.
5. A run without a loss is none of ours, and neither is one that logs a reward: what it minimises
   is no measure of how well it does.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Collection, Iterator, Mapping

from tb_stability.log_names import (
    EPOCH,
    GRADIENT_NORM,
    LEARNING_RATE,
    LOSS,
    VALIDATION_PREFIX,
    parse_log_name,
    split_words,
    stage_of_directory,
)

_LOSSES = (LOSS, VALIDATION_PREFIX + LOSS)
_KERAS_EPOCHS = "epoch_"
_OF_TRAINING_ONLY = frozenset((LEARNING_RATE, GRADIENT_NORM, EPOCH))
_REWARDS = frozenset(("reward", "rewards", "rew", "return", "returns", "episodic"))


@dataclasses.dataclass(frozen=True)
class Scalar:
    """One scalar of a TensorBoard run, and what it means in the run that it belongs to.

    Attributes:
      run: The TensorBoard run that holds it.
      tag: Its tag there.
      name: E.g. ``loss``, ``val_loss``, ``learning_rate``, ``gradient_norm``, ``epoch``.
      words: Number of words in its tag: the plainest of several names is the best known.
    """

    run: str
    tag: str
    name: str
    words: int


@dataclasses.dataclass(frozen=True)
class ScalarRun:
    """A run that only standard loggers wrote.

    Attributes:
      run: Its name.
      scalars: What is known of it, in order of run and tag; several may have one name.
      by_epoch: Whether the scalars' steps are known to be epochs.
    """

    run: str
    scalars: tuple[Scalar, ...]
    by_epoch: bool


def scalar_runs(
    tags: Mapping[str, Collection[str]], *, without: Collection[str] = ()
) -> dict[str, ScalarRun]:
    """Returns the runs with a loss that the scalars of a logdir make up, by name.

    Args:
      tags: The tags of the scalars of each TensorBoard run.
      without: Runs that the callback wrote.

    Example:

    >>> found = scalar_runs({"a/train": ["epoch_loss"], "a/validation": ["epoch_loss"]})
    >>> [(item.run, item.name) for item in found["a"].scalars]
    [('a/train', 'loss'), ('a/validation', 'val_loss')]
    """
    known = {run: tuple(_scalars(run, of_run)) for run, of_run in tags.items()}
    groups: dict[str, list[str]] = collections.defaultdict(list)
    for run in known:
        if not {run, _run_above(run)} & set(without):
            groups[_run_above(run)].append(run)
    trained = {
        name
        for name, runs in groups.items()
        if any(scalar.name == LOSS for run in runs for scalar in known[run])
    }
    found = {}
    for above, runs in groups.items():
        together = {above: runs} if above in trained else {run: [run] for run in runs}
        for name, parts in together.items():
            rewarded = any(_REWARDS & set(split_words(tag)) for run in parts for tag in tags[run])
            scalars = [scalar for run in sorted(parts) for scalar in known[run]]
            if not rewarded and any(item.name in _LOSSES for item in scalars):
                found[name] = _one_axis(name, scalars)
    return found


def _run_above(run: str) -> str:
    above, _, directory = run.rpartition("/")
    return run if stage_of_directory(directory) is None else above or "."


def _scalars(run: str, tags: Collection[str]) -> Iterator[Scalar]:
    directory = stage_of_directory(run.rpartition("/")[2])
    for tag in sorted(tags):
        parsed = parse_log_name(tag)
        if parsed is None:
            continue
        validation = directory if parsed.validation is None else parsed.validation
        if parsed.meaning in _OF_TRAINING_ONLY:
            if validation:
                continue
            validation = False
        name = (VALIDATION_PREFIX if validation else "") + parsed.meaning
        yield Scalar(run, tag, name, parsed.words)


def _one_axis(name: str, scalars: list[Scalar]) -> ScalarRun:
    by_epoch = [item for item in scalars if item.tag.startswith(_KERAS_EPOCHS)]
    if any(item.name in _LOSSES for item in by_epoch):
        return ScalarRun(name, tuple(by_epoch), by_epoch=True)
    return ScalarRun(name, tuple(scalars), by_epoch=False)
