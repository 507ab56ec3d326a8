"""The layers of a classifier from below: what belongs to each, what it is called, and what it does in a sentence.

A layer's key is the place of its weights: embedding, block[0], block[1] …, norm, pool, head. Inserted weights belong
to the layer that they hang on.
Shape letters: B batch, T positions, D width, C classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from torch import nn

from ..model.body_contract import Place, host_name
from ..model.classifier import Classifier, place_of
from ..model.pooling import AttentionPool, ClsPool, ConcatPool, LastTokenPool, MaxPool, MeanPool, StdPool
from .kinds import kind_of

POOLS: dict[type[nn.Module], tuple[str, str]] = {
    MeanPool: ("mean", "The mean of all real positions"),
    ClsPool: ("cls", "The vector of the special token in front"),
    LastTokenPool: ("last", "The vector of the last {unit}"),
    MaxPool: ("max", "The largest value of each number, over all positions"),
    StdPool: ("std", "How much each number varies from {unit} to {unit}"),
    AttentionPool: ("attention", "A mean of all positions, weighted by one learned query"),
}


@dataclass(slots=True)
class Layer:
    """One layer: its key, and its parameters by name, each with the part of the layer that it belongs to."""

    key: str
    parameters: dict[str, nn.Parameter] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)

    @property
    def weights(self) -> int:
        """How many numbers its parameters hold."""
        return sum(parameter.numel() for parameter in self.parameters.values())


def key_of(place: Place) -> str:
    """The key of the layer that a place belongs to."""
    return str(replace(place, insert=""))


def layers_of(model: Classifier) -> list[Layer]:
    """The model's layers from below; a pool without weights is one too, and a norm only where there are weights."""
    blocks = [f"block[{i}]" for i in range(model.body.depth)]
    layers = {key: Layer(key) for key in ("embedding", *blocks, "norm", "pool", "head")}
    for name, parameter in model.named_parameters():
        place = place_of(model, name)
        layer = layers[key_of(place)]
        layer.parameters[name] = parameter
        layer.parts[name] = _part(model, name, place)
    return [layer for layer in layers.values() if layer.parameters or layer.key != "norm"]


def _part(model: Classifier, name: str, place: Place) -> str:
    """The module of the layer that a parameter is in, such as norm1 or attention, or the insert and where it hangs."""
    own = name.partition(".")[2]
    if place.insert:
        host = _within(model, host_name(own.split(".")[1]), place)
        return f"{place.insert} at {host} (inserted)" if host else f"{place.insert} (inserted)"
    return _within(model, own, place).partition(".")[0]


def _within(model: Classifier, name: str, place: Place) -> str:
    """A name of the body's as its block calls it: nothing for the block itself."""
    if place.block is None:
        return name
    block = _name_of(model.body, model.body.blocks[place.block])
    return "" if name == block else name.removeprefix(f"{block}.")


def _name_of(body: nn.Module, module: nn.Module) -> str:
    return next(name for name, other in body.named_modules() if other is module)


def name_of(model: Classifier, key: str) -> str:
    """What people call the layer: Embeddings, Block 1, Norm, Pool: mean, Head."""
    if key.startswith("block["):
        return f"Block {int(key[6:-1]) + 1}"
    return {"embedding": "Embeddings", "norm": "Norm", "pool": f"Pool: {pool_name(model.pool)}", "head": "Head"}[key]


def pool_name(pool: nn.Module) -> str:
    """The name that `new_pool` makes the pool of, such as mean+max."""
    if isinstance(pool, ConcatPool):
        return "+".join(map(pool_name, pool.pools))
    return POOLS[type(pool)][0] if type(pool) in POOLS else type(pool).__name__


def detail_of(model: Classifier, key: str) -> str:
    """What the layer does and what it makes of which shape, in one short sentence."""
    body, kind = model.body, kind_of(model.body)
    D, pooled, classes = body.width, *sizes_of(model.head, body.width)
    if key.startswith("block["):
        i = int(key[6:-1])
        return f"{kind.block}: {_way(kind.shape(body, i), kind.shape(body, i + 1))}"
    return {
        "embedding": f"{kind.embedding}: {kind.shape(body, 0)}.",
        "norm": f"Brings every vector to one scale: {_way(kind.shape(body, body.depth), f'(B, T, {D})')}",
        "pool": f"{_pool(model.pool, kind.unit)}: (B, T, {D}) becomes (B, {pooled}).",
        "head": f"{_head(model.head)}: (B, {pooled}) becomes (B, {classes}).",
    }[key]


def _way(before: str, after: str) -> str:
    return f"{before} {'stays' if before == after else 'becomes'} {after}."


def sizes_of(head: nn.Module, width: int) -> tuple[int, int]:
    """How many numbers a head reads and how many it puts out, as its linear layers say."""
    linear = [module for module in head.modules() if isinstance(module, nn.Linear)]
    return (linear[0].in_features, linear[-1].out_features) if linear else (width, 0)


def _pool(pool: nn.Module, unit: str) -> str:
    if isinstance(pool, ConcatPool):
        return f"{len(pool.pools)} pools side by side"
    return POOLS[type(pool)][1].format(unit=unit) if type(pool) in POOLS else "Many vectors become one"


def _head(head: nn.Module) -> str:
    layers = sum(isinstance(module, nn.Linear) for module in head.modules())
    return "One weighted sum for each class" if layers < 2 else "A hidden layer, then one weighted sum for each class"


def by_layer(model: Classifier, of_parameter: Mapping[str, float]) -> dict[str, list[float]]:
    """Numbers of parameters, by name, put together by layer; a parameter that has none counts as 0."""
    return {layer.key: [of_parameter.get(name, 0.0) for name in layer.parameters] for layer in layers_of(model)}
