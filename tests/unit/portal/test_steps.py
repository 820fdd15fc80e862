"""The stops of a case as they are shown: one after the other, what a fork decides side by side in one step."""

from __future__ import annotations

from typing import Any

import pytest

from services.portal.casework import steps_of


def stage(number: int, key: str, *after: int) -> dict[str, Any]:
    return {"number": number, "node_key": key, "after": list(after)}


@pytest.mark.parametrize(
    ("stages", "steps"),
    [
        ([], []),
        ([stage(1, "a"), stage(2, "b", 1), stage(3, "c", 2)], [[1], [2], [3]]),
        ([stage(1, "a"), stage(2, "b", 1), stage(3, "c", 1), stage(4, "d", 2, 3)], [[1], [2, 3], [4]]),
        (
            [stage(1, "a"), stage(2, "b", 1), stage(3, "c", 2), stage(4, "d", 1), stage(5, "e", 3, 4)],
            [[1], [2, 4], [3], [5]],
        ),
        ([stage(4, "a"), stage(5, "b", 4)], [[4], [5]]),
        ([stage(1, "a"), stage(2, "b", 1), stage(3, "a"), stage(4, "b", 3)], [[3], [4]]),
    ],
)
def test_stages_in_steps(stages: list[dict[str, Any]], steps: list[list[int]]) -> None:
    assert [[one["number"] for one in step] for step in steps_of(stages)] == steps
