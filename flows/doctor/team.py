"""Looks at what a team sets: the webhook and the review page. Nobody is told anything."""

from flows.doctor.findings import Answer, Look, ok, skipped
from schemas.settings import Settings, secret


def _webhook(_: Settings) -> Answer:
    from flows.notices import check_webhook  # noqa: PLC0415 (imported where it is looked at)

    if not secret("REELMILL_WEBHOOK"):
        return skipped("REELMILL_WEBHOOK is not set; nobody is told of runs that fail")
    check_webhook()
    signed = "signed" if secret("REELMILL_WEBHOOK_SECRET") else "not signed (REELMILL_WEBHOOK_SECRET)"
    return ok(f"set, {signed}; not tried")


def _review(settings: Settings) -> Answer:
    from flows.review.access import TOKEN, decide_access  # noqa: PLC0415 (imported where it is looked at)

    if not (secret(TOKEN) or settings.review_user_header or settings.review_hosts):
        return skipped("for this machine's own browsers only")
    access = decide_access("127.0.0.1", 8080, settings)
    told = {"token": "whoever has the token", "proxy": "whom the proxy names", "alone": "this machine alone"}
    return ok(f"for {told[access.way]}")


LOOKS = (
    Look("webhook", _webhook, "correct REELMILL_WEBHOOK", needed=False),
    Look("review page", _review, "correct the REELMILL_REVIEW_* variables", needed=False, seconds=30),
)
