"""Losses that people have published, most with a question why, as numbers of one digit less.

Each says where it is from, and what must be told of it: nothing above an info, or one of some
kinds, at one of some epochs (or rows, where rows are steps).
"""

from __future__ import annotations

import numpy as np

from benchmarks.logs.log import STUCK, Log
from tests.histories import Columns

NAN, INF = np.nan, np.inf
UP = ("loss_divergence", "nonfinite_loss", "oscillating_loss")


def published(
    source: str,
    columns: Columns,
    kinds: tuple[str, ...] = (),
    first: int = 0,
    last: int = 0,
    may_show: tuple[str, ...] = (),
) -> Log:
    """Returns a log; the source is for the reader."""
    return Log(lambda _: columns, kinds, first, last, may_show)


PUBLISHED: dict[str, Log] = {
    # Faulty, by the word of who reported it.
    "falling_classifier": published(
        "fast.ai forum, an LSTM sentiment classifier that falls in epoch 10",
        {
            "loss": [0.465, 0.414, 0.422, 0.405, 0.404, 0.357, 0.416, 0.365, 0.378, 0.367]
            + [0.720, 0.806, 1.050],
            "val_loss": [0.355, 0.326, 0.330, 0.320, 0.333, 0.330, 0.317, 0.315, 0.328, 0.328]
            + [0.759, 0.806, 1.036],
            "accuracy": [0.916, 0.924, 0.923, 0.925, 0.920, 0.924, 0.924, 0.926, 0.924, 0.925]
            + [0.738, 0.701, 0.413],
        },
        ("loss_divergence",), 10, 10,
    ),
    "stuck_from_the_second_epoch": published(
        "chenzhang.org, loss and accuracy get stuck in Keras",
        {"loss": [1.9112, *[1.9105] * 9], "acc": [0.5325, *[0.5378] * 9]},
        STUCK,
    ),
    "half_right_at_eight": published(
        "keras#13006, accuracy always converges to 0.5",
        {
            "loss": [7.941, *[7.971] * 9],
            "acc": [0.5006, *[0.5] * 9],
            "val_loss": [7.971] * 10,
            "val_acc": [0.5] * 10,
        },
        STUCK,
    ),
    "a_rise_from_the_first_epoch": published(
        "stackoverflow 34673396, a loss that is at its best in its first epoch",
        {
            "loss": [0.176, 0.184, 0.182, 0.192, 0.193, 0.196, 0.195, 0.197, 0.190, 0.196, 0.192]
            + [0.191, 0.210, 0.198, 0.198, 0.204, 0.202, 0.198, 0.195]
        },
        STUCK,
        may_show=UP,
    ),
    "nan_in_the_second_epoch": published(
        "CNN-for-Sentence-Classification-in-Keras#7",
        {
            "loss": [0.624, *[NAN] * 6],
            "acc": [0.630, 0.412, *[0.0] * 5],
            "val_loss": [0.527, *[NAN] * 6],
            "val_acc": [0.747, *[0.0] * 6],
        },
        ("nonfinite_loss",), 1, 1,
    ),
    "nan_from_the_start": published(
        "FaultNet#1, a triplet loss that is NaN in every epoch",
        {"loss": [NAN] * 6, "triplet_acc": [0.0] * 6, "val_loss": [NAN] * 6},
        ("nonfinite_loss",),
    ),
    "detector_explodes_at_step_409": published(
        "tensorflow/models#8423",
        {
            "step": list(range(397, 417)),
            "loss": [0.21, 0.35, 0.18, 0.29, 0.15, 0.41, 0.22, 0.19, 0.33, 0.26, 0.17, 0.144]
            + [25238, 75835, 28575, 134870, 437442, 212268, 1216893, 2301442],
        },
        ("loss_divergence",), 12, 12,
    ),
    "detector_explodes_at_once": published(
        "ZSD-SC-Resolver#24",
        {"step": [50, 100, 150, 200, 250], "loss": [0.847, 2.44, 63118.6, 1.08e13, 2.26e25]},
        ("loss_divergence",), 1, 2,
    ),
    "five_orders_after_epoch_7": published(
        "Yet-Another-EfficientDet-Pytorch#357",
        {
            "loss": [3.1, 2.4, 2.1, 1.9, 1.8, 1.7, 1.65, 1.6, 94578458.0, 9457.0, 812345.0, 634512.0],
            "val_loss": [2.5, 2.0, 1.8, 1.6, 1.5, 1.45, 1.4, 1.37, 8.1e7, 9.9e5, 7.2e5, 6.6e5],
        },
        ("loss_divergence",), 8, 8,
    ),
    "down_to_half_after_99_percent": published(
        "stackoverflow, an adapted LeNet that loses all it knew in epoch 11",
        {
            "loss": [0.07, 0.041, 0.032, 0.027, 0.022, 0.019, 0.016, 0.013, 0.012, 0.010, 2.9]
            + [6.1, 6.2, 6.1],
            "acc": [0.97, 0.984, 0.988, 0.99, 0.991, 0.992, 0.993, 0.994, 0.995, 0.996, 0.79]
            + [0.55, 0.55, 0.55],
        },
        ("loss_divergence",), 10, 10,
        ("loss_metric_contradiction",),
    ),
    "reconstruction_cost_below_zero": published(
        "pdnn#49, a stacked autoencoder whose second layer has no bound",
        {"loss": [405.4, 381.4, 377.7, 375.9, 374.7, -108174, -334066, -561826, -790546]},
        ("loss_divergence",), 5, 5,
    ),
    "one_infinite_iteration": published(
        "ipex-llm#1486",
        {"step": list(range(45452, 45465)),
         "loss": [1.31, 1.28, 1.35, 1.27, 1.33, 1.2646, 1.3089, INF, 1.2483, 1.29, 1.3, 1.27, 1.31]},
        ("nonfinite_loss",), 7, 7,
    ),
    "zero_after_the_first_line": published(
        "transformers#31391 and others: a Trainer that leaves NaN out of its mean",
        {"step": list(range(10, 90, 10)), "loss": [2.134, *[0.0] * 7]},
        ("nonfinite_loss",), 1, 1,
    ),
    # Healthy, or at least stable, whatever else is asked about them.
    "cifar_of_the_examples": published(
        "keras#2937",
        {
            "loss": [1.765, 1.373, 1.214, 1.115, 1.047, 1.005, 0.958, 0.940, 0.913, 0.903],
            "acc": [0.346, 0.503, 0.565, 0.603, 0.629, 0.645, 0.662, 0.670, 0.679, 0.687],
            "val_loss": [1.338, 1.094, 1.001, 0.892, 0.861, 0.819, 0.797, 0.791, 0.793, 0.737],
            "val_acc": [0.516, 0.613, 0.648, 0.687, 0.702, 0.713, 0.722, 0.722, 0.721, 0.746],
        },
    ),
    "slow_convolutions": published(
        "keras#12707, slow on little data of seven classes",
        {
            "loss": [2.312, 2.047, 1.956, 1.936, 1.883, 1.828, 1.802, 1.796, 1.723, 1.686],
            "acc": [0.141, 0.165, 0.177, 0.217, 0.185, 0.241, 0.245, 0.237, 0.261, 0.297],
            "val_loss": [1.799, 1.861, 1.820, 1.803, 1.820, 1.796, 1.809, 1.801, 1.787, 1.790],
            "val_acc": [0.159, 0.222, 0.206, 0.190, 0.222, 0.190, 0.206, 0.222, 0.238, 0.230],
        },
    ),
    "regression_with_accuracy": published(
        "rstudio/keras3#296",
        {
            "loss": [0.158, 0.0636, 0.0609, 0.0357, 0.0413, 0.0376, 0.0296, 0.0286, 0.0302, 0.0282],
            "acc": [0.0, 0.0056, 0.0056, 0.0056, 0.0, 0.0056, 0.0056, 0.0, 0.0056, 0.0056],
            "val_loss": [0.0187, 0.0673, 0.0161, 0.0096, 0.0129, 0.0084, 0.0069, 0.0109, 0.0087]
            + [0.0063],
            "val_acc": [0.0] * 10,
        },
    ),
    "overfitting_from_epoch_7": published(
        "keras#10102",
        {
            "loss": [55.80, 53.37, 51.05, 48.83, 46.71, 44.67, 42.73, 40.9, 39.1, 37.4],
            "val_loss": [26.45, 26.30, 26.21, 26.17, 26.18, 26.23, 26.32, 26.45, 26.61, 26.8],
        },
    ),
    "a_stream_of_counts": published(
        "keras#3753, a regression that is slow, with an accuracy that means nothing",
        {
            "loss": [262.8, 207.4, 202.4, 200.3, 198.8, 197.2, 195.8, 195.0, 194.2],
            "acc": [0.0716, 0.0775, 0.0793, 0.0801, 0.0808, 0.083, 0.0853, 0.0862, 0.0865],
            "val_loss": [114.8, 98.7, 98.4, 98.5, 99.5, 94.2, 93.7, 93.5, 97.2],
        },
    ),
    "reviews_of_the_book": published(
        "Chollet, Deep Learning with Python, section 3.4, which overfits",
        {
            "loss": [0.508, 0.301, 0.218, 0.175, 0.143, 0.115, 0.098, 0.081, 0.066, 0.056, 0.044]
            + [0.038, 0.030, 0.025, 0.018, 0.015, 0.012, 0.007, 0.008, 0.004],
            "acc": [0.781, 0.905, 0.929, 0.944, 0.954, 0.965, 0.971, 0.977, 0.982, 0.985, 0.989]
            + [0.991, 0.993, 0.995, 0.998, 0.998, 0.998, 0.9995, 0.999, 0.9999],
            "val_loss": [0.380, 0.300, 0.309, 0.283, 0.285, 0.314, 0.313, 0.386, 0.364, 0.384]
            + [0.416, 0.452, 0.470, 0.502, 0.534, 0.572, 0.610, 0.682, 0.691, 0.720],
            "val_acc": [0.868, 0.890, 0.871, 0.884, 0.887, 0.877, 0.884, 0.865, 0.878, 0.879]
            + [0.877, 0.869, 0.873, 0.870, 0.869, 0.870, 0.869, 0.865, 0.867, 0.866],
        },
    ),
    "validation_of_one_bad_batch": published(
        "morioh.com, a validation loss of 1e-7 and an accuracy of 0.12 in epoch 28",
        {
            "loss": [0.12, 0.11, 0.095, 0.09, 0.0767, 0.1039, 0.0639, 0.0767, 0.0534],
            "acc": [0.95, 0.957, 0.961, 0.966, 0.975, 0.963, 0.978, 0.974, 0.982],
            "val_loss": [0.41, 0.52, 0.38, 0.45, 0.676, 0.367, 1.19e-7, 0.809, 0.209],
            "val_acc": [0.89, 0.87, 0.9, 0.88, 0.841, 0.902, 0.119, 0.831, 0.943],
        },
    ),
    "fine_tuning_of_fifteen_lines": published(
        "brewslm.com, what a Trainer prints of a small healthy run",
        {"step": [5, 10, 15, 20, 25], "loss": [2.41, 1.62, 1.04, 0.71, 0.58],
         "learning_rate": [1.9e-4, 1.6e-4, 1e-4, 4.2e-5, 3e-6]},
    ),
    "low_rank_adaptation": published(
        "llm-finetuning#82, a fine-tuning near its end, whose gradient norm jumps",
        {
            "step": list(range(100, 230, 10)),
            "loss": [0.0923, 0.0981, 0.0879, 0.0962, 0.0832, 0.0875, 0.0781, 0.0787, 0.1008, 0.087]
            + [0.0938, 0.1106, 0.0756],
            "grad_norm": [2.38, 2.02, 1.83, 2.10, 2.20, 2.03, 2.34, 10.7, 7.21, 15.0, 6.69, 3.91]
            + [3.06],
        },
    ),
    "sparse_code_below_zero": published(
        "Sparse-Autoencoder#1, a loss below zero whose fall slows down",
        {
            "loss": [0.141, -0.455, -0.656, -0.751, -0.825, -0.894, -0.935, -0.972, -1.004, -1.032]
            + [-1.058, -1.081, -1.102, -1.121, -1.139, -1.155, -1.171, -1.186, -1.2, -1.213]
        },
    ),
    "a_running_mean_of_sorted_batches": published(
        "named_entity_recognition#24: batches sorted by length, so each epoch begins high",
        {
            "step": list(range(5, 5 + 5 * 48, 5)),
            "epoch": np.repeat(np.arange(4), 12).tolist(),
            "loss": [
                scale * loss
                for scale in (1.3, 1.15, 1.0, 0.86)
                for loss in (6.0, 3.62, 2.98, 1.77, 2.13, 1.28, 1.38, 1.24, 1.08, 0.91, 0.69, 0.51)
            ],
        },
        ("epoch_boundary_jump",), 12, 12,
    ),
}  # fmt: skip
