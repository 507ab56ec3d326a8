"""What the `adapters` package computes on a GPT-2 with our weights, kept for test_inserts_judges.py.

The package pins an older transformers, so it runs in an environment of its own, beside ours for torch and the rest:

    python -m venv own && own/bin/pip install adapters==1.3.0
    echo "$PWD/.venv/lib/python3.11/site-packages" > own/lib/python3.11/site-packages/ours.pth
    PYTHONPATH=.:tests own/bin/python tests/model/adapters_package/make.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from gpt2 import gpt2_config, gpt2_state, random_body
from safetensors.torch import save_file
from torch import nn

from headswap.data.tokenizer import ByteTokenizer
from headswap.model.inserts.adapters import HOULSBY, PFEIFFER, Adapters
from headswap.model.inserts.attach import attach

KEPT = Path(__file__).with_name("values.safetensors")
IDS = torch.tensor([ByteTokenizer().encode("URGENT: call now", 16)])  # one row, no pads
SUBLAYERS = {"attention": "attention_adapters", "feedforward": "output_adapters"}


def learned(insert: Adapters) -> Any:
    """Our body with adapters that are far from their start."""
    body = random_body()
    attach(body, insert, torch.Generator().manual_seed(7))
    generator = torch.Generator().manual_seed(8)
    with torch.no_grad():
        for parameter in body.get_submodule("inserted").parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return body


def theirs(insert: Adapters) -> torch.Tensor:
    """Hidden states (1, T, D) of their GPT-2 with our weights and our adapters."""
    import adapters
    import transformers

    judge: Any = transformers.GPT2Model(gpt2_config()).eval()
    judge.load_state_dict(gpt2_state(random_body()), strict=False)
    adapters.init(judge)
    kind = adapters.DoubleSeqBnConfig if len(insert.behind) == 2 else adapters.SeqBnConfig
    # Their SeqBn reads the sum with the residual stream, as after BERT's norm; ours reads the sublayer alone.
    config = kind(reduction_factor=64 / insert.narrow, non_linearity=insert.shape, original_ln_before=False)
    judge.add_adapter("ours", config=config)
    judge.set_active_adapters("ours")
    copy_into(judge, learned(insert), insert)
    with torch.no_grad():
        return judge(IDS).last_hidden_state


@torch.no_grad()
def copy_into(judge: nn.Module, body: Any, insert: Adapters) -> None:
    """Our numbers into their modules."""
    for i in range(body.depth):
        for sublayer in insert.behind:
            ours = body.get_submodule(f"inserted.blocks/{i}/{sublayer}.adapter")
            there = judge.get_submodule(f"h.{i}.{SUBLAYERS[sublayer]}.adapters.ours")
            for mine, its in (("down", "adapter_down.0"), ("up", "adapter_up")):
                for part in ("weight", "bias"):
                    there.get_parameter(f"{its}.{part}").copy_(ours.get_parameter(f"{mine}.{part}"))


if __name__ == "__main__":
    found = {"houlsby": theirs(HOULSBY), "pfeiffer": theirs(PFEIFFER)}
    save_file(found, KEPT, metadata={"made by": "adapters 1.3.0, transformers 4.57.6"})
