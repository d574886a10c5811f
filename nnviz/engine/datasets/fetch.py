"""Fetching a file over HTTP: with progress, cancelled at once, given up when the server falls silent.

pooch does the transfer, on a helper thread: looking up a name, connecting and reading can block for long, and cannot
be interrupted from outside. The caller only ever waits for the helper in short pieces. A helper that was given up
holds nothing but memory, and ends at its own time-out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import ExitStack
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from nnviz.engine.datasets.places import DataError

PATIENCE_SECONDS = 20.0
POLL_SECONDS = 0.05
CHUNK = 4096


class DownloadCancelled(Exception):  # noqa: N818 - not an error: the person wanted it
    """The download was cancelled by the person."""


class _Sink:
    """What pooch writes the file to; it also stands for its progress bar, which is told the `total`."""

    def __init__(self, largest: int) -> None:
        self.payload = bytearray()
        self.total = 0
        self.given_up = False
        self._largest = largest

    def write(self, chunk: bytes) -> None:
        if self.given_up:
            raise DownloadCancelled
        if len(self.payload) + len(chunk) > self._largest:
            raise DataError("The server sends far more than the file should hold.")
        self.payload += chunk

    def flush(self) -> None:
        """Nothing is held back."""

    def update(self, count: int) -> None:
        """The payload itself says how far it is."""

    reset = close = flush


def fetch(
    url: str,
    largest: int,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
    patience: float = PATIENCE_SECONDS,
) -> bytes:
    """Fetch `url` into memory.

    Parameters
    ----------
    largest : int
        Give up when more bytes than this come.
    progress : callable
        Called on this thread with bytes received and bytes expected (0 where the server does not say).
    cancelled : callable
        Asked about every 50 ms.
    patience : float
        Give up after so many seconds in which less than 4 KB came.

    Raises
    ------
    DownloadCancelled
        Soon after `cancelled` says so, whatever the server does.
    DataError
        If the file cannot be had.
    """
    sink = _Sink(largest)
    outcome: Future[None] = Future()
    Thread(target=_transfer, args=(url, sink, patience, outcome), name="download", daemon=True).start()
    received, last_heard = 0, time.monotonic()
    try:
        finished = False
        while not finished:
            finished = bool(wait([outcome], timeout=POLL_SECONDS).done)
            if cancelled():
                raise DownloadCancelled
            if len(sink.payload) > received:
                received, last_heard = len(sink.payload), time.monotonic()
                progress(received, sink.total)
            elif time.monotonic() - last_heard > patience and not finished:
                raise DataError(f"{_host(url)} has sent nothing for {patience:g} seconds.")
    finally:
        sink.given_up = True
    if error := outcome.exception():
        raise _in_plain_words(error, url, received) from error
    return bytes(sink.payload)


def _transfer(url: str, sink: _Sink, patience: float, outcome: Future[None]) -> None:
    """Run on the helper thread."""
    try:
        from pooch import HTTPDownloader

        with ExitStack() as responses:  # pooch leaves them open where something goes wrong

            def keep(response: Any, **_: object) -> None:
                responses.callback(response.close)

            # the caller gives up first: this time-out only lets the helper end
            HTTPDownloader(sink, CHUNK, timeout=2 * patience, hooks={"response": keep})(url, sink, None)
    except Exception as error:
        outcome.set_exception(error)
    else:
        outcome.set_result(None)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _in_plain_words(error: BaseException, url: str, received: int) -> BaseException:
    from requests import ConnectionError, HTTPError, RequestException

    if isinstance(error, HTTPError):
        return DataError(f"{_host(url)} does not hand out the file: {error}.")
    if isinstance(error, RequestException) and received:
        return DataError(f"The connection to {_host(url)} broke off after {received:,} bytes.")
    if isinstance(error, ConnectionError):
        return DataError(f"There is no connection to {_host(url)}: check the network.")
    if isinstance(error, RequestException):
        return DataError(f"{url} cannot be fetched: {error}.")
    return error
