"""An authority of the tests that issues certificates, good ones and ones with a single fault."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from schemas.marks import Signing

KEYS = {
    "es256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ps256": lambda: rsa.generate_private_key(65537, 2048),
    "k1": lambda: ec.generate_private_key(ec.SECP256K1()),
}


def issue(
    folder: Path,
    kind: str = "es256",
    *,
    begins: int = -10,
    ends: int = 300,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    signs: bool = True,
    own_issuer: bool = False,
    password: bytes = b"",
) -> Signing:
    """Write a certificate of *begins* to *ends* days from now, and its key, into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    root, key = ec.generate_private_key(ec.SECP256R1()), KEYS[kind]()
    issuer = key if own_issuer else root
    authority = _named("Test House CA")
    signer = authority if own_issuer else _named("Test House")
    above = x509.SubjectKeyIdentifier.from_public_key(issuer.public_key())
    others = ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign")
    usage = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    leaf = (
        _begun(signer, authority, key, begins, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(**(usage | {"digital_signature": signs, "content_commitment": not signs})),
            critical=True,
        )
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), critical=False)
        .sign(issuer, None if isinstance(issuer, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    top = (
        _begun(authority, authority, root, -100, 3000)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(root, hashes.SHA256())
    )
    certificate, private = folder / "chain.pem", folder / "key.pem"
    certificate.write_bytes(leaf.public_bytes(Encoding.PEM) + top.public_bytes(Encoding.PEM))
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    return Signing(certificate=certificate, key=private)


def _named(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test House"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _begun(
    subject: x509.Name, issuer: x509.Name, key: Any, begins: int, ends: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=ends))
    )
