"""LoRA in the files that `peft` writes and reads, for a GPT-2 that has our body's weights (lesson 10).

Our q, k and v are columns of one product, as in GPT-2, where peft adapts that product as a whole. So what we learn for
n of them is written as one addition, of n times the rank and n times alpha.
Shape letters: D width, C classes.
"""

import json
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from ..errors import CheckpointError, SettingError
from ..files import write_atomically
from ..model.body_contract import Base
from ..model.classifier import Classifier, swap_head
from ..model.copies import lazy_copy
from ..model.heads import LinearHead
from ..model.inserts.attach import attach, hosts_of, inserts_on
from ..model.inserts.lora import LoRA, LowRank, LowRanks
from ..model.pooling import LastTokenPool

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
STEM, HEAD = "base_model.model.transformer.h.", "base_model.model.score."
# Our layer of a block, GPT-2's name for it, and what a LoRA of ours calls the whole of it.
LAYERS = (
    ("attention.qkv", "attn.c_attn", "qkv"), ("attention.out", "attn.c_proj", "out"),
    ("feedforward.up", "mlp.c_fc", "up"), ("feedforward.down", "mlp.c_proj", "down"),
)  # fmt: skip


def save_peft(folder: Path | str, classifier: Classifier, name: str = "lora") -> Path:
    """Write a classifier's LoRA and head so that `peft.PeftModel.from_pretrained` opens them, and give the folder.

    It opens on transformers' GPT2ForSequenceClassification with our weights, whose score has a bias. Raises
    SettingError for a classifier that GPT-2 could not be: another pool than the last byte's, another head than a
    linear one, or no LoRA.
    """
    body, head = classifier.body, classifier.head
    if not isinstance(classifier.pool, LastTokenPool) or not isinstance(head, LinearHead):
        raise SettingError("peft's GPT-2 reads the last byte under a linear head; train with pool last, head linear")
    there = {host: inserts_on(body, host).get(name) for host in hosts_of(body)}
    added = {host: insert for host, insert in there.items() if isinstance(insert, LowRanks)}
    if not added:
        raise SettingError(f"no LoRA named {name!r} hangs on this body; train with the regime lora")
    tensors, ranks, alphas = {}, {}, {}
    for host, insert in added.items():
        theirs = _theirs(host)
        A, B, scale = _whole(insert, len(body.get_submodule(host).get_parameter("weight")))
        tensors |= {f"{STEM}{theirs}.lora_A.weight": A, f"{STEM}{theirs}.lora_B.weight": B}
        layer = theirs.partition(".")[2]
        ranks[layer], alphas[layer] = len(A), scale * len(A)
    tensors |= {f"{HEAD}weight": head.linear.weight, f"{HEAD}bias": head.linear.bias}
    plain = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
    write_atomically(Path(folder) / WEIGHTS, save(plain, metadata={"format": "pt"}))
    write_atomically(Path(folder) / CONFIG, json.dumps(_config(ranks, alphas), indent=2).encode())
    return Path(folder)


def load_peft(folder: Path | str, base: Base) -> Classifier:
    """The classifier of a LoRA that `peft` wrote for a GPT-2 with this base's weights, on a copy of its body.

    Raises CheckpointError, in one sentence, for files that are missing, damaged, of another kind, or do not fit.
    """
    config, tensors = _read(Path(folder))
    head = tensors.get(f"{HEAD}weight")
    if head is None:
        raise CheckpointError(f"{folder} has no head, {HEAD}weight; save it with modules_to_save=['score']")
    found = [(ours, theirs, name) for ours, theirs, name in LAYERS if f"{STEM}0.{theirs}.lora_A.weight" in tensors]
    first = tensors.get(f"{STEM}0.{found[0][1]}.lora_A.weight") if found else None
    if first is None or not _even(tensors, config, len(first)):
        raise CheckpointError(f"{folder} has no LoRA of one rank and alpha on GPT-2's layers; that is what opens here")
    body = lazy_copy(base.body)
    lora = LoRA(len(first), float(config["lora_alpha"]), tuple(name for _, _, name in found))
    attach(body, lora, generator := torch.Generator())
    new = LinearHead(body.width, len(head), generator)
    model = swap_head(Base(body, base.head), LastTokenPool(), new).classifier
    try:
        _fill(model, tensors, found)
    except (KeyError, RuntimeError) as error:
        raise CheckpointError(f"{folder} does not fit this base ({error}); give the base it was trained on") from None
    return model.eval()


@torch.no_grad()
def _fill(model: Classifier, tensors: dict[str, torch.Tensor], found: list[tuple[str, str, str]]) -> None:
    """Copy peft's numbers into the classifier; KeyError or RuntimeError where one is missing or of another shape."""
    for i in range(model.body.depth):
        for ours, theirs, name in found:
            addition = cast(LowRanks, inserts_on(model.body, f"blocks.{i}.{ours}")["lora"]).get_submodule(name)
            for letter in "AB":
                addition.get_parameter(letter).copy_(tensors[f"{STEM}{i}.{theirs}.lora_{letter}.weight"])
    linear = cast(LinearHead, model.head).linear
    linear.weight.copy_(tensors[f"{HEAD}weight"])
    linear.bias.copy_(tensors.get(f"{HEAD}bias", torch.zeros_like(linear.bias)))


def _theirs(host: str) -> str:
    """GPT-2's name for our layer, from the block's number on: 0.attn.c_attn."""
    _, number, ours = host.split(".", 2)
    return f"{number}.{next(theirs for name, theirs, _ in LAYERS if name == ours)}"


def _whole(insert: LowRanks, fan_out: int) -> tuple[torch.Tensor, torch.Tensor, float]:
    """All additions on one layer as one: A (n r, in), B (out, n r), and what their product is scaled by."""
    narrow, wide = insert.halves(fan_out)
    scale = cast(LowRank, insert.get_submodule(insert.sites[0].name)).scale
    return narrow, wide / scale, scale


def _config(ranks: dict[str, int], alphas: dict[str, float]) -> dict[str, Any]:
    """What peft wants to know of the file; a layer's own rank and alpha stand in the patterns."""
    rank, alpha = next(iter(ranks.values())), next(iter(alphas.values()))
    return {
        "peft_type": "LORA", "task_type": "SEQ_CLS", "r": rank, "lora_alpha": alpha, "lora_dropout": 0.0,
        "bias": "none", "fan_in_fan_out": True, "inference_mode": True, "base_model_name_or_path": None,
        "target_modules": sorted(ranks), "rank_pattern": ranks, "alpha_pattern": alphas, "modules_to_save": ["score"],
    }  # fmt: skip


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    try:
        config = json.loads((folder / CONFIG).read_text("utf-8"))
        tensors = load_file(folder / WEIGHTS)
        plain = config["peft_type"] == "LORA" and not (config.get("use_rslora") or config.get("use_dora"))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        reason = type(error).__name__
        raise CheckpointError(f"{folder} is no folder that peft wrote, or it is damaged ({reason})") from None
    if not plain:
        raise CheckpointError(f"{folder} holds {config['peft_type']} of another kind; plain LoRA opens here")
    return config, tensors


def _even(tensors: dict[str, torch.Tensor], config: dict[str, Any], rank: int) -> bool:
    """Whether every layer has the same rank and alpha."""
    ranks = {len(tensor) for key, tensor in tensors.items() if key.endswith("lora_A.weight")}
    return ranks == {rank} and {*(config.get("alpha_pattern") or {}).values()} <= {config["lora_alpha"]}
