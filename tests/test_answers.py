from __future__ import annotations

import gzip
import json
import random

from tb_stability.answers import Answers


def test_an_answer_is_made_once() -> None:
    answers, made = Answers(), []
    for key in ("a", "b", "a"):
        found = answers.get(key, lambda key=key: made.append(key) or {"key": key})
        assert json.loads(gzip.decompress(found)) == {"key": key}
    assert made == ["a", "b"]


def test_what_was_asked_for_longest_ago_makes_room() -> None:
    noise = random.Random(0).randbytes(1000).hex()
    size = len(Answers().get("", lambda: noise))
    answers, made = Answers(most_bytes=2 * size), []
    for key in ("a", "b", "a", "c", "a", "b"):
        answers.get(key, lambda key=key: made.append(key) or noise)
    assert made == ["a", "b", "c", "b"]


def test_an_answer_larger_than_all_that_is_kept_is_not_kept() -> None:
    answers = Answers(most_bytes=10)
    assert json.loads(gzip.decompress(answers.get("a", lambda: list(range(99))))) == [*range(99)]
    made = []
    answers.get("a", lambda: made.append("again"))
    assert made == ["again"]
