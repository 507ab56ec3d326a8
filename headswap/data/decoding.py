"""From the bytes of a file to its text; lines count from 1, byte offsets from 0."""

import codecs
import re
from pathlib import Path
from reprlib import repr as short

from ..errors import DataError, SettingError


def read_text(path: Path, encoding: str | None) -> str:
    """The text of a file, UTF-8 unless it says or you say otherwise; DataError where it is none."""
    if path.is_dir():
        raise DataError(f"{path} is a folder, expected a file of messages: give the path of the file in it.")
    try:
        text = _decode(path, path.read_bytes(), encoding).removeprefix("\ufeff")
    except FileNotFoundError:
        raise DataError(f"There is no file {path}, expected a file of messages: check the path.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check that you may open it.") from error
    if not text.strip():
        raise DataError(f"{path} is empty, expected one message per line: give a file that holds messages.")
    if "\0" in text:
        line = _lines(text[: text.index("\0")])
        raise DataError(f"{path}, line {line} holds a NUL byte, expected a text file: save it as UTF-8 text.")
    return text


def _decode(path: Path, raw: bytes, encoding: str | None) -> str:
    if raw.startswith(b"PK\x03\x04"):
        raise DataError(f"{path} is a workbook or an archive, expected a text file: save the sheet as CSV, or unpack.")
    encoding = encoding or ("utf-16" if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8")
    try:
        return raw.decode(encoding)
    except LookupError:
        raise SettingError(f'Python knows no encoding {short(encoding)}: give one such as "utf-8".') from None
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        raise DataError(_why_not_text(path, raw, encoding, start)) from error


def _why_not_text(path: Path, raw: bytes, encoding: str, start: int) -> str:
    place = f"{path}, line {_lines(raw[:start].decode(encoding, 'replace'))}, byte offset {start}"
    advice = "unpack it if it is an archive, or state its encoding with encoding= (--encoding)"
    if b"\0" not in raw:
        likely = "latin-1" if "\ufffd" in raw.decode("cp1252", "replace") else "cp1252"
        other = " or latin-1" if likely == "cp1252" else ""
        advice = f'save it as UTF-8, or give encoding="{likely}" (--encoding {likely}{other})'
    return f"{place} is not valid {encoding}, expected a text file: {advice}."


def _lines(text: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", text)) + 1  # str.splitlines would break at more than an editor does
