"""Whose key signs: every kind that C2PA takes, and a sentence for each that it does not."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from actors.marks.certificates import credentials_of
from actors.marks.signature import check_signing
from schemas.errors import SettingsError
from schemas.marks import TEST_NAME, Signing
from schemas.settings import read_settings
from tests.actors.marks.authority import issue


@pytest.mark.parametrize("kind", ["es256", "es384", "ed25519", "ps256"])
def test_a_key_of_every_kind_signs(kind: str, tmp_path: Path) -> None:
    """The algorithm is found out from the key, and a trial holds."""
    signing = issue(tmp_path, kind)
    check_signing(signing)

    assert credentials_of(signing).algorithm == kind


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"ends": -1}, "REELMILL_C2PA_CERTIFICATE=.*chain.pem.*it expired on 20"),
        ({"begins": 5}, "it begins on 20"),
        ({"kind": "k1"}, "REELMILL_C2PA_KEY=.*C2PA takes no secp256k1; use P-256"),
        ({"purpose": ExtendedKeyUsageOID.SERVER_AUTH}, "it is for none of emailProtection, documentSigning"),
        ({"signs": False}, "it is not for digital signatures"),
        ({"own_issuer": True}, "it is its own issuer, which C2PA does not take"),
        ({"password": b"secret"}, "the key is locked with a password; give one without"),
    ],
)
def test_what_cannot_sign_is_refused_with_its_cure(fault: dict[str, Any], told: str, tmp_path: Path) -> None:
    """At the start, not when the first ad is done."""
    signing = issue(tmp_path, **fault)

    with pytest.raises(SettingsError, match=told):
        check_signing(signing)


def test_files_that_are_not_what_they_should_be_are_named(tmp_path: Path) -> None:
    """Missing, another's key, no PEM at all."""
    good, other = issue(tmp_path / "a"), issue(tmp_path / "b")
    noise = tmp_path / "noise.pem"
    noise.write_text("-----BEGIN NOTHING-----\n")
    cases = {
        "REELMILL_C2PA_KEY=.* does not fit REELMILL_C2PA_CERTIFICATE": {"key": other.key},
        "REELMILL_C2PA_KEY=.*gone.*cannot be read, No such file": {"key": tmp_path / "gone"},
        "REELMILL_C2PA_KEY=.*holds no private key": {"key": noise},
        "REELMILL_C2PA_CERTIFICATE=.*holds no certificate": {"certificate": noise},
    }

    for told, change in cases.items():
        with pytest.raises(SettingsError, match=told):
            credentials_of(good.model_copy(update=change))


def test_settings_take_both_paths_or_neither() -> None:
    """A certificate alone signs nothing; a time stamp comes from an address."""
    both = {"REELMILL_C2PA_CERTIFICATE": "/c.pem", "REELMILL_C2PA_KEY": "/k.pem"}

    assert read_settings(both).signing == Signing(certificate=Path("/c.pem"), key=Path("/k.pem"))
    assert (read_settings(both).signing.signer, read_settings({}).signing.signer) == ("own", "test")
    with pytest.raises(SettingsError, match="REELMILL_C2PA_KEY is set, and REELMILL_C2PA_CERTIFICATE is not"):
        read_settings({"REELMILL_C2PA_KEY": "/k.pem"})
    with pytest.raises(SettingsError, match="REELMILL_C2PA_TIMESTAMP='ftp"):
        read_settings({"REELMILL_C2PA_TIMESTAMP": "ftp://x"})


def test_no_key_is_ever_shown(tmp_path: Path) -> None:
    """Neither in what a traceback would print, nor in what goes to workers; a test key lives in memory."""
    own, test = credentials_of(issue(tmp_path)), credentials_of(Signing())

    assert b"PRIVATE KEY" in own.key
    assert "PRIVATE" not in repr(own) + str(own) + repr(test)
    assert TEST_NAME.encode() not in own.chain
    assert test.key != credentials_of(Signing()).key
