"""The body: a stack of pre-norm transformer blocks that turns bytes into hidden states.

Byte for byte it computes what GPT-2 computes with the same weights (Radford et al. 2019); the blocks are written
to be read next to the pictures of that paper. Shape letters: B batch, T bytes, D width, H heads, V vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ..data.batches import Rows, encode_texts
from ..data.tokenizer import VOCAB_SIZE
from ..errors import SettingError
from .body_contract import Base, Body, Site, State
from .layers import Dropout, embedding, linear, width_std

# Where inserts may hang in a block, and which third of the fused product it is.
SITES: dict[str, tuple[str, int | None]] = {
    "q": ("attention.qkv", 0), "k": ("attention.qkv", 1), "v": ("attention.qkv", 2), "qkv": ("attention.qkv", None),
    "out": ("attention.out", None), "up": ("feedforward.up", None), "down": ("feedforward.down", None),
    "attention": ("attention", None), "feedforward": ("feedforward", None), "attend": ("attention.attend", None),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BodyConfig:
    """The sizes of a body: width in floats, max_len in bytes, depth in blocks; dropout is a share in [0, 1)."""

    width: int = 64
    heads: int = 4
    depth: int = 2
    max_len: int = 32
    causal: bool = True
    dropout: float = 0.0
    vocab_size: int = VOCAB_SIZE

    def __post_init__(self) -> None:
        for name in ("width", "heads", "depth", "max_len", "vocab_size"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name} is {getattr(self, name)}; give a whole number of at least 1")
        if self.width % self.heads:
            raise SettingError(f"width {self.width} does not divide into {self.heads} heads; choose a multiple")
        if not 0.0 <= self.dropout < 1.0:
            raise SettingError(f"dropout is {self.dropout}; it is a share, so give 0 <= dropout < 1")


class Attend(nn.Module):
    """Every query takes the mean of the values that it may see, weighed by how well its key matches."""

    def __init__(self, heads: int, causal: bool) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, visible: torch.Tensor | None) -> torch.Tensor:
        """(B, H, T, D/H) of queries, keys and values; `visible` is None where the kernel's own rule says it."""
        causal = self.causal and visible is None
        return F.scaled_dot_product_attention(q, k, v, attn_mask=visible, is_causal=causal)


class Attention(nn.Module):
    """Each position looks back at the positions it may see and takes a weighted mean of their values."""

    def __init__(self, config: BodyConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.heads = config.heads
        self.attend = Attend(config.heads, config.causal)
        self.qkv = linear(config.width, 3 * config.width, generator, std=width_std(config.width))
        self.out = linear(config.width, config.width, generator, std=residual_std(config))

    def forward(self, x: torch.Tensor, visible: torch.Tensor | None) -> torch.Tensor:
        B, T, D = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.heads, D // self.heads).transpose(1, 3).unbind(2)  # (B, H, T, D/H)
        y = self.attend(q, k, v, visible)
        return self.out(y.transpose(1, 2).reshape(B, T, D))


class FeedForward(nn.Module):
    """Each position thinks on its own: widen four times, gelu, narrow again; (B, T, D) to (B, T, D)."""

    def __init__(self, config: BodyConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.up = linear(config.width, 4 * config.width, generator, std=width_std(config.width))
        self.down = linear(4 * config.width, config.width, generator, std=residual_std(config))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down(F.gelu(self.up(x), approximate="tanh"))


class Block(nn.Module):
    """One pre-norm transformer block: attend, then think, each added to what was there before."""

    def __init__(self, config: BodyConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.width)
        self.attention = Attention(config, generator)
        self.norm2 = nn.LayerNorm(config.width)
        self.feedforward = FeedForward(config, generator)
        self.dropout = Dropout(config.dropout)

    def forward(self, x: torch.Tensor, visible: torch.Tensor | None) -> torch.Tensor:
        x = x + self.dropout(self.attention(self.norm1(x), visible))
        return x + self.dropout(self.feedforward(self.norm2(x)))


class Through(nn.Module):
    """Lets hidden states and their mask through unchanged: a place where something may hang."""

    def forward(self, *state: torch.Tensor) -> State:
        """The state, as it is."""
        return state


class LMBody(Body):
    """Bytes in, one vector per byte out: embeddings, blocks and a last norm, with no head on top."""

    def __init__(self, config: BodyConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = embedding(config.vocab_size, config.width, generator)
        self.embed_positions = embedding(config.max_len, config.width, generator)
        self.dropout = Dropout(config.dropout)
        self.entrance, self.exit = Through(), Through()
        self.blocks = nn.ModuleList(Block(config, generator) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width)

    @property
    def width(self) -> int:
        """D, the length of one hidden vector."""
        return self.config.width

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Hidden states (B, T, D) of ids (B, T); mask (B, T) is True on real ids. Pads may stand on either side."""
        return self.finish(self.run_blocks(self.embed(ids, mask)))[0]

    def encode(self, items: Sequence[str], *, cls: bool = False) -> Rows:
        """Texts as ids (N, T) and mask (N, T), cut to the bytes that the body reads."""
        return encode_texts(items, self.config.max_len, cls=cls)

    def embed(self, ids: torch.Tensor, mask: torch.Tensor) -> State:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Token plus position vectors (B, T, D), and the mask; positions count real ids, so left pads move nothing."""
        T = ids.shape[1]
        if self.config.max_len < T:
            raise SettingError(f"the batch is {T} ids long and the body reads {self.config.max_len}; cut to max_len")
        if _pads_only_right(mask):
            positions = self.embed_positions.weight[:T]  # (T, D)
        else:
            positions = self.embed_positions((mask.cumsum(1) - 1).clamp(min=0))  # (B, T, D)
        return self.entrance(self.dropout(self.embed_tokens(ids) + positions), mask)

    def run_blocks(self, state: State, start: int = 0, stop: int | None = None) -> State:
        """Hidden states (B, T, D) after blocks start..stop, without the last norm, and the mask."""
        x, mask = state
        visible = self.visible(mask)
        for block in self.blocks[start:stop]:
            x = block(x, visible)
        return x, mask

    def finish(self, state: State) -> tuple[torch.Tensor, torch.Tensor]:
        """The hidden states under the last norm, (B, T, D), and the mask (B, T)."""
        x, mask = self.exit(*state)
        return self.norm(x), mask

    def sites(self, name: str) -> tuple[Site, ...]:
        """The places of that name; q, k and v are columns of one product."""
        return sites_of(name, self.width, self.depth)

    def vocabulary(self) -> torch.Tensor:
        """The vectors (256, D) of the bytes; no special id."""
        return self.embed_tokens.weight.detach()[:256]

    def fresh(self, generator: torch.Generator) -> "LMBody":
        """A body of the same sizes with random weights."""
        return LMBody(self.config, generator)

    def settings(self) -> dict[str, Any]:
        """The sizes and switches that are not at their defaults."""
        named = {field: getattr(self.config, field.name) for field in fields(self.config)}
        return {field.name: value for field, value in named.items() if value != field.default}

    def visible(self, mask: torch.Tensor) -> torch.Tensor | None:
        """Which positions each one may see, (B, 1, T, T), or None where the kernel's own rule is the same.

        Behind a causal mask a pad on the right is never seen by a real id, so right padding needs no mask.
        """
        if _pads_only_right(mask) and (self.config.causal or mask.all()):
            return None
        T = mask.shape[1]
        seen = mask[:, None, :].expand(-1, T, -1)  # (B, T, T)
        if self.config.causal:
            seen = seen.tril()
        # A pad sees itself: a row with nothing to see would be NaN.
        return (seen | torch.eye(T, dtype=torch.bool, device=mask.device))[:, None]


def sites_of(name: str, width: int, depth: int) -> tuple[Site, ...]:
    """The places of that name in a body of `depth` Blocks between an entrance and an exit."""
    if name in ("entrance", "exit"):
        return (Site(name, name),)
    if name not in SITES:
        return ()
    inside, part = SITES[name]
    columns = None if part is None else (part * width, (part + 1) * width)
    return tuple(Site(name, f"blocks.{i}.{inside}", columns) for i in range(depth))


class LMHead(nn.Module):
    """The head that is ripped off: D floats to V logits for the next byte."""

    def __init__(self, config: BodyConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.linear = linear(config.width, config.vocab_size, generator)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Next-byte logits (..., V) of hidden states (..., D)."""
        return self.linear(hidden)


class LanguageModel(Base):
    """A body with the head it was born with: it predicts the next byte."""

    body: LMBody
    head: LMHead

    def __init__(self, body: LMBody, head: LMHead) -> None:
        super().__init__(body, head)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Next-byte logits (B, T, V) of ids (B, T)."""
        return self.head(self.body(ids, mask))


def new_language_model(config: BodyConfig, seed: int) -> LanguageModel:
    """A language model with random weights, the same for the same seed whatever was drawn before."""
    generator = torch.Generator().manual_seed(seed)
    return LanguageModel(LMBody(config, generator), LMHead(config, generator))


def residual_std(config: BodyConfig) -> float:
    """GPT-2's smaller start for layers that add to the residual stream: width_std / sqrt(2 * depth)."""
    return width_std(config.width) / (2 * config.depth) ** 0.5


def _pads_only_right(mask: torch.Tensor) -> bool:
    return bool(mask.all()) or bool((mask[:, 1:] <= mask[:, :-1]).all())
