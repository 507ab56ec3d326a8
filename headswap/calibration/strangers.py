"""What a model was never trained on: the same letters in disorder, another language; images turned and blurred.

None needs a download. A further kind, messages on other subjects, is the fixture with its `shift`.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np

from ..data.images.picture import Picture
from ..data.messages import Example, Message
from ..errors import SettingError

# Caesar, De bello Gallico 1.1, in the public domain for two thousand years.
LATIN = """
Gallia est omnis divisa in partes tres, quarum unam incolunt Belgae, aliam Aquitani, tertiam qui ipsorum lingua Celtae,
nostra Galli appellantur. Hi omnes lingua, institutis, legibus inter se differunt. Gallos ab Aquitanis Garumna flumen, a
Belgis Matrona et Sequana dividit. Horum omnium fortissimi sunt Belgae, propterea quod a cultu atque humanitate
provinciae longissime absunt, minimeque ad eos mercatores saepe commeant atque ea quae ad effeminandos animos pertinent
important, proximique sunt Germanis, qui trans Rhenum incolunt, quibuscum continenter bellum gerunt. Qua de causa
Helvetii quoque reliquos Gallos virtute praecedunt, quod fere cotidianis proeliis cum Germanis contendunt, cum aut suis
finibus eos prohibent aut ipsi in eorum finibus bellum gerunt. Eorum una pars, quam Gallos obtinere dictum est, initium
capit a flumine Rhodano, continetur Garumna flumine, Oceano, finibus Belgarum, attingit etiam ab Sequanis et Helvetiis
flumen Rhenum, vergit ad septentriones. Belgae ab extremis Galliae finibus oriuntur, pertinent ad inferiorem partem
fluminis Rheni, spectant in septentrionem et orientem solem. Aquitania a Garumna flumine ad Pyrenaeos montes et eam
partem Oceani quae est ad Hispaniam pertinet; spectat inter occasum solis et septentriones.
"""


def shuffled(messages: Sequence[Example], seed: int = 0) -> list[Message]:
    """The messages with the letters of each in a random order: the same bytes, and no word left."""
    random = Random(seed)
    return [Message("".join(random.sample(one.text, len(one.text))), one.label) for one in messages]


def latin(count: int, seed: int = 0) -> list[Message]:
    """So many runs of 4 to 16 words of Caesar, none of them twice; their label, 0, means nothing."""
    words, random, found = LATIN.split(), Random(seed), dict[str, None]()
    if count > len(words):
        raise SettingError(f"{count} messages of Latin; there are enough different ones for {len(words)} at most")
    while len(found) < count:
        start = random.randrange(len(words) - 4)
        found[" ".join(words[start : start + random.randint(4, 16)])] = None
    return [Message(text, 0) for text in found]


def turned(pictures: Sequence[Picture]) -> list[Picture]:
    """The images turned by a quarter to the left; (channels, height, width) to (channels, width, height)."""
    return [replace(one, item=np.ascontiguousarray(np.rot90(one.item, axes=(1, 2)))) for one in pictures]


def blurred(pictures: Sequence[Picture], times: int = 2) -> list[Picture]:
    """The images out of focus: so many times each pixel becomes the mean of itself and its neighbours, 3 by 3.

    Beyond the edge lies what the edge shows. The mean brightness hardly changes, the strokes run together.
    """
    return [replace(one, item=_blurred(one.item, times)) for one in pictures]


def _blurred(image: np.ndarray, times: int) -> np.ndarray:
    found = image.astype(np.float32)
    for _ in range(times):
        wide = np.pad(found, ((0, 0), (1, 1), (1, 1)), mode="edge")
        found = np.lib.stride_tricks.sliding_window_view(wide, (3, 3), axis=(1, 2)).mean((3, 4))  # (C, H, W)
    return np.ascontiguousarray(found.astype(image.dtype))
