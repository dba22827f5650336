"""Looks at who signs the ads."""

from datetime import UTC, datetime

from flows.doctor.findings import Answer, Look, ok, warning
from schemas.settings import Settings

_DAYS_LEFT = 30


def _signature(settings: Settings) -> Answer:
    from actors.marks.certificates import valid_until  # noqa: PLC0415 (imported where it is looked at)
    from actors.marks.signature import check_signing  # noqa: PLC0415

    check_signing(settings.signing)
    certificate = settings.signing.certificate
    if certificate is None:
        return warning(
            "a test certificate, which nobody trusts", "set REELMILL_C2PA_CERTIFICATE and REELMILL_C2PA_KEY"
        )
    until = valid_until(certificate)
    found = f"{certificate}, valid until {until:%Y-%m-%d}"
    if (until - datetime.now(UTC)).days < _DAYS_LEFT:
        return warning(found, "renew the certificate: what is signed after that day is not valid")
    return ok(found)


LOOKS = (Look("signature", _signature, "check REELMILL_C2PA_CERTIFICATE and REELMILL_C2PA_KEY", seconds=30),)
