"""Joins a running Ray cluster: with its authentication, and with a plain word where that cannot be."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ray
from ray._private.authentication.authentication_token_setup import maybe_enable_token_auth_if_token_available
from ray._private.services import canonicalize_bootstrap_address
from ray._raylet import Config, GcsClient  # type: ignore[attr-defined]  # compiled
from ray.exceptions import AuthenticationError, RayError

from schemas.errors import SettingsError
from schemas.settings import kept

_SECONDS_TO_CONNECT = 5.0
_SECONDS_TO_ANSWER = 15.0


def join(address: str, mode: str | None) -> None:
    """Join the cluster at *address* (host:port, or auto) where RAY_AUTH_MODE is *mode*.

    Raises SettingsError within half a minute where that cannot be.
    """
    if "://" in address:
        raise _refusal(
            address,
            "Ray's client protocol is not used here; run on a machine of the cluster and give host:port of "
            "its head, or auto",
        )
    try:
        head = str(canonicalize_bootstrap_address("auto")) if address == "auto" else address
        _agree_on_authentication(address, head, mode)
        ray.init(head, logging_level=logging.ERROR, log_to_driver=False)
    except (RuntimeError, OSError, ValueError, RayError) as error:
        raise _refusal(
            address,
            f"cannot join Ray: {error}; run on a machine that is part of the cluster, with the same versions "
            "of Python and Ray",
        ) from error


@contextmanager
def own_authentication() -> Iterator[str | None]:
    """Have RAY_AUTH_MODE as the user set it; what Ray makes of it in the block suits one cluster only."""
    try:
        with kept("RAY_AUTH_MODE") as mode:
            yield mode
    finally:
        Config.initialize("")


def _agree_on_authentication(address: str, head: str, mode: str | None) -> None:
    """Use tokens where, and only where, the cluster does, unless the user has said what to use.

    `ray start` turns tokens on where it finds one in the home folder; a driver with an address does not, and
    is turned away. With tokens where the cluster has none, the driver turns the cluster away: actors die.
    """
    trouble = _knock(address, head)
    if isinstance(trouble, AuthenticationError) and mode is None:
        logging.getLogger("ray").setLevel(logging.ERROR)
        if maybe_enable_token_auth_if_token_available(warn_if_disabled=False):
            trouble = _knock(address, head)
    if isinstance(trouble, AuthenticationError):
        raise _refusal(
            address,
            "the cluster wants another token than ours; copy ~/.ray/auth_token from its head, or set "
            "RAY_AUTH_MODE=token and RAY_AUTH_TOKEN to its token",
        ) from trouble
    if trouble is not None:
        raise _refusal(address, f"what answers there is no head of Ray ({trouble}); correct it") from trouble


def _knock(address: str, head: str) -> Exception | None:
    """Return what keeps us out of the cluster; Ray itself would try for two minutes and say less."""
    host, _, port = head.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_CONNECT).close()
    except (OSError, ValueError) as error:
        raise _refusal(
            address, f"nobody answers ({error}); give host:port of the head of a running cluster, or unset it"
        ) from error
    return _error_of(lambda: GcsClient(address=head), _SECONDS_TO_ANSWER)


def _refusal(address: str, why: str) -> SettingsError:
    return SettingsError(f"RAY_ADDRESS={address!r}: {why}")


def _error_of(attempt: Callable[[], Any], seconds: float) -> Exception | None:
    """Return what *attempt* raises; a TimeoutError where it takes longer than *seconds*."""
    errors: list[Exception | None] = []

    def run() -> None:
        try:
            attempt()
        except Exception as error:  # noqa: BLE001 (the caller tells them apart)
            errors.append(error)
        else:
            errors.append(None)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return errors[0] if errors else TimeoutError(f"no answer within {seconds:.0f} s")
