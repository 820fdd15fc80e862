"""How the API of the broker is asked: as the user in its address, whose password is not written into the log."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from shared.nodes import broker
from shared.nodes.broker import BrokerApi
from shared.nodes.core.nodemap import Node


@pytest.mark.parametrize("api", ["http://broker:15672", "http://broker:15672/", "http://anyuan:s%2Fcret@broker:15672"])
def test_the_password_is_no_part_of_the_address(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Any]] = []

    def answer(method: str, url: str, *, auth: Any, **_: Any) -> httpx.Response:
        asked.append((url, auth))
        status = 404 if "/parameters/" in url else 200
        return httpx.Response(status, json=[], request=httpx.Request(method, url))

    monkeypatch.setattr(httpx, "request", answer)
    made = BrokerApi.beside(api, "amqp://anyuan:s%2Fcret@broker:5672/%2Fhebei")

    assert made.shovel_state("tangshan") == "absent"

    places = ("shovels/%2Fhebei", "parameters/shovel/%2Fhebei/to.tangshan")
    assert asked == [(f"http://broker:15672/api/{place}", ("anyuan", "s/cret")) for place in places]


@pytest.mark.parametrize(
    ("shovels", "asked_for", "state"),
    [
        ([{"name": "to.tangshan", "state": "running"}], True, "running"),
        ([{"name": "to.hebei", "state": "running"}], True, "lost"),
        ([{"name": "to.hebei", "state": "running"}], False, "absent"),
    ],
)
def test_a_shovel_that_was_asked_for_and_is_not_there_is_lost(
    shovels: list[dict[str, str]], asked_for: bool, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(method: str, url: str, **_: Any) -> httpx.Response:
        status = 200 if "/shovels/" in url or asked_for else 404
        return httpx.Response(status, json=shovels, request=httpx.Request(method, url))

    monkeypatch.setattr(httpx, "request", answer)
    assert BrokerApi("http://broker:15672").shovel_state("tangshan") == state


@pytest.mark.parametrize("forgotten", [0, 1])
def test_a_shovel_that_the_broker_forgets_to_start_is_asked_for_anew(
    forgotten: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(method: str, url: str, **_: Any) -> httpx.Response:
        if method != "GET":
            asked.append(method)
        runs = asked.count("PUT") > forgotten
        body = [{"name": "to.tangshan", "state": "running"}] if runs and "/shovels/" in url else []
        return httpx.Response(200, json=body, request=httpx.Request(method, url))

    monkeypatch.setattr(httpx, "request", answer)
    monkeypatch.setattr(broker, "_MOMENTS", (0.0, 0.0))
    to = Node(id="tangshan", name="唐山市", hosts=("130200",), broker="tangshan:5672")
    BrokerApi("http://broker:15672").link("hebei", to, source="amqp://broker/", password="x")

    assert asked == ["PUT", "DELETE", "PUT"][: 1 + 2 * forgotten]
