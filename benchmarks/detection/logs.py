"""How well the logs of other loggers are told, which take no training."""

from __future__ import annotations

from benchmarks.logs.log import Log
from benchmarks.logs.published import PUBLISHED
from benchmarks.logs.registry import ALL_LOGS


def print_logs(seeds: int, *, without_held_out: bool) -> None:
    """Prints how many logs are told as they are labelled, and below it each that is not."""
    parts = {
        "published logs": dict(PUBLISHED),
        "logs": {name: log for name, log in ALL_LOGS.items() if name not in PUBLISHED},
    }
    made = parts.pop("logs")
    parts["made logs"] = {name: log for name, log in made.items() if not log.held_out}
    if not without_held_out:
        parts["made logs, held out"] = {name: log for name, log in made.items() if log.held_out}
    faults: list[str] = []
    print(f"\n{'':28}{'faulty':>9}{'as labelled':>13}{'healthy':>9}{'unmarked':>13}")
    for title, logs in parts.items():
        cells = []
        for faulty in (True, False):
            wrong = _judge(logs, 1 if title.startswith("published") else seeds, faulty=faulty)
            faults += [line for lines in wrong for line in lines]
            cells += [len(wrong), sum(not lines for lines in wrong)]
        print(f"{title:28}{cells[0]:9}{cells[1]:13}{cells[2]:9}{cells[3]:13}")
    print(f"\nlogs that are not told as they are labelled: {len(faults) or 'none'}")
    for line in faults:
        print(f"  {line}")


def _judge(logs: dict[str, Log], seeds: int, *, faulty: bool) -> list[list[str]]:
    return [
        [f"{name} seed {seed}: {fault}" for fault in log.faults(seed)]
        for name, log in logs.items()
        for seed in range(seeds)
        if bool(log.kinds) is faulty
    ]
