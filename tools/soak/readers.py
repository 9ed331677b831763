"""Readers of a TensorBoard: each asks for what the page asks for, one request after the other."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import random
import threading
import time
import urllib.parse
import urllib.request
from typing import Any

# What the page asks for on a screen of 1440 pixels.
COLUMNS = 1200
# Heatmaps in sight when a run is opened.
PANELS = 6
# Milliseconds that the page waits for verdicts.
MOMENT = 200
TIMEOUT = 30.0


@dataclasses.dataclass
class Answers:
    """Seconds that each request took, and what went wrong."""

    seconds: list[float] = dataclasses.field(default_factory=list)
    errors: list[str] = dataclasses.field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Returns the time within which this share of the requests was answered, NaN for none."""
        ordered = sorted(self.seconds)
        return (
            ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")
        )


def read(address: str, *, readers: int, seconds: float, pause: float) -> Answers:
    """Lets several readers read for a while; returns what they met with.

    Args:
      address: Of TensorBoard's front page, with a slash at the end.
      readers: How many read at once.
      seconds: For how long.
      pause: Seconds that a reader looks at what it has got, before it turns to another run.
    """
    answers = Answers()
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_read, args=(address, until, pause, random.Random(seed), answers))
        for seed in range(readers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _read(
    address: str, until: float, pause: float, chosen: random.Random, answers: Answers
) -> None:
    time.sleep(chosen.uniform(0, pause))
    while time.monotonic() < until:
        try:
            _open_run(address, chosen, until, answers)
        except Exception as error:  # whatever a reader meets with is to be told
            answers.errors.append(f"{type(error).__name__}: {error}")
        time.sleep(chosen.uniform(0.5 * pause, 1.5 * pause))


def _open_run(address: str, chosen: random.Random, until: float, answers: Answers) -> None:
    runs = _get(address, answers, "runs", wait=MOMENT)["runs"]
    run = chosen.choice(runs)["run"]
    detail = _get(address, answers, "run", run=run, wait=MOMENT)
    for series in detail["series"][:PANELS]:
        if time.monotonic() > until:
            return
        content = _get(address, answers, "series", run=run, tag=series["tag"], columns=COLUMNS)
        expected = 4 * len(series["rows"]) * content["columns"]
        for name, text in content["statistics"].items():
            # Four where all values are the same.
            if len(base64.b64decode(text)) not in (4, expected):
                raise ValueError(f"{series['tag']}: {name} has neither {expected} bytes nor 4")


def _get(address: str, answers: Answers, route: str, **arguments: Any) -> Any:
    url = f"{address}data/plugin/stability/{route}?{urllib.parse.urlencode(arguments)}"
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    begun = time.monotonic()
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
        body = response.read()
    answers.seconds.append(time.monotonic() - begun)
    if response.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return json.loads(body)
