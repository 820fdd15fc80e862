"""How the API of the broker is asked: as the user in its address, whose password is not written into the log."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from shared.nodes.broker import BrokerApi


@pytest.mark.parametrize("api", ["http://broker:15672", "http://broker:15672/", "http://anyuan:s%2Fcret@broker:15672"])
def test_the_password_is_no_part_of_the_address(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Any]] = []

    def answer(method: str, url: str, *, auth: Any, **_: Any) -> httpx.Response:
        asked.append((url, auth))
        return httpx.Response(200, json=[], request=httpx.Request(method, url))

    monkeypatch.setattr(httpx, "request", answer)
    made = BrokerApi.beside(api, "amqp://anyuan:s%2Fcret@broker:5672/%2Fhebei")

    assert made.shovel_state("tangshan") == "absent"

    assert asked == [("http://broker:15672/api/shovels/%2Fhebei", ("anyuan", "s/cret"))]
