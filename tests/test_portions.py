"""Reading many runs, of which some cannot be read."""

from __future__ import annotations

from collections.abc import Collection

import grpc
import pytest

from tb_stability.portions import RUNS_PER_REQUEST, RunData, read_in_portions


class Refused(grpc.RpcError):
    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code


class Store:
    """Holds one value a tag; refuses to send more than `most` tags, and those that are broken."""

    def __init__(
        self, wanted: dict[str, list[str]], *, most: int = 10**6, broken: str = ""
    ) -> None:
        self.wanted = wanted
        self.most = most
        self.broken = broken
        self.requests = 0

    def fetch(
        self, runs: Collection[str], tags: Collection[str]
    ) -> dict[str, dict[str, list[str]]]:
        self.requests += 1
        found = {
            run: {tag: [f"{run}/{tag}"] for tag in self.wanted[run] if tag in tags} for run in runs
        }
        if any(self.broken in of_run for of_run in found.values()):
            raise ValueError("cannot reshape array of size 3 into shape (2,)")
        if sum(map(len, found.values())) > self.most:
            raise Refused(grpc.StatusCode.RESOURCE_EXHAUSTED)
        return found


WANTED = {f"run{index}": ["a", "b", "c"] for index in range(2 * RUNS_PER_REQUEST + 1)}


def test_many_runs_are_few_requests() -> None:
    store = Store(WANTED)
    found = read_in_portions(store.fetch, WANTED)
    assert store.requests == 3
    assert found == {
        run: RunData({tag: [f"{run}/{tag}"] for tag in tags}) for run, tags in WANTED.items()
    }
    assert read_in_portions(store.fetch, {}) == {}


def test_what_is_too_large_for_one_answer_comes_in_several() -> None:
    store = Store(WANTED, most=12)
    found = read_in_portions(store.fetch, WANTED)
    assert found == read_in_portions(Store(WANTED).fetch, WANTED)
    assert store.requests < len(WANTED)


def test_a_damaged_tag_costs_nothing_but_itself() -> None:
    wanted = WANTED | {"run7": ["a", "broken", "c"]}
    found = read_in_portions(Store(wanted, broken="broken").fetch, wanted)
    assert list(found["run7"].tags) == ["a", "c"]
    assert found["run7"].notes == (
        "broken was skipped: a record of it is damaged (ValueError: cannot reshape array of size 3 "
        "into shape (2,)).",
    )
    assert all(not data.notes for run, data in found.items() if run != "run7")
    assert len(found) == len(wanted)


def test_another_fault_of_the_server_is_not_hidden() -> None:
    def fetch(runs: Collection[str], tags: Collection[str]) -> dict:
        raise Refused(grpc.StatusCode.UNAVAILABLE)

    with pytest.raises(Refused):
        read_in_portions(fetch, WANTED)
