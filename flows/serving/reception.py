"""Brings what the inbox takes to Prefect: a deployment for each campaign, and a run for each new brief."""

import time
from collections.abc import Callable
from threading import Event
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient

from flows.inbox.box import LOOK_SECONDS, Inbox, Seen
from flows.serving.schedule import Standing, deploy, retire, schedule_of, start
from schemas.errors import BriefError
from schemas.settings import Settings
from storage.catalog import Catalog
from storage.rows import Taken

_KEEP_SECONDS = 60.0


class Reception:
    """Knows which campaigns stand, those of the inbox and those that were given."""

    def __init__(
        self,
        client: SyncPrefectClient,
        catalog: Catalog,
        settings: Settings,
        say: Callable[[str], None],
        *,
        given: tuple[Standing, ...] = (),
        pool: str | None = None,
        alone: bool = False,
    ) -> None:
        self.deployments: frozenset[UUID] = frozenset()
        self._client, self._catalog, self._settings, self._say = client, catalog, settings, say
        self._given, self._alone = given, alone
        self._pool = pool
        self._inbox: Inbox | None = None
        self._told: dict[str, str] = {}

    def open_inbox(self, inbox: Inbox) -> None:
        """Take in what arrives there too."""
        self._inbox = inbox

    def keep(self) -> None:
        """Have Prefect know what stands now; what stands no more runs no more, on a server of ours."""
        known = {self._deploy(one) for one in (*self._given, *self._taken())}
        self.deployments = frozenset(known)
        for name in retire(self._client, known) if self._alone else ():
            self._say(f"{name}: its brief is gone; it runs no more")

    def take_in(self) -> list[Seen]:
        """Look into the inbox, and have Prefect run each new brief once, whatever breaks off on the way."""
        if self._inbox is None:
            return []
        seen = self._inbox.look()
        for one in seen:
            self._tell(one)
        for taken in self._of_inbox(self._catalog.waiting()):
            standing = self._standing(taken)
            if standing is not None:
                deployment = self._deploy(standing)
                self.deployments |= {deployment}
                start(self._client, deployment, taken.content)
            self._catalog.hand_over(taken.content)
        return seen

    def settle(self) -> list[Seen]:
        """Take in twice, so that what has not changed between the looks is taken."""
        if self._inbox is not None and self._inbox.place.settle_seconds:
            self._inbox.look()
            time.sleep(self._inbox.place.settle_seconds)
            self._inbox.look()
            time.sleep(self._inbox.place.settle_seconds)
        return self.take_in()

    def watch(self, stop: Event, trouble: tuple[type[Exception], ...]) -> None:
        """Take in and keep, again and again, until *stop*; *trouble* is told and tried again.

        Whoever calls it has kept just before.
        """
        kept = time.monotonic()
        while not stop.is_set():
            try:
                self.take_in()
                if time.monotonic() - kept > _KEEP_SECONDS:
                    self.keep()
                    kept = time.monotonic()
            except trouble as error:
                self._say_once("inbox", f"inbox: {error}")
            stop.wait(LOOK_SECONDS)

    def _taken(self) -> list[Standing]:
        given = {one.campaign for one in self._given}
        taken = self._of_inbox(self._catalog.latest_taken())
        found = (self._standing(one) for one in taken if one.campaign not in given)
        return [one for one in found if one is not None]

    def _of_inbox(self, taken: list[Taken]) -> list[Taken]:
        """Return those of *taken* that lie in this inbox; another process has another one."""
        where = self._inbox.place.where.rstrip("/") + "/" if self._inbox else None
        return [one for one in taken if where and one.source.startswith(where)]

    def _standing(self, taken: Taken) -> Standing | None:
        """Return what *taken* stands for; None where the brief is gone, or cannot be used any more."""
        try:
            return Standing(taken.campaign, taken.source, schedule_of(taken.source, self._settings))
        except BriefError as error:
            self._say_once(taken.source, str(error))
            return None

    def _deploy(self, standing: Standing) -> UUID:
        return deploy(self._client, standing, pool=self._pool)

    def _tell(self, one: Seen) -> None:
        what = f" as {one.campaign}" if one.campaign else ""
        self._say_once(one.brief, f"inbox: {one.brief}: {one.state}{what}{f', {one.why}' if one.why else ''}")

    def _say_once(self, about: str, sentence: str) -> None:
        if self._told.get(about) != sentence:
            self._told[about] = sentence
            self._say(sentence)
