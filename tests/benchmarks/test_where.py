"""Where an epoch goes: every operator counts once, as the kind that it is."""

from __future__ import annotations

import pytest

from benchmarks.where import KINDS, REST, kind_of, text


@pytest.mark.parametrize(
    ("operator", "kind"),
    [
        ("mkldnn::_linear_pointwise", "products"), ("aten::mm", "products"), ("OneDnnLinearBackward", "products"),
        ("aten::_scaled_dot_product_flash_attention_for_cpu_backward", "attention"),
        ("aten::gelu_backward", "gelu and relu"), ("aten::native_layer_norm", "norms"),
        ("Optimizer.step#AdamW.step", "optimizer"), ("aten::_fused_adamw_", "optimizer"),
        ("aten::add_", "adding, copying"), ("aten::view", REST),
    ],
)  # fmt: skip
def test_an_operator_is_of_its_kind(operator: str, kind: str) -> None:
    assert kind_of(operator) == kind


def test_the_kinds_of_full_add_up_to_a_hundred() -> None:
    row = dict.fromkeys([*KINDS, REST], 1 / (len(KINDS) + 1))
    told = text({"full": row, "prompt": {kind: 1.25 * share for kind, share in row.items()}})
    assert [line.split()[-1] for line in told.splitlines()[3:]] == ["100", "125"]
