"""Takes secrets out of what is written: keys of the environment, passwords in addresses, presigned links."""

import json
import re

from schemas.settings import secrets

HIDDEN = "[hidden]"
_PASSWORD = re.compile(r"(://[^/\s:@\"']*:)[^@/\s\"']+@")
_SIGNED = re.compile(
    r"\b((?:X-Amz-(?:Signature|Credential|Security-Token)|Signature|AWSAccessKeyId|token)=)[^&\s\"'\\]+",
    re.IGNORECASE,
)
"""What makes a presigned link good."""


def hide(text: str) -> str:
    """Return *text*, which may be JSON, without secrets."""
    for value in sorted(secrets(), key=len, reverse=True):
        text = text.replace(value, HIDDEN).replace(json.dumps(value)[1:-1], HIDDEN)
    return _SIGNED.sub(rf"\1{HIDDEN}", _PASSWORD.sub(rf"\1{HIDDEN}@", text))
