"""The dispatcher in a thread of its own: campaigns hand their work in, and wait for it."""

import time
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from threading import Event as Signal
from threading import Thread
from types import TracebackType
from typing import Self

from actors.pool import Crew, Pool
from flows.batch import Batch
from flows.dispatch import Dispatcher
from flows.forecast import Forecast
from storage.catalog import Catalog

_STEP_SECONDS = 0.25
"""How long the loop waits at most before it looks for new campaigns, cancellations and signals."""
_STOP_SECONDS = 10.0
"""How long stopped calls may take to come back."""


class Engine:
    """Makes the ads of all campaigns of this process; a context manager that ends the loop."""

    def __init__(self, catalog: Catalog, pool: Pool, forecast: Forecast, *, drain_seconds: float) -> None:
        """Take the loop's own *catalog* and *pool*; after a drain, calls may last *drain_seconds*."""
        self.drain_seconds = drain_seconds
        self._pool = pool
        self._dispatcher = Dispatcher(catalog, pool, forecast)
        self._inbox: SimpleQueue[tuple[Batch, tuple[Crew, ...]]] = SimpleQueue()
        self._draining, self._stopping, self._closing = Signal(), Signal(), Signal()
        self._error: Exception | None = None
        self._drain_until: float | None = None
        self._thread = Thread(target=self._run, name="engine", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._stopping.set()
        self._thread.join()

    @property
    def flying(self) -> int:
        """How many items are being made just now."""
        return self._dispatcher.flying

    def make(self, batch: Batch, crews: Iterable[Crew] = (), *, meanwhile: Callable[[], None]) -> None:
        """Make all that *batch* lacks, with *crews* beside the engine's own; calls *meanwhile* every second.

        Failures are rows and events. Raises StorageError where the catalog stays away, SettingsError where
        workers cannot be had.
        """
        self._inbox.put((batch, tuple(crews)))
        while not batch.over.wait(1.0):
            if not self._thread.is_alive():
                batch.end("interrupted", self._error)
            meanwhile()
        if batch.error is not None:
            raise batch.error

    def drain(self) -> None:
        """Begin nothing more; what is being made may end within *drain_seconds*."""
        self._draining.set()

    def stop(self) -> None:
        """Stop all that is being made, now."""
        self._stopping.set()

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._take_in()
                self._heed_signals()
                self._dispatcher.step(_STEP_SECONDS)
            self._settle_stopped()
        except Exception as error:  # noqa: BLE001 (whoever waits for a campaign gets it, whatever it is)
            self._error = error
            self._dispatcher.fail(error)

    def _take_in(self) -> None:
        while True:
            try:
                batch, crews = self._inbox.get_nowait()
            except Empty:
                return
            for crew in crews:
                self._pool.add(crew)
            self._dispatcher.add(batch)

    def _heed_signals(self) -> None:
        if self._stopping.is_set():
            self._dispatcher.stop()
        elif self._draining.is_set():
            self._drain()

    def _drain(self) -> None:
        if self._drain_until is None:
            self._drain_until = time.monotonic() + self.drain_seconds
            self._dispatcher.drain()
        elif time.monotonic() > self._drain_until:
            self._stopping.set()

    def _settle_stopped(self) -> None:
        """Let the rows of stopped calls say so."""
        until = time.monotonic() + _STOP_SECONDS
        self._dispatcher.stop()
        while self._dispatcher.flying and time.monotonic() < until:
            self._dispatcher.step(_STEP_SECONDS)
