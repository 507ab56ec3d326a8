"""Our inserts against peft's, on a GPT-2 with our weights, and against the papers' equations."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from adapters_package import make
from gpt2 import gpt2_config, gpt2_state, random_body
from safetensors.torch import load_file
from torch import nn

from headswap.data.tokenizer import PAD, ByteTokenizer
from headswap.errors import CheckpointError, SettingError
from headswap.model.body import LMBody, LMHead
from headswap.model.body_contract import Base, Body
from headswap.model.classifier import Classifier
from headswap.model.copies import lazy_copy
from headswap.model.heads import LinearHead, MLPHead
from headswap.model.inserts.adapters import HOULSBY, PFEIFFER, Adapters
from headswap.model.inserts.attach import attach, hosts_of, inserts_on
from headswap.model.inserts.ia3 import IA3
from headswap.model.inserts.lora import LoRA, merge
from headswap.model.inserts.virtual import Prefix, Prompt
from headswap.model.pooling import LastTokenPool, MeanPool
from headswap.weights.peft import load_peft, save_peft

transformers = pytest.importorskip("transformers")
peft = pytest.importorskip("peft")
pytestmark = pytest.mark.filterwarnings("ignore")

TEXTS = ["hi", "see you at the old place tonight", "URGENT: call now", "ok 👍"]
IDS, MASK = ByteTokenizer().batch(TEXTS, 32)


def draw(module: nn.Module, seed: int, std: float = 0.1) -> None:
    """Every learning weight far from its start."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(std * torch.randn(parameter.shape, generator=generator))


def judge_of(body: LMBody, shift: int = 0) -> Any:
    """transformers' GPT-2 with our weights; `shift` places in front of ours for virtual positions."""
    config = gpt2_config(pad_token_id=PAD)
    config.n_positions = 32 + shift
    made = transformers.GPT2Model(config).eval()
    state = gpt2_state(body)
    state["wpe.weight"] = F.pad(state["wpe.weight"], (0, 0, shift, 0))  # a virtual position has no vector of its own
    made.load_state_dict(state, strict=False)
    return made


def ours_with(insert: Any, seed: int = 7) -> LMBody:
    """Our body with an insert that has learned something; nothing else learns."""
    body = random_body().requires_grad_(False)
    attach(body, insert, torch.Generator().manual_seed(seed))
    draw(body.get_submodule("inserted"), seed)
    return body


def lora_pairs(body: Body, judge: nn.Module) -> list[tuple[nn.Parameter, nn.Parameter]]:
    """Our A and B of the fused product beside peft's."""
    theirs = dict(judge.named_parameters())
    found = []
    for i in range(body.depth):
        ours = inserts_on(body, f"blocks.{i}.attention.qkv")["lora"].get_submodule("qkv")
        stem = f"base_model.model.h.{i}.attn.c_attn.lora_"
        found += [(ours.get_parameter(x), theirs[f"{stem}{x}.default.weight"]) for x in "AB"]
    return found


def both_loras() -> tuple[LMBody, Any, list[tuple[nn.Parameter, nn.Parameter]]]:
    body = ours_with(LoRA(rank=4, alpha=6.0, places=("qkv",)))
    config = peft.LoraConfig(r=4, lora_alpha=6.0, target_modules=["c_attn"], fan_in_fan_out=True, lora_dropout=0.0)
    judge = peft.get_peft_model(judge_of(random_body()), config)
    pairs = lora_pairs(body, judge)
    with torch.no_grad():
        for ours, theirs in pairs:
            theirs.copy_(ours)
    return body, judge, pairs


def outputs(body: LMBody, judge: Any) -> tuple[torch.Tensor, torch.Tensor]:
    theirs = judge(input_ids=IDS, attention_mask=MASK.long()).last_hidden_state
    return body(IDS, MASK)[MASK], theirs[MASK]


def test_lora_computes_what_peft_computes_and_has_its_gradients() -> None:
    body, judge, pairs = both_loras()
    ours, theirs = outputs(body, judge)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    ours.square().mean().backward()
    theirs.square().mean().backward()
    for mine, other in pairs:
        torch.testing.assert_close(mine.grad, other.grad, rtol=1e-4, atol=1e-6)


def test_fifty_steps_of_lora_end_where_pefts_end() -> None:
    body, judge, pairs = both_loras()
    wanted = torch.randn(int(MASK.sum()), 64, generator=torch.Generator().manual_seed(9))
    for side in (0, 1):
        optimizer = torch.optim.AdamW([pair[side] for pair in pairs], lr=1e-3, weight_decay=0.01)
        for _ in range(50):
            optimizer.zero_grad()
            hidden = body(IDS, MASK)[MASK] if side == 0 else outputs(body, judge)[1]
            F.mse_loss(hidden, wanted).backward()
            optimizer.step()
    with torch.no_grad():
        ours, theirs = outputs(body, judge)
    assert all(not torch.equal(mine, torch.zeros_like(mine)) for mine, _ in pairs)
    torch.testing.assert_close(ours, theirs, rtol=0.0, atol=1e-5)


@torch.no_grad()
def test_lora_on_q_and_v_adds_alpha_over_r_times_b_times_a_there_and_nowhere_else() -> None:
    body = ours_with(LoRA(rank=3, alpha=12.0))
    layer = body.get_submodule("blocks.1.attention.qkv")
    x = torch.randn(2, 5, 64, generator=torch.Generator().manual_seed(1))
    added = layer(x) - F.linear(x, layer.weight, layer.bias)  # type: ignore[arg-type]
    parts = dict(inserts_on(body, "blocks.1.attention.qkv")["lora"].named_children())
    for columns, name in ((slice(0, 64), "q"), (slice(64, 128), None), (slice(128, 192), "v")):
        wanted = 12 / 3 * x @ parts[name].A.T @ parts[name].B.T if name else torch.zeros(2, 5, 64)  # type: ignore[union-attr,operator]
        torch.testing.assert_close(added[..., columns], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("places", [("q", "v"), ("qkv", "out", "up", "down"), ("k",)])
@torch.no_grad()
def test_merged_answers_as_unmerged_and_the_unmerged_body_keeps_its_weights(places: tuple[str, ...]) -> None:
    body = ours_with(LoRA(places=places))
    before = {name: tensor.clone() for name, tensor in body.state_dict().items()}
    merged = merge(body)
    assert hosts_of(merged) == [] and [*merged.state_dict()] == [*random_body().state_dict()]
    torch.testing.assert_close(merged(IDS, MASK), body(IDS, MASK), rtol=0.0, atol=1e-5)
    assert all(torch.equal(tensor, before[name]) for name, tensor in body.state_dict().items())


def test_only_lora_is_merged() -> None:
    with pytest.raises(SettingError, match="is no LoRA"):
        merge(ours_with(IA3()), "ia3")


@torch.no_grad()
def test_prompt_tuning_computes_what_peft_computes() -> None:
    body = ours_with(Prompt(length=5))
    config = peft.PromptTuningConfig(task_type="FEATURE_EXTRACTION", num_virtual_tokens=5)
    judge = peft.get_peft_model(judge_of(random_body(), shift=5), config).eval()
    vectors = inserts_on(body, "entrance")["prompt"].get_parameter("vectors")
    judge.prompt_encoder["default"].embedding.weight.copy_(vectors)
    theirs = judge(input_ids=IDS, attention_mask=MASK.long()).last_hidden_state[:, 5:]
    torch.testing.assert_close(body(IDS, MASK)[MASK], theirs[MASK], rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_prefix_tuning_computes_what_peft_computes() -> None:
    body = ours_with(Prefix(length=5, start="random"))
    config = peft.PrefixTuningConfig(task_type="FEATURE_EXTRACTION", num_virtual_tokens=5)
    judge = peft.get_peft_model(judge_of(random_body(), shift=5), config).eval()
    past = [inserts_on(body, f"blocks.{i}.attention.attend")["prefix"] for i in range(2)]
    both = [part.get_parameter(name).permute(1, 0, 2).flatten(1) for part in past for name in ("keys", "values")]
    judge.prompt_encoder["default"].embedding.weight.copy_(torch.cat(both, 1))  # (p, 2 L D), key and value of each
    theirs = judge(input_ids=IDS, attention_mask=MASK.long()).last_hidden_state
    torch.testing.assert_close(body(IDS, MASK)[MASK], theirs[MASK], rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_ia3_computes_what_peft_computes() -> None:
    body = ours_with(IA3(behind=("q", "k", "v")))
    config = peft.IA3Config(
        task_type="FEATURE_EXTRACTION", target_modules=["c_attn", "mlp.c_proj"], feedforward_modules=["mlp.c_proj"],
        fan_in_fan_out=True,
    )  # fmt: skip
    judge = peft.get_peft_model(judge_of(random_body()), config).eval()
    theirs = dict(judge.named_parameters())
    for i in range(2):
        stretch = inserts_on(body, f"blocks.{i}.attention.qkv")["ia3"].factors()  # type: ignore[operator]
        theirs[f"base_model.model.h.{i}.attn.c_attn.ia3_l.default"].copy_(stretch[:, None])
        by = inserts_on(body, f"blocks.{i}.feedforward.down")["ia3"].get_parameter("by")
        theirs[f"base_model.model.h.{i}.mlp.c_proj.ia3_l.default"].copy_(by[None])
    ours, others = outputs(body, judge)
    torch.testing.assert_close(ours, others, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("insert", [HOULSBY, PFEIFFER], ids=["houlsby", "pfeiffer"])
@torch.no_grad()
def test_adapters_compute_the_papers_equations(insert: Adapters) -> None:
    body = ours_with(insert)
    weights = dict(body.named_parameters())

    def adapted(h: torch.Tensor, host: str) -> torch.Tensor:
        stem = f"inserted.{host.replace('.', '/')}.adapter"
        if f"{stem}.down.weight" not in weights:
            return h
        bend = F.gelu if insert is HOULSBY else F.relu
        down = bend(h @ weights[f"{stem}.down.weight"].T + weights[f"{stem}.down.bias"])
        return h + down @ weights[f"{stem}.up.weight"].T + weights[f"{stem}.up.bias"]

    bare = random_body()
    x, mask = bare.embed(IDS, MASK)
    for i, block in enumerate(bare.blocks):
        x = x + adapted(block.attention(block.norm1(x), None), f"blocks.{i}.attention")  # type: ignore[operator]
        x = x + adapted(block.feedforward(block.norm2(x)), f"blocks.{i}.feedforward")  # type: ignore[operator]
    torch.testing.assert_close(body(IDS, MASK)[MASK], bare.finish((x, mask))[0][MASK], rtol=1e-5, atol=1e-5)
    hosts = [host.split(".")[2] for host in hosts_of(body)]
    assert hosts == ["attention"] * 2 * (insert is HOULSBY) + ["feedforward"] * 2


# ---- files


def classifier(insert: LoRA) -> Classifier:
    head = LinearHead(64, 3, torch.Generator().manual_seed(2))
    draw(head, 3)
    return Classifier(ours_with(insert), LastTokenPool(), head).eval()


def sequence_judge() -> Any:
    made = transformers.GPT2ForSequenceClassification(gpt2_config(num_labels=3, pad_token_id=PAD)).eval()
    made.transformer.load_state_dict(gpt2_state(random_body()), strict=False)
    made.score = nn.Linear(64, 3)
    return made


@pytest.mark.parametrize("places", [("q", "v"), ("k", "v", "q", "out"), ("qkv", "down", "up")])
@torch.no_grad()
def test_peft_opens_what_we_write(places: tuple[str, ...], tmp_path: Path) -> None:
    ours = classifier(LoRA(rank=2, alpha=5.0, places=places))
    judge = peft.PeftModel.from_pretrained(sequence_judge(), save_peft(tmp_path, ours)).eval()
    theirs = judge(input_ids=IDS, attention_mask=MASK.long()).logits
    torch.testing.assert_close(ours(IDS, MASK), theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("targets", [["c_attn"], ["attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"]])
@torch.no_grad()
def test_what_peft_writes_opens_here(targets: list[str], tmp_path: Path) -> None:
    config = peft.LoraConfig(
        task_type="SEQ_CLS", r=3, lora_alpha=7, target_modules=targets, fan_in_fan_out=True, lora_dropout=0.0,
        modules_to_save=["score"],
    )  # fmt: skip
    judge = peft.get_peft_model(sequence_judge(), config).eval()
    draw(nn.ParameterList([p for name, p in judge.named_parameters() if "lora_" in name or "score" in name]), 5)
    judge.save_pretrained(tmp_path)
    body = random_body()
    ours = load_peft(tmp_path, Base(body, LMHead(body.config, torch.Generator())))
    theirs = judge(input_ids=IDS, attention_mask=MASK.long()).logits
    torch.testing.assert_close(ours(IDS, MASK), theirs, rtol=1e-5, atol=1e-5)


def test_what_gpt2_cannot_be_is_not_written(tmp_path: Path) -> None:
    ours = classifier(LoRA())
    ours.pool = MeanPool()
    with pytest.raises(SettingError, match="last byte"):
        save_peft(tmp_path, ours)
    ours.pool, ours.head = LastTokenPool(), MLPHead(64, 3, torch.Generator())
    with pytest.raises(SettingError, match="linear head"):
        save_peft(tmp_path, ours)
    bare = Classifier(random_body(), LastTokenPool(), LinearHead(64, 3, torch.Generator()))
    with pytest.raises(SettingError, match="no LoRA"):
        save_peft(tmp_path, bare)
    assert [*tmp_path.iterdir()] == []


def test_a_damaged_or_foreign_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    ours = classifier(LoRA())
    body = random_body()
    base = Base(body, LMHead(body.config, torch.Generator()))
    with pytest.raises(CheckpointError, match="no folder that peft wrote"):
        load_peft(tmp_path / "nowhere", base)
    save_peft(tmp_path, classifier(LoRA(places=("qkv",))))
    assert load_peft(tmp_path, base).head.linear.out_features == 3  # type: ignore[union-attr]
    config, weights = tmp_path / "adapter_config.json", tmp_path / "adapter_model.safetensors"
    whole, text = weights.read_bytes(), config.read_text()
    weights.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="damaged"):
        load_peft(tmp_path, base)
    weights.write_bytes(whole)
    config.write_text(text.replace("LORA", "IA3"))
    with pytest.raises(CheckpointError, match="plain LoRA"):
        load_peft(tmp_path, base)
    config.write_text("{")
    with pytest.raises(CheckpointError, match="no folder"):
        load_peft(tmp_path, base)
    assert math.isfinite(float(lazy_copy(ours)(IDS, MASK).sum()))


@pytest.mark.parametrize(("name", "insert"), [("houlsby", HOULSBY), ("pfeiffer", PFEIFFER)])
def test_adapters_compute_what_the_adapters_package_computes(name: str, insert: Adapters) -> None:
    theirs = load_file(make.KEPT)[name]
    with torch.no_grad():
        ours = make.learned(insert)(make.IDS, torch.ones_like(make.IDS, dtype=torch.bool))
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)
