"""The download gives the checked file or nothing: no half file, no file from elsewhere in the archive."""

from __future__ import annotations

import hashlib
import io
import re
import socket
import sys
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from helpers import CORPUS

from headswap.data import download
from headswap.data.download import MEMBER, download_sms
from headswap.errors import DataError

CONTENT = b"ham\thello\nspam\twin\n" * 3000


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as files:
        for name, content in members.items():
            files.writestr(name, content)
    return buffer.getvalue()


GOOD = archive({"readme": b"read me", MEMBER: CONTENT})


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def fetch(folder: Path, url: str, body: bytes = GOOD, content: bytes = CONTENT, **arguments) -> Path:
    return download_sms(folder, url=url, sha256=sha256(body), member_sha256=sha256(content), wait=0, **arguments)


def refusal(folder: Path, url: str, *arguments: bytes, **named) -> str:
    """The one sentence of a failed download, which must leave the folder as it was."""
    before = sorted(folder.rglob("*"))
    with pytest.raises(DataError) as caught:
        fetch(folder, url, *arguments, **named)
    sentence = str(caught.value)
    assert sorted(folder.rglob("*")) == before
    assert url in sentence and "--data PATH" in sentence
    assert sentence.endswith(".") and ". " not in sentence and "\n" not in sentence
    return sentence


class Server:
    """Answers on 127.0.0.1 with the next (status, body, length announced); the last answer repeats."""

    def __init__(self, answers: list[tuple[int, bytes, int | None]]) -> None:
        self.answers, self.asked = answers, 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body, length = outer.answers[min(outer.asked, len(outer.answers) - 1)]
                outer.asked += 1
                if not status:  # no HTTP at all
                    self.wfile.write(body)
                    return
                self.send_response(status)
                if length is not None:
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:  # the client has hung up on a body that is too long
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/sms.zip"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()


Serve = Callable[..., Server]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers: list[Server] = []

    def start(*answers: bytes | tuple[int, bytes, int | None]) -> Server:
        full = [(200, a, len(a)) if isinstance(a, bytes) else a for a in answers]
        servers.append(Server(full))
        return servers[-1]

    yield start
    for server in servers:
        server.http.shutdown()
        server.http.server_close()


def test_a_good_archive_becomes_the_one_file_and_nothing_else(tmp_path, serve):
    folder = tmp_path / "new" / "data"
    path = fetch(folder, serve(GOOD).url)
    assert path == folder / MEMBER and path.read_bytes() == CONTENT
    assert [p.name for p in folder.iterdir()] == [MEMBER]


def test_a_server_that_does_not_tell_the_length_is_no_obstacle(tmp_path, serve):
    assert fetch(tmp_path, serve((200, GOOD, None)).url).read_bytes() == CONTENT


def test_the_right_file_already_there_is_returned_without_asking_the_server(tmp_path, serve):
    server = serve(GOOD)
    (tmp_path / MEMBER).write_bytes(CONTENT)
    assert fetch(tmp_path, server.url) == tmp_path / MEMBER and server.asked == 0


def test_a_wrong_file_already_there_is_replaced_by_the_right_one(tmp_path, serve):
    (tmp_path / MEMBER).write_bytes(b"half of it")
    assert fetch(tmp_path, serve(GOOD).url).read_bytes() == CONTENT


def test_a_wrong_file_already_there_stays_when_the_download_fails(tmp_path, serve):
    (tmp_path / MEMBER).write_bytes(b"mine")
    refusal(tmp_path, serve((404, b"", 0)).url)
    assert (tmp_path / MEMBER).read_bytes() == b"mine"


def test_a_server_that_fails_twice_is_asked_a_third_time(tmp_path, serve):
    server = serve((503, b"", 0), (200, GOOD[:90], len(GOOD)), GOOD)
    assert fetch(tmp_path, server.url).read_bytes() == CONTENT and server.asked == 3


def test_a_server_that_always_fails_is_asked_three_times_and_no_more(tmp_path, serve):
    server = serve((503, b"", 0))
    assert "3 tries" in (said := refusal(tmp_path, server.url)) and "503" in said
    assert server.asked == 3


def test_the_wait_comes_between_tries_only(tmp_path, serve, monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr(download.time, "sleep", waits.append)
    with pytest.raises(DataError):
        download_sms(tmp_path, url=serve((503, b"", 0)).url, tries=3, wait=7)
    assert [wait for wait in waits if wait] == [7, 7]


def test_an_answer_that_is_no_http_counts_as_a_failed_try(tmp_path, serve):
    server = serve((0, b"220 mail ready\r\n", None), GOOD)
    assert fetch(tmp_path, server.url).read_bytes() == CONTENT and server.asked == 2


def test_a_truncated_body_is_refused_with_both_counts(tmp_path, serve):
    said = refusal(tmp_path, serve((200, GOOD[:90], len(GOOD))).url)
    assert f"90 of {len(GOOD)} bytes" in said


def test_an_archive_with_another_hash_is_refused_with_both_hashes(tmp_path, serve):
    server = serve(GOOD)
    said = refusal(tmp_path, server.url, b"other")
    assert sha256(GOOD) in said and sha256(b"other") in said and server.asked == 1


def test_a_member_with_another_hash_is_refused(tmp_path, serve):
    said = refusal(tmp_path, serve(GOOD).url, GOOD, b"other")
    assert MEMBER in said and sha256(CONTENT) in said


@pytest.mark.parametrize("name", ["../../evil", "/evil", f"../{MEMBER}", f"sub/{MEMBER}"])
def test_an_archive_without_the_member_is_refused_whatever_else_it_holds(tmp_path, serve, name):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    bad = archive({name: CONTENT})
    assert f"no file {MEMBER}" in refusal(folder, serve(bad).url, bad)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "b"]


def test_a_path_in_the_archive_is_never_written_to(tmp_path, serve):
    folder = tmp_path / "a" / "b"
    mixed = archive({"../../evil": b"evil", MEMBER: CONTENT})
    fetch(folder, serve(mixed).url, mixed)
    assert sorted(p.name for p in tmp_path.rglob("*")) == [MEMBER, "a", "b"]


def test_a_bomb_is_refused_before_it_is_unpacked_in_full(tmp_path, serve, monkeypatch):
    monkeypatch.setattr(download, "MAX_BYTES", 100_000)
    bomb = archive({MEMBER: bytes(20_000_000)})
    server = serve(bomb)
    tracemalloc.start()
    try:
        assert f"{MEMBER} from {server.url} is over 100000 bytes" in refusal(tmp_path, server.url, bomb)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("told", [True, False])
def test_a_body_over_the_cap_is_refused(tmp_path, serve, monkeypatch, told):
    monkeypatch.setattr(download, "MAX_BYTES", 1000)
    body = b"x" * 200_000
    assert "more than 1000 bytes" in refusal(tmp_path, serve((200, body, len(body) if told else None)).url, body)


@pytest.mark.parametrize("body", [b"<html>please log in</html>", GOOD[:-30], GOOD[: len(GOOD) // 2]])
def test_a_body_that_is_no_sound_zip_is_refused(tmp_path, serve, body):
    assert "no valid zip" in refusal(tmp_path, serve(body).url, body)


def test_a_zip_with_damaged_bytes_is_refused(tmp_path, serve):
    start = GOOD.index(MEMBER.encode()) + len(MEMBER) + 20
    damaged = GOOD[:start] + bytes(60) + GOOD[start + 60 :]
    assert "no valid zip" in refusal(tmp_path, serve(damaged).url, damaged)


def test_a_refused_connection_names_the_address_and_the_way_by_hand(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/sms.zip"
        assert "refused" in refusal(tmp_path, url).lower()


def test_a_silent_server_is_given_up_after_the_timeout(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/sms.zip"
        start = time.monotonic()
        assert "timed out" in refusal(tmp_path, url, timeout=0.1, tries=2)
        assert time.monotonic() - start < 4


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_an_interrupt_while_writing_leaves_nothing_behind(tmp_path, serve, monkeypatch, step):
    real = Path.write_bytes

    def interrupt(self: Path, *arguments: bytes) -> None:
        if step == "write_bytes":
            real(self, arguments[0][:10])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, serve(GOOD).url)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_refused_and_leaves_nothing_behind(tmp_path, serve, monkeypatch):
    real = Path.write_bytes

    def fill(self: Path, content: bytes) -> None:
        real(self, content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(DataError, match="No space left"):
        fetch(tmp_path, serve(GOOD).url)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path, serve):
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(DataError, match="cannot be written"):
        fetch(tmp_path / "file", serve(GOOD).url)
    assert (tmp_path / "file").read_bytes() == b"mine"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "progress", "shown"), [(Terminal, True, True), (Terminal, False, False), (io.StringIO, True, False)]
)
def test_the_bar_shows_on_a_terminal_only_and_only_on_stderr(
    tmp_path, serve, monkeypatch, capsys, stream, progress, shown
):
    monkeypatch.setattr(sys, "stderr", stderr := stream())
    fetch(tmp_path, serve(GOOD).url, progress=progress)
    assert (MEMBER in stderr.getvalue()) is shown
    assert capsys.readouterr().out == ""


def test_the_defaults_name_the_archive_of_uci_over_https():
    assert download.URL.startswith("https://archive.ics.uci.edu/")
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in (download.SHA256, download.MEMBER_SHA256))
    assert "CC BY 4.0" in (download_sms.__doc__ or "")


@pytest.mark.corpus
def test_the_stated_hash_is_that_of_the_real_file():
    if not CORPUS.exists():
        pytest.skip(f"the SMS Spam Collection is not at {CORPUS}")
    assert download_sms(CORPUS.parent, url="http://127.0.0.1:1/never-asked", wait=0) == CORPUS
