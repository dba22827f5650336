"""Whose key signs: the settings' own, checked before anything is made, or one that nobody trusts."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from schemas.errors import SettingsError
from schemas.marks import TEST_NAME, Signing

_TEST_ISSUER = "Reelmill TEST authority, trusted by nobody"
_TEST_DAYS = 3650
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_RSA_BITS_MIN = 2048
_PURPOSES = {
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.36": "documentSigning",
    "1.3.6.1.4.1.62558.2.1": "c2pa-kp-claimSigning",
}
"""One of these a certificate must be for (C2PA Technical Specification 2.2, X.509 certificates)."""

_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class Credentials:
    """What a signature is made with."""

    algorithm: str
    """As C2PA calls it, ``es256``."""
    chain: bytes
    """Certificates as PEM, the signer's first."""
    key: bytes = field(repr=False)
    """The private key as PEM; it never leaves the process."""
    timestamp: str = ""
    """Address of an RFC 3161 service; empty for none."""


def credentials_of(signing: Signing) -> Credentials:
    """Return what *signing* names, or a new test certificate. Raises SettingsError for what cannot sign."""
    if signing.certificate is None or signing.key is None:
        return _test_credentials(signing.timestamp)
    chain = _chain(signing.certificate)
    key = _key(signing.key)
    _refuse_stranger(chain[0], key, signing)
    _refuse_unfit(chain[0], signing.certificate)
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
    return Credentials(_algorithm(key, signing.key), pem, _as_pem(key), signing.timestamp)


def valid_until(path: Path) -> datetime:
    """Return when the chain at *path* stops to hold. Raises SettingsError where there is none."""
    return min(one.not_valid_after_utc for one in _chain(path))


def _chain(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path, "REELMILL_C2PA_CERTIFICATE"))
    except ValueError as error:
        raise SettingsError(
            f"REELMILL_C2PA_CERTIFICATE={str(path)!r}: it holds no certificate; give a PEM file with the "
            f"signer's certificate first and those that issued it below"
        ) from error


def _key(path: Path) -> _Key:
    data = _read(path, "REELMILL_C2PA_KEY")
    try:
        key = load_pem_private_key(data, None)
    except TypeError as error:
        raise SettingsError(
            f"REELMILL_C2PA_KEY={str(path)!r}: the key is locked with a password; give one without, "
            f"readable by this user alone"
        ) from error
    except ValueError as error:
        raise SettingsError(
            f"REELMILL_C2PA_KEY={str(path)!r}: it holds no private key; give a PEM file (PKCS #8)"
        ) from error
    if not isinstance(key, _Key):
        raise SettingsError(
            f"REELMILL_C2PA_KEY={str(path)!r}: {type(key).__name__} cannot sign; use EC, RSA or Ed25519"
        )
    return key


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{name}={str(path)!r} cannot be read, {error.strerror}; correct the path, or who may read it"
        ) from error


def _algorithm(key: _Key, path: Path) -> str:
    match key:
        case ed25519.Ed25519PrivateKey():
            return "ed25519"
        case rsa.RSAPrivateKey() if key.key_size >= _RSA_BITS_MIN:
            return "ps256"
        case ec.EllipticCurvePrivateKey() if key.curve.name in _CURVES:
            return _CURVES[key.curve.name]
    kind = key.curve.name if isinstance(key, ec.EllipticCurvePrivateKey) else "RSA of fewer than 2048 bits"
    raise SettingsError(f"REELMILL_C2PA_KEY={str(path)!r}: C2PA takes no {kind}; use P-256, for example")


def _refuse_stranger(certificate: x509.Certificate, key: _Key, signing: Signing) -> None:
    """Refuse a key that is not that of *certificate*."""
    certified, own = (
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for public in (certificate.public_key(), key.public_key())
    )
    if certified != own:
        raise SettingsError(
            f"REELMILL_C2PA_KEY={str(signing.key)!r} does not fit REELMILL_C2PA_CERTIFICATE="
            f"{str(signing.certificate)!r}: give the key of the first certificate in it"
        )


def _refuse_unfit(signer: x509.Certificate, path: Path) -> None:
    """Refuse a certificate out of its time, or one that C2PA does not take."""
    problem, now = "", datetime.now(UTC)
    if signer.not_valid_after_utc < now:
        problem = f"it expired on {signer.not_valid_after_utc:%Y-%m-%d}; renew it"
    elif signer.not_valid_before_utc > now:
        problem = f"it begins on {signer.not_valid_before_utc:%Y-%m-%d}; wait, or use another"
    elif signer.issuer == signer.subject:
        problem = "it is its own issuer, which C2PA does not take; use one that an authority issued"
    elif not _purposes(signer) & _PURPOSES.keys():
        problem = f"it is for none of {', '.join(_PURPOSES.values())}; ask its authority for one that is"
    elif not _signs(signer):
        problem = "it is not for digital signatures (key usage); ask its authority for one that is"
    if problem:
        raise SettingsError(f"REELMILL_C2PA_CERTIFICATE={str(path)!r}: {problem}")


def _purposes(certificate: x509.Certificate) -> set[str]:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return set()
    return {purpose.dotted_string for purpose in usage}


def _signs(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        return False


def _test_credentials(timestamp: str) -> Credentials:
    """Return a certificate with its key that live in this process alone."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issued = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    root = (
        _unsigned(_TEST_ISSUER, authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(issued, critical=False)
        .sign(authority, hashes.SHA256())
    )
    signer = (
        _unsigned(TEST_NAME, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issued), critical=False)
        .sign(authority, hashes.SHA256())
    )
    chain = signer.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)
    return Credentials("es256", chain, _as_pem(key), timestamp)


def _unsigned(name: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(_TEST_ISSUER))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_TEST_DAYS))
    )


def _named(name: str) -> x509.Name:
    told = ((NameOID.ORGANIZATION_NAME, "Reelmill TEST"), (NameOID.COMMON_NAME, name))
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in told])


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _as_pem(key: _Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
