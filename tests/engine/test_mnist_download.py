"""The download of MNIST, from a server on this machine that behaves well, badly, or not at all."""

from __future__ import annotations

import errno
import gzip
import hashlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nnviz.engine.datasets import DataError
from nnviz.engine.datasets.fetch import DownloadCancelled
from nnviz.engine.datasets.mnist import MD5_OF_PAYLOAD, download

PAYLOADS = {name: random.Random(name).randbytes(40_000) for name in MD5_OF_PAYLOAD}
MD5 = {name: hashlib.md5(payload).hexdigest() for name, payload in PAYLOADS.items()}
FIRST, SECOND, THIRD, FOURTH = PAYLOADS

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


def whole(request: BaseHTTPRequestHandler, content: bytes) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


class Server:
    """Hands out the four files; `answers` says for which it behaves otherwise."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.over = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.removeprefix("/mnist/").removesuffix(".gz")
                server.asked.append(name)
                server.answers.get(name, whole)(self, gzip.compress(PAYLOADS[name]))

            def log_message(self, *args: object) -> None:
                """Keep quiet."""

        class Listener(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args: object) -> None:
                """A client that goes away is what is being tested."""

        self._http = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/mnist/"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self.over.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    server = Server()
    yield server
    server.close()


@pytest.fixture
def target(tmp_path) -> Path:
    return tmp_path / "some" / "cache"


def fetch_all(
    target: Path,
    url: str,
    progress: Callable[[str, int, int], None] = lambda *_: None,
    cancelled: Callable[[], bool] = lambda: False,
    patience: float = 5,
) -> None:
    download(target, progress, cancelled, url, MD5, patience)


def present(target: Path) -> set[str]:
    """Everything that lies there, hidden files too."""
    return {path.name for path in target.iterdir()} if target.exists() else set()


ALL = {f"{name}.gz" for name in PAYLOADS}


def test_the_four_files_arrive_with_progress(server, target) -> None:
    seen: list[tuple[str, int, int]] = []
    fetch_all(target, server.url, lambda *report: seen.append(report))
    assert present(target) == ALL
    for name, payload in PAYLOADS.items():
        assert gzip.decompress((target / f"{name}.gz").read_bytes()) == payload
        reports = [(done, total) for file, done, total in seen if file == f"{name}.gz"]
        size = (target / f"{name}.gz").stat().st_size
        assert reports[-1] == (size, size)
        assert reports == sorted(reports)


def test_what_is_there_and_right_is_not_fetched_again(server, target) -> None:
    fetch_all(target, server.url)
    (target / f"{SECOND}.gz").write_bytes(b"damaged")
    (target / f"{THIRD}.gz").write_bytes((target / f"{THIRD}.gz").read_bytes()[:-100])
    server.asked.clear()
    seen: list[tuple[str, int, int]] = []
    fetch_all(target, server.url, lambda *report: seen.append(report))
    assert server.asked == [SECOND, THIRD]
    size = (target / f"{FIRST}.gz").stat().st_size
    assert seen[0] == (f"{FIRST}.gz", size, size)
    assert gzip.decompress((target / f"{SECOND}.gz").read_bytes()) == PAYLOADS[SECOND]


def test_files_that_are_packed_by_somebody_else_are_as_good(server, target) -> None:
    server.answers[FIRST] = lambda request, _: whole(request, gzip.compress(PAYLOADS[FIRST], 1, mtime=7))
    server.answers[SECOND] = lambda request, _: whole(request, PAYLOADS[SECOND])
    fetch_all(target, server.url)
    assert present(target) == ALL


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_file_that_the_server_does_not_have(server, target, status) -> None:
    server.answers[SECOND] = lambda request, _: request.send_error(status)
    with pytest.raises(DataError, match=rf"(?s){SECOND}\.gz could not be downloaded.*{status}.*Open a folder with"):
        fetch_all(target, server.url)
    assert present(target) == {f"{FIRST}.gz"}
    assert server.asked == [FIRST, SECOND]


def cut_off(request: BaseHTTPRequestHandler, content: bytes) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content[: len(content) // 2])


def test_a_file_that_is_cut_off_in_the_middle(server, target) -> None:
    server.answers[FIRST] = cut_off
    with pytest.raises(DataError, match=r"broke off after [\d,]+ bytes.*Open a folder with"):
        fetch_all(target, server.url)
    assert present(target) == set()


def cut_off_unannounced(request: BaseHTTPRequestHandler, content: bytes) -> None:
    request.send_response(200)
    request.end_headers()
    request.wfile.write(content[: len(content) // 2])


def tampered(request: BaseHTTPRequestHandler, content: bytes) -> None:
    whole(request, gzip.compress(b"x" + gzip.decompress(content)[1:]))


@pytest.mark.parametrize(
    "answer",
    [
        tampered,
        cut_off_unannounced,
        lambda request, content: whole(request, b""),
        lambda request, content: whole(request, b"<html>Please log in to this network</html>"),
        lambda request, content: whole(request, b"\x1f\x8b" + bytes(500)),
    ],
    ids=["tampered", "cut off unannounced", "empty", "login page", "broken gzip"],
)
def test_a_wrong_payload_is_removed_and_reported(server, target, answer) -> None:
    server.answers[SECOND] = answer
    with pytest.raises(DataError, match=rf"{SECOND}\.gz is not the file it should be.*It was removed.*Open a folder"):
        fetch_all(target, server.url)
    assert present(target) == {f"{FIRST}.gz"}


def test_a_damaged_file_stays_until_a_good_one_is_there(server, target) -> None:
    target.mkdir(parents=True)
    (target / f"{FIRST}.gz").write_bytes(b"old")
    server.answers[FIRST] = tampered
    with pytest.raises(DataError):
        fetch_all(target, server.url)
    assert present(target) == {f"{FIRST}.gz"}
    assert (target / f"{FIRST}.gz").read_bytes() == b"old"


def test_a_server_that_never_stops_sending_is_given_up(server, target, monkeypatch) -> None:
    def endless(request: BaseHTTPRequestHandler, content: bytes) -> None:
        request.send_response(200)
        request.end_headers()
        while not server.over.is_set():
            request.wfile.write(bytes(65536))

    monkeypatch.setattr("nnviz.engine.datasets.mnist.LARGEST_PAYLOAD", 300_000)
    server.answers[FIRST] = endless
    with pytest.raises(DataError, match="far more than the file should hold"):
        fetch_all(target, server.url)
    assert present(target) == set()


def silent(server: Server, after: int) -> Answer:
    """Announce the whole file, send the first bytes, and then nothing until the test is over."""

    def answer(request: BaseHTTPRequestHandler, content: bytes) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[:after])
        request.wfile.flush()
        server.over.wait()

    return answer


@pytest.mark.parametrize("after", [0, 20_000])
def test_a_stalled_server_is_given_up(server, target, after) -> None:
    server.answers[FIRST] = silent(server, after)
    with pytest.raises(DataError, match=r"has sent nothing for 0\.3 seconds") as caught:
        fetch_all(target, server.url, patience=0.3)
    assert "Open a folder with the four MNIST files" in str(caught.value)
    assert present(target) == set()


def test_a_server_that_does_not_even_answer_is_given_up(server, target) -> None:
    server.answers[FIRST] = lambda request, content: server.over.wait()
    with pytest.raises(DataError, match="has sent nothing"):
        fetch_all(target, server.url, patience=0.3)


def test_a_server_that_trickles_is_given_up(server, target) -> None:
    def trickle(request: BaseHTTPRequestHandler, content: bytes) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        while not server.over.wait(0.05):
            request.wfile.write(b"x")

    server.answers[FIRST] = trickle
    with pytest.raises(DataError, match="has sent nothing"):
        fetch_all(target, server.url, patience=0.4)


@pytest.mark.parametrize("after", [0, 20_000])
def test_cancelling_is_prompt_even_when_the_server_is_silent(server, target, after) -> None:
    asked = threading.Event()

    def answer(request: BaseHTTPRequestHandler, content: bytes) -> None:
        asked.set()
        silent(server, after)(request, content)

    server.answers[SECOND] = answer
    began: list[float] = []

    def cancelled() -> bool:
        if asked.is_set():
            began.append(time.monotonic())
        return asked.is_set()

    with pytest.raises(DownloadCancelled):
        fetch_all(target, server.url, cancelled=cancelled, patience=60)
    assert time.monotonic() - began[0] < 1
    assert present(target) == {f"{FIRST}.gz"}
    server.answers.clear()
    fetch_all(target, server.url)
    assert present(target) == ALL


def test_cancelled_before_it_began(server, target) -> None:
    with pytest.raises(DownloadCancelled):
        fetch_all(target, server.url, cancelled=lambda: True)
    assert server.asked == []


def test_cancelled_between_the_files(server, target) -> None:
    with pytest.raises(DownloadCancelled):
        fetch_all(target, server.url, cancelled=lambda: f"{FIRST}.gz" in present(target))
    assert present(target) == {f"{FIRST}.gz"}


def test_without_a_connection(target, monkeypatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/mnist/"
        with pytest.raises(DataError, match=r"no connection to 127.0.0.1: check the network\. .*Open a folder with"):
            fetch_all(target, url)
    assert present(target) == set()


def test_an_address_that_is_none(target) -> None:
    with pytest.raises(DataError, match="cannot be fetched"):
        fetch_all(target, "gopher://nowhere/")


@pytest.mark.parametrize(("number", "said"), [(errno.ENOSPC, "the disk is full"), (errno.EIO, "output error")])
def test_a_disk_that_cannot_take_it(server, target, monkeypatch, number, said) -> None:
    import os

    def refuse(self: Path, goal: Path) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(DataError, match=rf"{FIRST}\.gz could not be saved in {target}.*{said}"):
        fetch_all(target, server.url)
    assert present(target) == set()


def test_a_target_that_is_a_file(server, tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="could not be saved in"):
        fetch_all(tmp_path / "file", server.url)
    assert (tmp_path / "file").read_text() == "in the way"
