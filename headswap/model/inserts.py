"""What a stage may add to a body: small modules that hang on named modules of it and see what passes there.

An insert is a value. It keeps the base's parameter names, it is stored in the delta, and any body will do.
"""

from functools import partial
from typing import Protocol

import torch
from torch import nn

from ..errors import SettingError
from .body_contract import INSERTED, Body, shelf_name


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
    """Hang an insert on its hosts and give their names; it stands in `body.inserted`, under the host's name.

    Raises SettingError where no module of the body matches, and where the insert hangs there already.
    """
    hosts = insert.hosts(body)
    if not hosts:
        kind = type(body).__name__
        raise SettingError(
            f"the insert {insert.name!r} matches no module of this {kind}; check what its hosts() looks for"
        )
    for host in hosts:
        if insert.name in inserts_on(body, host):
            raise SettingError(
                f"{host} already has an insert named {insert.name!r}; list it in the first stage only, or rename it"
            )
    for host in hosts:
        module = body.get_submodule(host)
        made = insert.new(module, body, generator)
        _shelf(body, host).add_module(insert.name, made)
        module.register_forward_hook(partial(_pass_through, made))
    return tuple(hosts)


def inserts_on(body: Body, host: str) -> dict[str, nn.Module]:
    """The inserts that hang on the body's module of this dotted name, in the order in which they came."""
    shelves = body._modules.get(INSERTED)
    if shelves is None or shelf_name(host) not in shelves._modules:
        return {}
    return dict(shelves.get_submodule(shelf_name(host)).named_children())


def _shelf(body: Body, host: str) -> nn.Module:
    """The module that holds a host's inserts. It stands beside the host: a Sequential would run a child of its own."""
    if INSERTED not in body._modules:
        body.add_module(INSERTED, nn.Module())
    shelves = body.get_submodule(INSERTED)
    if shelf_name(host) not in shelves._modules:
        shelves.add_module(shelf_name(host), nn.Module())
    return shelves.get_submodule(shelf_name(host))


def _pass_through(
    insert: nn.Module, host: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor
) -> torch.Tensor:
    return insert(inputs[0], output)
