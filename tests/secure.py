"""A broker that answers over TLS, and the files by which it is believed or not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.servers import RabbitServer, Servers
from tests.servers.certificates import HOST, Authority


@dataclass(frozen=True)
class SecureBroker:
    """The broker, the authority that vouches for it, and one that does not; as files of ours, and as the broker's."""

    rabbit: RabbitServer
    authority: Path
    stranger: Path

    def url_of(self, vhost: str, *, host: str = HOST, scheme: str = "amqps") -> str:
        """Answer the URL of a virtual host, the same from outside and from the broker itself."""
        assert self.rabbit.secured is not None
        user = f"{self.rabbit.username}:{self.rabbit.password}"
        return f"{scheme}://{user}@{host}:{self.rabbit.secured.port}/{quote(vhost, safe='')}"

    @property
    def api_url(self) -> str:
        """The address of its HTTP API, over TLS."""
        assert self.rabbit.secured is not None
        return f"https://{HOST}:{self.rabbit.secured.management_port}"

    def own_file(self, name: str) -> str:
        """Answer where the broker itself has a file."""
        return f"{self.rabbit.secured_folder}/{name}"


def make_secure_broker(servers: Servers, folder: Path) -> SecureBroker:
    """Start a broker that shows a certificate."""
    ours, theirs = Authority("Anyuan test authority"), Authority("Somebody else")
    rabbit = servers.rabbit(authority=ours, beside={"stranger.pem": theirs.pem})
    files = {"authority.pem": ours.pem, "stranger.pem": theirs.pem}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return SecureBroker(rabbit, folder / "authority.pem", folder / "stranger.pem")
