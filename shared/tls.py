"""TLS to brokers: the URL of a broker names whose certificates are believed, and nobody else's are.

An `amqps://` URL carries the file of the authorities as `cacertfile`, as RabbitMQ's own URIs do. That the certificate
is checked, and the host's name with it, is not asked for: without such a file an `amqps://` URL is refused.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

SECURE = "amqps"
_AUTHORITY = "cacertfile"


class NobodyBelieved(ValueError):
    """A broker is to be reached over TLS, and nothing says whose certificates are believed."""


def is_secure(url: str) -> bool:
    """Tell whether a broker is reached over TLS by this URL."""
    return urlsplit(url).scheme == SECURE


def believing(url: str, authority: str) -> str:
    """Answer a URL that believes the authorities in this file, in the place of any it named; one without TLS stays.

    :raises NobodyBelieved: for an amqps:// URL and no file.
    """
    if not is_secure(url):
        return url
    if not authority:
        raise NobodyBelieved("an amqps:// URL needs the certificates of the authority that is believed")
    bare, _ = authority_of(url)
    return f"{bare}{'&' if '?' in bare else '?'}{urlencode({_AUTHORITY: authority})}"


def authority_of(url: str) -> tuple[str, str]:
    """Answer a URL without the file of its authorities, and the file; no file where it names none."""
    parts = urlsplit(url)
    named = parse_qsl(parts.query)
    others = [(key, value) for key, value in named if key != _AUTHORITY]
    return parts._replace(query=urlencode(others)).geturl(), dict(named).get(_AUTHORITY, "")


def for_a_broker(url: str) -> str:
    """Answer a URL as a shovel must have it to check the certificate and the name in it; one without TLS stays.

    :raises NobodyBelieved: for an amqps:// URL that names no authority.
    """
    if not is_secure(url):
        return url
    bare, authority = authority_of(url)
    host = urlsplit(url).hostname or ""
    return f"{believing(bare, authority)}&{urlencode({'verify': 'verify_peer', 'server_name_indication': host})}"
