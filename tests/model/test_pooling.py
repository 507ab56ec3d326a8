import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from headswap.errors import SettingError
from headswap.model.pooling import POOLS, new_pool

WIDTH = 6


def make(name: str):
    return new_pool(name, WIDTH, torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", POOLS)
@given(length=st.integers(1, 7), before=st.integers(0, 4), after=st.integers(0, 4), seed=st.integers(0, 99))
def test_pads_on_either_side_never_change_the_vector(
    name: str, length: int, before: int, after: int, seed: int
) -> None:
    g = torch.Generator().manual_seed(seed)
    hidden = torch.randn(1, length, WIDTH, generator=g)
    bare = make(name)(hidden, torch.ones(1, length, dtype=torch.bool))
    noise = 1e4 * torch.randn(1, before + length + after, WIDTH, generator=g)
    noise[:, before : before + length] = hidden
    mask = torch.zeros(1, before + length + after, dtype=torch.bool)
    mask[:, before : before + length] = True
    torch.testing.assert_close(make(name)(noise, mask), bare, rtol=1e-5, atol=1e-5)


def test_each_pool_takes_what_its_name_says() -> None:
    hidden = torch.tensor([[[1.0], [5.0], [3.0], [99.0]]])
    mask = torch.tensor([[True, True, True, False]])
    values = {name: float(POOLS[name](1, torch.Generator())(hidden, mask)) for name in ("mean", "cls", "last", "max")}
    assert values == {"mean": 3.0, "cls": 1.0, "last": 3.0, "max": 5.0}


def test_attention_with_a_zero_query_is_the_mean() -> None:
    pool = make("attention")
    with torch.no_grad():
        pool.query.zero_()
    hidden, mask = torch.randn(2, 4, WIDTH), torch.tensor([[True] * 4, [True, True, False, False]])
    torch.testing.assert_close(pool(hidden, mask), make("mean")(hidden, mask))


def test_an_unknown_pool_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(SettingError, match="mean, cls, last, max, std, attention"):
        make("median")
