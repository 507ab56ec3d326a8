"""Lesson 01: rows of ids to one rectangle and its mask, and ids back to text.

Shape letters: B batch, T bytes.
"""

from collections.abc import Iterable
from itertools import takewhile

import torch
from torch.nn.utils.rnn import pad_sequence

from ..data.tokenizer import BOS, CLS, EOS
from .answers import Probe
from .exercise import Exercise, Trap

Rows = list[list[int]]
Padded = tuple[torch.Tensor, torch.Tensor]


def pad_and_mask(rows: Rows) -> Padded:
    """Rows of ids as one (B, T) tensor, pads (256) on the right, and a (B, T) bool mask, True on real ids."""
    longest = max(len(row) for row in rows)
    ids = torch.tensor([row + [256] * (longest - len(row)) for row in rows])  # (B, T)
    mask = torch.tensor([[t < len(row) for t in range(longest)] for row in rows])  # (B, T)
    return ids, mask


def decode(ids: Iterable[int]) -> str:
    """The text of ids: 256 and above are left out, half a character becomes U+FFFD, nothing raises."""
    return bytes(i for i in ids if i < 256).decode("utf-8", errors="replace")


# ---- wrong on purpose: one misconception each


def _mask_inverted(rows: Rows) -> Padded:
    ids, mask = pad_and_mask(rows)
    return ids, ~mask


def _padded_with_zero(rows: Rows) -> Padded:
    ids, mask = pad_and_mask(rows)
    return ids.masked_fill(~mask, 0), mask


def _zero_is_a_pad(rows: Rows) -> Padded:
    ids = _padded_with_zero(rows)[0]
    return ids, ids != 0


def _pads_on_the_left(rows: Rows) -> Padded:
    ids, mask = pad_and_mask([row[::-1] for row in rows])
    return ids.flip(1), mask.flip(1)


def _mask_of_numbers(rows: Rows) -> Padded:
    ids, mask = pad_and_mask(rows)
    return ids, mask.float()


def _mask_of_zeros_and_ones(rows: Rows) -> Padded:
    ids, mask = pad_and_mask(rows)
    return ids, mask.long()


def _ids_with_a_point(rows: Rows) -> Padded:
    ids, mask = pad_and_mask(rows)
    return ids.float(), mask


def _mask_first(rows: Rows) -> Padded:
    ids, mask = pad_and_mask(rows)
    return mask, ids


def _cut_to_the_shortest(rows: Rows) -> Padded:
    shortest = min(len(row) for row in rows)
    return pad_and_mask([row[:shortest] for row in rows])


def _all_real(rows: Rows) -> Padded:
    ids, _ = pad_and_mask(rows)
    return ids, torch.ones_like(ids, dtype=torch.bool)


def _always_32(rows: Rows) -> Padded:
    ids, mask = pad_and_mask([*rows, [0] * 32])
    return ids[:-1], mask[:-1]


def _transposed(rows: Rows) -> Padded:
    ids = pad_sequence([torch.tensor(row) for row in rows], padding_value=256)  # (T, B)
    return ids, ids != 256


def _naive(ids: Iterable[int]) -> str:
    return bytes(ids).decode()


def _strict(ids: Iterable[int]) -> str:
    return bytes(i for i in ids if i < 256).decode()


def _specials_kept(ids: Iterable[int]) -> str:
    return bytes(ids).decode("utf-8", errors="replace")


def _pads_only(ids: Iterable[int]) -> str:
    return bytes(i for i in ids if i != 256).decode("utf-8", errors="replace")


def _cls_kept(ids: Iterable[int]) -> str:
    return bytes(i for i in ids if i not in (256, BOS, EOS)).decode("utf-8", errors="replace")


def _bos_kept(ids: Iterable[int]) -> str:
    return bytes(i for i in ids if i not in (256, CLS, EOS)).decode("utf-8", errors="replace")


def _eos_kept(ids: Iterable[int]) -> str:
    return bytes(i for i in ids if i not in (256, CLS, BOS)).decode("utf-8", errors="replace")


def _up_to_the_pad(ids: Iterable[int]) -> str:
    return bytes(i for i in ids if i <= 256).decode("utf-8", errors="replace")


def _stops_at_the_first(ids: Iterable[int]) -> str:
    return decode(takewhile(lambda i: i < 256, ids))


def _below_255(ids: Iterable[int]) -> str:
    return decode(i for i in ids if i < 255)


def _ascii_alone(ids: Iterable[int]) -> str:
    return decode(i for i in ids if i < 128)


def _without_zero(ids: Iterable[int]) -> str:
    return decode(i for i in ids if i > 0)


def _latin_1(ids: Iterable[int]) -> str:
    return bytes(i for i in ids if i < 256).decode("latin-1")


def _half_dropped(ids: Iterable[int]) -> str:
    return bytes(i for i in ids if i < 256).decode("utf-8", errors="ignore")


def _specials_marked(ids: Iterable[int]) -> str:
    return bytes(i if i < 256 else ord("?") for i in ids).decode("utf-8", errors="replace")


# ---- questions


def _padded(*rows: Iterable[int]) -> Probe:
    kept = [tuple(row) for row in rows]
    return Probe(f"pad_and_mask({[[*row] for row in kept]})", lambda answer: _told(answer([[*row] for row in kept])))


def _told(answer: object) -> object:
    """Ids, mask and their types, where the answer is a pair of tensors, in a tuple or a list; else as it is."""
    if isinstance(answer, tuple | list) and len(answer) == 2 and all(isinstance(part, torch.Tensor) for part in answer):
        return {"ids": answer[0].tolist(), "mask": answer[1].tolist(), "types": [_type(part) for part in answer]}
    return answer


def _type(part: torch.Tensor) -> str:
    """int64 for any whole numbers, which look up a vector as well as these."""
    name = str(part.dtype).removeprefix("torch.")
    return "int64" if name in ("int8", "int16", "int32") else name


def _decoded(*ids: int) -> Probe:
    return Probe(f"decode({[*ids]})", lambda answer: answer([*ids]))


PAD_AND_MASK = Exercise(
    pad_and_mask,
    (_padded(b"Hi", b"!"), _padded(b"a", b"bcd", b"ef"), _padded(b"a\0", b"\0bcd")),
    (
        Trap(_mask_inverted, "Your mask is inverted: True says that an id is real, False that it is a pad."),
        Trap(
            _zero_is_a_pad,
            "You pad with 0 and take every 0 for a pad. 0 is a byte that a text may hold; no byte is 256, the pad.",
        ),
        Trap(_padded_with_zero, "You pad with 0, but 0 is a byte of its own. The pad is 256, which no byte can be."),
        Trap(_pads_on_the_left, "Your pads are on the left. Here they go on the right, behind the last byte."),
        Trap(
            _mask_of_numbers,
            "Your mask holds the right values as numbers. A mask answers yes or no: make it bool, so that "
            "ids[mask] and ~mask work.",
        ),
        Trap(
            _mask_of_zeros_and_ones,
            "Your mask is made of 0 and 1, whole numbers: ids[mask] would look up rows 0 and 1. Make it bool, as "
            "ids != 256 is, or with mask.bool().",
        ),
        Trap(_ids_with_a_point, "Your ids have a decimal point; an id is a place in a table, a whole number."),
        Trap(_mask_first, "You return the mask first: the ids come first, then the mask."),
        Trap(
            _cut_to_the_shortest,
            "You cut every row to the shortest one and lose bytes. T is the longest row; the others get pads.",
        ),
        Trap(_all_real, "Your mask is True everywhere, so the pads count as bytes. It is False on the pads."),
        Trap(_always_32, "You pad every batch to 32. T is the longest row of this batch; pads cost time."),
        Trap(_transposed, "Your tensors are (T, B): one column per message. They should be (B, T), one row each."),
    ),
    (
        "How long is the longest row? Every other row needs pads up to that length.",
        "row + [256] * (longest - len(row)) is a row of full length; a list of such rows makes a (B, T) tensor.",
        "Position t of a row is real where t < len(row). Or, once the ids are a tensor: where ids != 256.",
    ),
    "Four messages of different length now fit one rectangle, and the mask knows which ids are real.",
)  # fmt: skip

DECODE = Exercise(
    decode,
    (
        _decoded(72, 105),
        _decoded(*"é".encode()),
        _decoded(72, 105, 256, 256),
        _decoded(257, 72, 105, 259),
        *(_decoded(72, special, 105) for special in (256, CLS, BOS, EOS)),
        _decoded(0, 72, 255),
        _decoded(99, 97, 102, 195),
        _decoded(*"ok 👍".encode()[:-1]),
    ),
    (
        Trap(
            _naive,
            "bytes() takes 0 to 255 and your decode stops at 256: leave the special ids out. Then look at half a "
            "character.",
        ),
        Trap(
            _strict,
            "It stops where the bytes were cut inside a character, and every message may be cut. Ask decode for "
            'errors="replace".',
        ),
        Trap(_specials_kept, "The special ids, 256 to 259, aren't bytes, so bytes() rejects them. Leave them out."),
        Trap(_pads_only, "The pads are out; cls, bos and eos (257 to 259) are still in. Keep what is below 256."),
        *(
            Trap(wrong, f"One special id is still in: {name}, {special}. Do not name them one by one; keep what is "
                 "below 256.")
            for wrong, name, special in ((_cls_kept, "cls", CLS), (_bos_kept, "bos", BOS), (_eos_kept, "eos", EOS))
        ),
        Trap(_up_to_the_pad, "Off by one: a byte is at most 255, and your comparison lets 256, the pad, through."),
        Trap(_stops_at_the_first, "You stop at the first special id; leave it out and go on, for bytes may follow it."),
        Trap(_below_255, "Off by one: 255 is a byte too. Keep what is below 256."),
        Trap(_ascii_alone, "You keep only ASCII, below 128; the bytes of é are 128 and more. Keep all below 256."),
        Trap(_without_zero, "You leave 0 out, but 0 is a byte that a text may hold; no pad is 0 here."),
        Trap(
            _latin_1,
            "You turn each byte into one character, as Latin-1 does. In UTF-8 é is two bytes: decode them together.",
        ),
        Trap(
            _half_dropped,
            "Half a character vanishes without a trace. U+FFFD in its place says that something was cut.",
        ),
        Trap(_specials_marked, "A special id isn't a character, not even a question mark. Leave it out of the text."),
    ),
    (
        "Which ids are bytes? Only those below 256 came from the text.",
        'bytes(list_of_numbers) turns numbers from 0 to 255 into bytes, and .decode("utf-8") turns bytes into text.',
        '.decode("utf-8", errors="replace") writes U+FFFD where the bytes make no whole character.',
    ),
    "It reads any ids of the model, whatever a cut or a babbling model has done to them.",
)  # fmt: skip
