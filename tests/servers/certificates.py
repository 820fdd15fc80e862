"""Certificates of a test's own: an authority, what it vouches for, and a broker that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.clock import SystemClock

SECRETS = "/run/secrets"
HOST = "localhost"
"""The only name that a test's broker has; its address is in no certificate."""
_DEPLOYED = Path(__file__).parents[2] / "deploy" / "rabbitmq" / "tls.conf"


class Authority:
    """An authority that nobody knows who is not told of it."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        made = _certificate(self._name, self._key.public_key(), issuer=self._name)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        made = made.add_extension(_usage(signs=True), critical=True)
        self.pem = _pem(made.sign(self._key, hashes.SHA256()))

    def vouch(self, host: str) -> tuple[bytes, bytes]:
        """Answer a certificate for this name and its private key."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(_named(host), key.public_key(), issuer=self._name)
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        made = made.add_extension(_usage(signs=False), critical=True)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return _pem(made.sign(self._key, hashes.SHA256())), private


@dataclass(frozen=True)
class Secured:
    """What makes a broker answer over TLS too, by the configuration that is deployed."""

    authority: Authority
    port: int
    management_port: int
    others: Mapping[str, bytes] = field(default_factory=dict)
    """More files that lie beside its own."""

    def files(self) -> dict[str, bytes]:
        """Answer its files by their names."""
        certificate, key = self.authority.vouch(HOST)
        own = {"authority.pem": self.authority.pem, "broker.pem": certificate, "broker-key.pem": key}
        return {**own, **self.others}

    def configuration(self, folder: str = SECRETS) -> str:
        """Answer what is deployed, with these ports, and the files in this folder."""
        ports = (("= 5671", f"= {self.port}"), ("= 15671", f"= {self.management_port}"))
        text = _DEPLOYED.read_text().replace(SECRETS, folder)
        for deployed, ours in ports:
            assert text.count(f"{deployed}\n") == 1
            text = text.replace(f"{deployed}\n", f"{ours}\n")
        return text


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(subject: x509.Name, key: ec.EllipticCurvePublicKey, *, issuer: x509.Name) -> x509.CertificateBuilder:
    now = SystemClock().now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
