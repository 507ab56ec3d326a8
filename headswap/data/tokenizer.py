"""Text to numbers without a vocabulary file: a token is a byte.

Shape letters: B batch, T bytes.
"""

from collections.abc import Iterable, Sequence

import torch

from ..errors import DataError, SettingError

PAD, CLS, BOS, EOS = 256, 257, 258, 259
VOCAB_SIZE = 260  # 256 bytes and the four above


class ByteTokenizer:
    """Turns text into its UTF-8 bytes and back: 256 byte ids, then pad 256, cls 257, bos 258, eos 259."""

    vocab_size = VOCAB_SIZE

    def encode(self, text: str, max_len: int | None = None, *, cls: bool = False) -> list[int]:
        """The ids of `text`, cut to `max_len` ids; with `cls`, id 257 stands in front and counts.

        Lossless for any text that fits. Raises DataError for half a surrogate pair, which is not text.
        """
        try:
            raw = text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise DataError(
                f"the text {text[:40]!r} holds half a surrogate pair at position {error.start}, "
                "which is not a character; read the file as UTF-8 or remove it"
            ) from None
        ids = [CLS, *raw] if cls else list(raw)
        return ids[:max_len]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`; special ids are left out, half a character becomes U+FFFD, nothing raises.

        Ids outside 0..259 are no tokens: SettingError.
        """
        ids = list(ids)
        wrong = [i for i in ids if not 0 <= i < VOCAB_SIZE]
        if wrong:
            raise SettingError(f"id {wrong[0]} is not a token; give ids from 0 to {VOCAB_SIZE - 1}")
        return bytes(i for i in ids if i < PAD).decode("utf-8", errors="replace")

    def pad(self, rows: Sequence[Sequence[int]], side: str = "right") -> tuple[torch.Tensor, torch.Tensor]:
        """Rows of ids as one (B, T) int64 tensor and a (B, T) mask that is True on real ids.

        T is the longest row (at least 1); `side` says where the pads go.
        """
        if side not in ("right", "left"):
            raise SettingError(f"side is {side!r}; give 'right' or 'left'")
        length = max([1, *map(len, rows)])
        pads = [[PAD] * (length - len(row)) for row in rows]
        filled = [[*row, *pad] if side == "right" else [*pad, *row] for row, pad in zip(rows, pads, strict=True)]
        ids = torch.tensor(filled, dtype=torch.int64).reshape(len(rows), length)  # (B, T)
        return ids, ids != PAD

    def batch(
        self, texts: Sequence[str], max_len: int, *, side: str = "right", cls: bool = False
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Texts as ids (B, T) and mask (B, T), T the longest text but at most `max_len`."""
        if max_len < 1:
            raise SettingError(f"max_len is {max_len}; it counts the bytes a model reads, so give at least 1")
        return self.pad([self.encode(text, max_len, cls=cls) for text in texts], side)
