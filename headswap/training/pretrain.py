"""The body's schooling: predict the next byte, and how well it does so.

Shape letters: B batch, T bytes, V vocabulary.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

import torch
import torch.nn.functional as F

from ..data.batches import ordered_batches, shuffled_batches
from ..data.messages import Split
from ..data.tokenizer import BOS, EOS, PAD, ByteTokenizer
from ..errors import DataError, DivergedError, SettingError
from ..model.body import BodyConfig, LanguageModel, new_language_model
from ..model.body_contract import Base, device_of
from ..model.layers import use_generator
from ..model.precision import modes_kept, one_thread

EVALUATION_BATCH = 64


@dataclass(frozen=True, slots=True)
class PretrainStep:
    """One step of pretraining: its epoch, its number, from 1, of how many, and its loss, in nats per byte for texts."""

    epoch: int
    step: int
    steps: int
    loss: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts as next-byte exercises: ids (N, T) from bos on, mask (N, T), targets (N, T) one to the left, up to eos."""

    ids: torch.Tensor
    mask: torch.Tensor
    targets: torch.Tensor

    @property
    def lengths(self) -> torch.Tensor:
        """Real ids per text, (N,)."""
        return self.mask.sum(1)

    def batch(self, index: torch.Tensor, device: torch.device) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The chosen texts, cut to the longest of them, on the device of the model; batches are planned on the CPU."""
        longest = int(self.lengths[index].max())
        ids, mask, targets = (part[index, :longest].to(device) for part in (self.ids, self.mask, self.targets))
        return ids, mask, targets


def next_byte_texts(texts: Sequence[str], max_len: int) -> Texts:
    """Exercises of at most `max_len` ids: from bos and the bytes so far, predict the next byte, and eos at the end."""
    if not texts:
        raise DataError("there are no texts to learn from; give at least one")
    tokenizer = ByteTokenizer()
    rows = [[BOS, *tokenizer.encode(text), EOS][: max_len + 1] for text in texts]
    ids, mask = tokenizer.pad([row[:-1] for row in rows])
    targets, _ = tokenizer.pad([row[1:] for row in rows])
    return Texts(ids, mask, targets)


def pretrain(
    model: LanguageModel, texts: Sequence[str], *, epochs: int = 5, batch_size: int = 16, learning_rate: float = 5e-3,
    seed: int = 0,
) -> Iterator[PretrainStep]:  # fmt: skip
    """Teach `model` to predict the next byte of `texts`, yielding a PretrainStep after each step.

    AdamW under a cosine schedule; shuffles come from a generator of the run's own.
    """
    if epochs < 1 or batch_size < 1:
        raise SettingError(f"epochs is {epochs} and batch_size {batch_size}; give whole numbers of at least 1")
    data = next_byte_texts(texts, model.body.config.max_len)
    device, generator = device_of(model), torch.Generator().manual_seed(seed)
    use_generator(model, generator)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, fused=True)
    steps, step = epochs * math.ceil(len(data.ids) / batch_size), 0
    with modes_kept(model):
        for epoch in range(1, epochs + 1):
            for index in shuffled_batches(data.lengths, batch_size, generator):
                began = perf_counter()
                rate = learning_rate * one_cycle(step / steps)
                step += 1
                with one_thread():
                    loss = _step(model, optimizer, rate, *data.batch(index, device))
                yield PretrainStep(epoch, step, steps, loss, perf_counter() - began)


def _step(
    model: LanguageModel, optimizer: torch.optim.Optimizer, rate: float, ids: torch.Tensor, mask: torch.Tensor,
    targets: torch.Tensor,
) -> float:  # fmt: skip
    model.train()
    for group in optimizer.param_groups:
        group["lr"] = rate
    loss = F.cross_entropy(model(ids, mask).flatten(0, 1), targets.flatten(), ignore_index=PAD)
    optimizer.zero_grad()
    loss.backward()
    value = loss.item()
    if not math.isfinite(value):
        raise DivergedError(f"the pretraining loss became {value} at learning rate {rate:g}; try a tenth of it")
    optimizer.step()
    return value


def one_cycle(done: float, warm: float = 0.1) -> float:
    """The rate's multiple after a share `done`: up in a straight line for the first tenth, then down a cosine."""
    return (done + 0.01) / (warm + 0.01) if done < warm else (1 + math.cos(math.pi * (done - warm) / (1 - warm))) / 2


def pretrain_quick(
    texts: Sequence[str], config: BodyConfig | None = None, *, epochs: int = 5, seed: int = 0,
    watch: Callable[[PretrainStep], None] | None = None,
) -> LanguageModel:  # fmt: skip
    """A language model that has read `texts` five times, so that its body starts from something.

    `watch` is called with each PretrainStep. The same texts, config and seed give the same model.
    """
    model = new_language_model(config or BodyConfig(), seed)
    for step in pretrain(model, texts, epochs=epochs, seed=seed):
        if watch is not None:
            watch(step)
    return model.eval()


@torch.no_grad()
def perplexity(model: LanguageModel, texts: Sequence[str]) -> float:
    """How many bytes the model hesitates between, on average: exp of the mean loss per byte; 260 is pure guessing.

    Pads do not count, and the mean is over bytes, not over texts. The model keeps the modes it was in.
    """
    data = next_byte_texts(texts, model.body.config.max_len)
    device, total = device_of(model), 0.0
    with one_thread(), modes_kept(model):
        model.eval()
        for index in ordered_batches(data.lengths, EVALUATION_BATCH):
            ids, mask, targets = data.batch(index, device)
            logits = model(ids, mask).flatten(0, 1)  # (B * T, V)
            total += F.cross_entropy(logits, targets.flatten(), ignore_index=PAD, reduction="sum").item()
    return math.exp(total / int(data.mask.sum()))


@torch.no_grad()
def generate(
    model: LanguageModel, prompt: str = "", *, length: int = 60, temperature: float = 0.8, seed: int = 0
) -> str:
    """Let the model babble: up to `length` further bytes after `prompt`, until it says eos or its max_len is full.

    It has never read further, and would be lost there: on the practice messages it hesitates between 2 bytes up to
    that point, and between 37 and 54 beyond it. Temperature 0 takes the likeliest byte; higher is wilder.
    """
    if temperature < 0:
        raise SettingError(f"temperature is {temperature}; give 0 or more")
    generator = torch.Generator().manual_seed(seed)
    ids, window, device = [BOS, *ByteTokenizer().encode(prompt)], model.body.config.max_len, device_of(model)
    if len(ids) > window:
        raise SettingError(f"the prompt has {len(ids) - 1} bytes and the model reads {window}; shorten it")
    with one_thread(), modes_kept(model):
        model.eval()
        for _ in range(min(length, window + 1 - len(ids))):
            read = torch.tensor([ids], device=device)
            logits = model(read, torch.ones_like(read, dtype=torch.bool))[0, -1].cpu()  # (V,)
            logits[[PAD, BOS]] = float("-inf")
            ids.append(_draw(logits, temperature, generator))
            if ids[-1] == EOS:
                break
    return ByteTokenizer().decode(ids)


def _draw(logits: torch.Tensor, temperature: float, generator: torch.Generator) -> int:
    if temperature == 0:
        return int(logits.argmax())
    return int(torch.multinomial((logits / temperature).softmax(0), 1, generator=generator))


Watch = Callable[[PretrainStep], None]


class Origin(Protocol):
    """Anything that makes a base for a split and a seed: the same arguments, the same bits."""

    def base(self, split: Split, seed: int, watch: Watch | None = None) -> Base:
        """The base that regimes start from; `watch` hears of the steps."""
        ...

    def untrained(self) -> Base:
        """A base of the same sizes that has read nothing, for regimes that start from a random body."""
        ...


@dataclass(frozen=True, slots=True)
class Schooling:
    """A language model that has read the training texts and the unlabelled ones, `epochs` times."""

    config: BodyConfig = field(default_factory=BodyConfig)
    epochs: int = 5

    def base(self, split: Split, seed: int, watch: Watch | None = None) -> LanguageModel:
        """The language model of this split and seed."""
        return pretrain_quick(pretraining_texts(split), self.config, epochs=self.epochs, seed=seed, watch=watch)

    def untrained(self) -> LanguageModel:
        """A language model that has read nothing."""
        return new_language_model(self.config, seed=0)


def pretraining_texts(split: Split) -> list[str]:
    """What the body may read before: training and unlabelled texts, never one that is judged on."""
    return list(split.corpus) or [message.text for message in split.train] + list(split.unlabelled)
