"""``tb-stability demo``: trains runs that go wrong, each beside the same run mended."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from tb_stability.commands.command import EXIT_STABLE, Command, CommandError


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--list", action="store_true", help="show the cases and train nothing")
    parser.add_argument(
        "--case", nargs="+", metavar="NAME", default=[], help="only these (default: all of them)"
    )
    parser.add_argument(
        "--logdir",
        type=Path,
        default=Path("logs/demo"),
        help="where the runs go (default: %(default)s); earlier ones there are replaced",
    )
    parser.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="another seed than the one a case was made for; what is marked may differ then",
    )


def _run(options: argparse.Namespace) -> int:
    # Not before they are needed: `tb-stability check` has no use for the cases.
    from tb_stability_demo.cases import CASES
    from tb_stability_demo.listing import describe
    from tb_stability_demo.recording import record

    names = [case.name for case in CASES]
    unknown = [name for name in options.case if name not in names]
    if unknown:
        raise CommandError(
            f"there is no demo case {unknown[0]!r}. The cases are: {', '.join(names)}"
        )
    if options.seed is not None and not 0 <= options.seed < 2**32:
        raise CommandError(f"--seed is {options.seed}; expected a number from 0 to 4294967295")
    cases = [case for case in CASES if not options.case or case.name in options.case]
    if options.list:
        print(*describe(cases), sep="\n")
        return EXIT_STABLE

    begun = time.perf_counter()
    runs = [(case, run) for case in cases for run in case.runs]
    for number, (case, run) in enumerate(runs, start=1):
        seed = case.seed if options.seed is None else options.seed
        try:
            record(case, run, seed, options.logdir, label=f"[{number}/{len(runs)}] ")
        except (ImportError, FileExistsError) as error:
            raise CommandError(str(error)) from error
    print(f"{len(runs)} runs in {time.perf_counter() - begun:.0f} s. What is marked on them:")
    print(f"  tb-stability check {options.logdir}")
    print(f"  tensorboard --logdir {options.logdir}")
    return EXIT_STABLE


COMMAND = Command(
    name="demo",
    summary="train runs that go wrong, each beside the same run mended",
    description=(
        "Trains the demo cases into a logdir, with the stability callback: real runs on the CPU "
        "that go wrong, each beside the same run mended. Training takes TensorFlow and Keras, "
        "--list does not."
    ),
    add_arguments=_add_arguments,
    run=_run,
)
