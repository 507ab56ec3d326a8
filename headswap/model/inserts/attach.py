"""Small modules that hang on named modules of a body and change what passes there: hung on, found, taken off.

An insert is a value. It keeps the base's parameter names, it is stored in the delta, and any body will do.
"""

from functools import partial
from typing import Any, Protocol

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from ...errors import SettingError
from ..body_contract import INSERTED, Body, host_name, shelf_name


class Insert(Protocol):
    """A small module for each of its hosts: `name` is what it is called in parameter names, such as lora."""

    @property
    def name(self) -> str:
        """What it is called in parameter names."""
        ...

    def hosts(self, body: Body) -> list[str]:
        """The dotted names of the body's modules that get one; empty where nothing matches."""
        ...

    def new(self, host: str, body: Body, generator: torch.Generator) -> nn.Module:
        """The module for one host: `forward(input, output)` gives what takes the place of the host's output.

        One that is a `Before` gets the host's inputs instead, and gives what the host then reads.
        """
        ...


class Before(nn.Module):
    """A module that changes what its host reads: `forward(*inputs)` gives the inputs, as a tuple."""


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
        made = insert.new(host, body, generator)
        _shelf(body, host).add_module(insert.name, made)
        hook(body.get_submodule(host), made)
    return tuple(hosts)


def detach(body: Body, name: str) -> tuple[str, ...]:
    """Take the inserts of that name off every host, and give the hosts; what is left is the body as it was before.

    Raises SettingError where nothing of that name hangs.
    """
    hosts = tuple(host for host in hosts_of(body) if name in inserts_on(body, host))
    if not hosts:
        there = sorted({insert for host in hosts_of(body) for insert in inserts_on(body, host)})
        raise SettingError(f"no insert named {name!r} hangs on this body; there is {', '.join(there) or 'none at all'}")
    for host in hosts:
        _unhook(body.get_submodule(host), inserts_on(body, host)[name])
        shelf = _shelf(body, host)
        del shelf._modules[name]
        if not shelf._modules:
            del body.get_submodule(INSERTED)._modules[shelf_name(host)]
    if not body.get_submodule(INSERTED)._modules:
        del body._modules[INSERTED]
    return hosts


def hosts_of(body: Body) -> list[str]:
    """The dotted names of the modules on which something hangs."""
    shelves = body._modules.get(INSERTED)
    return [] if shelves is None else [host_name(shelf) for shelf in shelves._modules]


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


def hook(host: nn.Module, insert: nn.Module) -> RemovableHandle:
    """Let the insert change what passes its host, until the handle is removed."""
    if isinstance(insert, Before):
        return host.register_forward_pre_hook(partial(_ahead, insert))
    return host.register_forward_hook(partial(_behind, insert))


def _unhook(host: nn.Module, insert: nn.Module) -> None:
    """Take the insert's hook off; a copied host has a copied hook, so it is found by what it calls."""
    for hooks in (host._forward_hooks, host._forward_pre_hooks):
        for key, hook in list(hooks.items()):
            if isinstance(hook, partial) and hook.args[:1] == (insert,):
                del hooks[key]


def _behind(insert: nn.Module, host: nn.Module, inputs: tuple[torch.Tensor, ...], output: Any) -> Any:  # noqa: ANN401
    return insert(inputs[0], output)


def _ahead(insert: nn.Module, host: nn.Module, inputs: tuple[Any, ...]) -> Any:  # noqa: ANN401
    return insert(*inputs)
