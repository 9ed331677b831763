"""What the names mean under which training loops log: ``Loss/train``, ``eval_loss``, ``val_acc``.

The rule: a name is split into words, at anything but letters and digits and where a small letter is
followed by a capital. Words for the stage and for the way of averaging are taken away; what is left
must be one of a few spellings of loss, accuracy, learning rate, gradient norm or epoch. Any other
name, such as ``train/box_loss`` or ``d_loss``, is a part of the loss, the loss of one of several
models, or something else altogether, and is not taken for the loss.
"""

from __future__ import annotations

import dataclasses
import functools
import re

LOSS = "loss"
ACCURACY = "accuracy"
LEARNING_RATE = "learning_rate"
GRADIENT_NORM = "gradient_norm"
EPOCH = "epoch"

VALIDATION_PREFIX = "val_"

_LONGEST = 200  # characters

_TRAINING = frozenset(("train", "training", "trn"))
_VALIDATION = frozenset(
    ("val", "valid", "validation", "eval", "evaluation", "dev", "test", "testing", "holdout")
)
# How the value was averaged, which changes nothing about what it is.
_AVERAGING = frozenset(
    ("epoch", "step", "steps", "iter", "iteration", "batch", "avg", "average", "mean", "running")
)
# What Lightning calls the rate of an optimizer: ``lr-AdamW``, ``lr-SGD/pg1``. It is followed by
# another hyphen where it is the optimizer's momentum or weight decay.
_LIGHTNING_RATE = re.compile(r"lr-[^-]+")

# Spellings, as words in any order.
_MEANINGS = {
    frozenset(words.split()): meaning
    for meaning, spellings in {
        LOSS: ("loss", "losses", "total loss", "loss total"),
        ACCURACY: (
            "accuracy",
            "acc",
            "sparse categorical accuracy",
            "categorical accuracy",
            "binary accuracy",
        ),
        LEARNING_RATE: ("lr", "learning rate", "learningrate"),
        GRADIENT_NORM: (
            "grad norm",
            "gradient norm",
            "gradnorm",
            "global grad norm",
            "global gradient norm",
            "total grad norm",
            "total gradient norm",
        ),
    }.items()
    for words in spellings
}


@dataclasses.dataclass(frozen=True)
class LogName:
    """What a name says.

    Attributes:
      meaning: `LOSS`, `ACCURACY`, `LEARNING_RATE`, `GRADIENT_NORM` or `EPOCH`.
      validation: True or False where the name tells the stage, None where it does not.
      words: Number of words that it took.
    """

    meaning: str
    validation: bool | None
    words: int


@functools.lru_cache(maxsize=10_000)
def parse_log_name(name: str) -> LogName | None:
    """Returns what a name says, None for any that is not known to be one of ours.

    >>> parse_log_name("Loss/train")
    LogName(meaning='loss', validation=False, words=2)
    >>> parse_log_name("val_acc").meaning, parse_log_name("lr-AdamW").meaning
    ('accuracy', 'learning_rate')
    >>> parse_log_name("train/box_loss") is None
    True
    """
    words = split_words(name)
    is_training, is_validation = (bool(stage & set(words)) for stage in (_TRAINING, _VALIDATION))
    if is_training and is_validation:
        return None
    rest = frozenset(words) - _TRAINING - _VALIDATION
    meaning = EPOCH if rest == {EPOCH} else _MEANINGS.get(rest) or _MEANINGS.get(rest - _AVERAGING)
    if meaning is None and _LIGHTNING_RATE.fullmatch(name):
        meaning = LEARNING_RATE
    if meaning is None:
        return None
    stage = is_validation if is_training or is_validation else None
    return LogName(meaning, stage, len(words))


@functools.lru_cache(maxsize=10_000)
def stage_of_directory(name: str) -> bool | None:
    """Returns whether a directory's name stands for validation (True) or training (False).

    None for a directory that is named after anything else. ``train`` and ``validation`` are what
    `keras.callbacks.TensorBoard` creates, ``Loss_train`` what PyTorch's ``add_scalars`` does.

    >>> stage_of_directory("validation"), stage_of_directory("Loss_train")
    (True, False)
    >>> stage_of_directory("train_2") is None
    True
    """
    rest = frozenset(split_words(name)) - _TRAINING - _VALIDATION
    if rest and _MEANINGS.get(rest) not in (LOSS, ACCURACY):
        return None
    words = set(split_words(name))
    is_training, is_validation = bool(words & _TRAINING), bool(words & _VALIDATION)
    return is_validation if is_training != is_validation else None


def split_words(name: str) -> list[str]:
    """Returns the words of a name in small letters; none of one that is absurdly long.

    >>> split_words("Loss/trainTotal_2")
    ['loss', 'train', 'total', '2']
    """
    if len(name) > _LONGEST:
        return []
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+", name)
    return [word.lower() for word in found]
