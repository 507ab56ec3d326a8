"""The download of the SMS Spam Collection: checked against its hash, and all of it or nothing on the disk."""

import hashlib
import http.client
import io
import time
import urllib.request
import zipfile
import zlib
from pathlib import Path

from tqdm import tqdm

from ..errors import DataError
from ..files import write_atomically

URL = "https://archive.ics.uci.edu/static/public/228/sms+spam+collection.zip"
SHA256 = "1587ea43e58e82b14ff1f5425c88e17f8496bfcdb67a583dbff9eefaf9963ce3"
MEMBER = "SMSSpamCollection"
MEMBER_SHA256 = "7d039a24a6083ed9ef0f806ebad56bbb976e3aeb8de05669173bfdc4996c239d"
MAX_BYTES = 10_000_000  # twenty times the real file: what is larger is not it
CHUNK_BYTES = 16_384
BY_HAND = "download it by hand, unpack it and give the file with --data PATH"


def download_sms(
    folder: str | Path, progress: bool = True, url: str = URL, sha256: str = SHA256, member_sha256: str = MEMBER_SHA256,
    tries: int = 3, wait: float = 2.0, timeout: float = 30.0,
) -> Path:  # fmt: skip
    """Fetch the SMS Spam Collection into a folder, check that it is the real one and give its path.

    Returns at once when the file is already there; another file of its name is replaced. `wait` (between
    tries) and `timeout` (of each answer) are in seconds; the bar goes to stderr on a terminal only. Raises
    `DataError` and leaves nothing behind when the file cannot be fetched, checked or written. The corpus, by
    Almeida, Gómez Hidalgo and Yamakami, is licensed CC BY 4.0: https://doi.org/10.24432/C5CC84.
    """
    target = Path(folder) / MEMBER
    if _is_there(target, member_sha256):
        return target
    archive = _checked(_fetch(url, progress, tries, wait, timeout), sha256, f"The archive from {url}")
    content = _checked(_unpack(archive, url), member_sha256, f"{MEMBER} in the archive from {url}")
    write_atomically(target, content)
    return target


def _is_there(target: Path, expected: str) -> bool:
    try:
        return _sha256(target.read_bytes()) == expected
    except OSError:
        return False


def _fetch(url: str, progress: bool, tries: int, wait: float, timeout: float) -> bytes:
    reason: Exception | None = None
    for number in range(tries):
        time.sleep(wait if number else 0)
        try:
            return _fetch_once(url, progress, timeout)
        except (OSError, http.client.HTTPException) as error:
            reason = error
    raise DataError(f"{url} did not answer in {tries} tries ({reason}), expected the archive: {BY_HAND}.")


def _fetch_once(url: str, progress: bool, timeout: float) -> bytes:
    body = bytearray()
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        total = answer.length  # None when the server does not say
        silent = None if progress else True  # None: silent unless stderr is a terminal
        with tqdm(total=total, desc=MEMBER, unit="B", unit_scale=True, disable=silent) as bar:
            while len(body) <= MAX_BYTES and (chunk := answer.read(CHUNK_BYTES)):
                body += chunk
                bar.update(len(chunk))
    if len(body) > MAX_BYTES:
        raise DataError(f"{url} sends more than {MAX_BYTES} bytes, expected a small archive: {BY_HAND}.")
    if len(body) < (total or 0):
        raise ConnectionError(f"the connection broke after {len(body)} of {total} bytes")
    return bytes(body)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _checked(content: bytes, expected: str, what: str) -> bytes:
    if _sha256(content) != expected:
        raise DataError(f"{what} has SHA-256 {_sha256(content)}, expected {expected}: {BY_HAND}.")
    return content


def _unpack(archive: bytes, url: str) -> bytes:
    # The member is read by its name into memory: no path from the archive ever reaches the disk.
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as files, files.open(MEMBER) as member:
            content = member.read(MAX_BYTES + 1)
    except KeyError:
        raise DataError(f"The archive from {url} has no file {MEMBER}, expected one: {BY_HAND}.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise DataError(f"{url} gave no valid zip ({error}), expected an archive: {BY_HAND}.") from error
    if len(content) > MAX_BYTES:
        raise DataError(f"{MEMBER} from {url} is over {MAX_BYTES} bytes, expected fewer: {BY_HAND}.")
    return content
