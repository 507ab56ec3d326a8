"""What a stage may add to a body: small modules that hang on named modules of it and see what passes there.

An insert is a value. It keeps the base's parameter names, it is stored in the delta, and any body will do.
"""

from typing import Any, Protocol

import torch
from torch import nn

from ..errors import SettingError
from .contract import INSERTED, Body


class Insert(Protocol):
    """A small module for each of its hosts: `name` is what it is called in parameter names, such as lora."""

    @property
    def name(self) -> str:
        """What it is called in parameter names."""
        ...

    def hosts(self, body: Body) -> list[str]:
        """The dotted names of the body's modules that get one; empty where nothing matches."""
        ...

    def new(self, host: nn.Module, body: Body, generator: torch.Generator) -> nn.Module:
        """The module for one host: `forward(input, output)` gives what takes the place of the host's output."""
        ...


INSERTS: dict[str, type] = {}  # the kinds that a stored delta may name, by class name


def attach(body: Body, insert: Insert, generator: torch.Generator) -> tuple[str, ...]:
    """Hang an insert on its hosts and give their names.

    Raises SettingError where no module of the body matches, and where the insert hangs there already.
    """
    hosts = insert.hosts(body)
    if not hosts:
        raise SettingError(
            f"the insert {insert.name!r} matches no module of this {type(body).__name__}; name another place"
        )
    for path in hosts:
        host = body.get_submodule(path)
        if insert.name in inserts_of(host):
            raise SettingError(f"the insert {insert.name!r} hangs on {path or 'the body'} already; attach it once")
    for path in hosts:
        host = body.get_submodule(path)
        if INSERTED not in host._modules:
            host.add_module(INSERTED, nn.ModuleDict())
            host.register_forward_hook(_pass_through)
        made = insert.new(host, body, generator)
        host.get_submodule(INSERTED).update({insert.name: made})  # type: ignore[operator]
    return tuple(hosts)


def inserts_of(host: nn.Module) -> dict[str, nn.Module]:
    """The inserts that hang on a module, by name, in the order in which they came."""
    held: Any = host._modules.get(INSERTED)
    return dict(held.items()) if held is not None else {}


def _pass_through(host: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> torch.Tensor:
    for insert in inserts_of(host).values():
        output = insert(inputs[0], output)
    return output
