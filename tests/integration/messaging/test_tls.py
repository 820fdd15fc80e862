"""Events over TLS: the broker shows a certificate, and nobody talks to one that shows another's or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from shared.messaging.rabbit import BROKER_ERRORS, BrokerConnection
from shared.settings import Settings
from shared.tls import NobodyBelieved
from tests.integration.messaging.transports import OverRabbit
from tests.integration.messaging.village import Village
from tests.secure import SecureBroker


@pytest.fixture
def vhost(secure_broker: SecureBroker) -> Iterator[str]:
    secure_broker.rabbit.create_vhost("secure")
    yield "secure"
    secure_broker.rabbit.drop_vhost("secure")


@pytest.fixture
def address(secure_broker: SecureBroker, vhost: str) -> Callable[..., str]:
    """Answer where the broker is, as a service has it from its settings, with some of them changed."""

    def answer(*, authority: Path | None = None, host: str = "localhost", scheme: str = "amqps") -> str:
        given = {
            "ANYUAN_BROKER_URL": secure_broker.url_of(vhost, host=host, scheme=scheme),
            "ANYUAN_BROKER_CA_FILE": str(authority or secure_broker.authority),
        }
        return Settings.read(given).broker_url_of("shop")

    return answer


def test_events_travel_over_tls(
    rabbit_village: Village, secure_broker: SecureBroker, address: Callable[..., str]
) -> None:
    transport = OverRabbit(rabbit_village, secure_broker.rabbit, address())
    transport.start()
    try:
        for number in range(1, 6):
            rabbit_village.note(*((f"thing-{index}", number) for index in range(20)))
        rabbit_village.wait_written(100, "mirror")
    finally:
        transport.stop()
    assert all(rabbit_village.numbers(f"thing-{index}") == [1, 2, 3, 4, 5] for index in range(20))
    listed = secure_broker.rabbit.api("GET", "/connections")
    assert all(each["ssl"] for each in listed)


def refused(url: str) -> str:
    with pytest.raises(BROKER_ERRORS) as failure:
        BrokerConnection(url, name="test").close()
    return str(failure.value)


def test_a_broker_with_a_certificate_from_a_stranger_is_not_believed(
    secure_broker: SecureBroker, address: Callable[..., str]
) -> None:
    assert "certificate verify failed" in refused(address(authority=secure_broker.stranger))


def test_a_broker_with_another_name_is_not_believed(address: Callable[..., str]) -> None:
    assert "IP address mismatch" in refused(address(host="127.0.0.1"))


def test_without_tls_the_secure_port_says_nothing(address: Callable[..., str]) -> None:
    assert refused(address(scheme="amqp"))


def test_nobody_is_believed_by_default(secure_broker: SecureBroker, vhost: str) -> None:
    with pytest.raises(NobodyBelieved):
        BrokerConnection(secure_broker.url_of(vhost), name="test")


def test_the_file_of_authorities_may_have_any_name(
    secure_broker: SecureBroker, address: Callable[..., str], tmp_path: Path
) -> None:
    strange = tmp_path / "我们的 CA & 其他.pem"
    strange.write_bytes(secure_broker.authority.read_bytes())
    assert quote("&") in address(authority=strange)

    BrokerConnection(address(authority=strange), name="test").close()
