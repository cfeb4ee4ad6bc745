"""How `assistant serve` starts."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from assistant.cli.server import listen, loading, name_of
from assistant.errors import AssistantError


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_garbage_collection_waits_while_all_is_loaded_and_leaves_it_out_afterwards() -> None:
    with loading():
        assert not gc.isenabled()
        loaded: dict[str, list[object]] = {"a": []}
        loaded["a"].append(loaded)
    assert gc.isenabled()
    assert not any(found is loaded for found in gc.get_objects())


def test_garbage_collection_goes_on_when_loading_fails() -> None:
    with pytest.raises(OSError, match="gone"), loading():
        raise OSError("gone")
    assert gc.isenabled()


def test_of_two_servers_that_start_at_once_the_second_is_told_that_the_port_is_in_use() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(AssistantError, match=f"cannot serve on 127.0.0.1:{port}: .*choose another with --port"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "allowed", "name"),
    [
        ("127.0.0.1", ("localhost", "127.0.0.1"), "localhost"),
        ("0.0.0.0", ("help.shop.example", "localhost"), "localhost"),
        ("::", ("localhost", "127.0.0.1"), "localhost"),
        ("::1", ("localhost", "127.0.0.1"), "localhost"),
        ("localhost", ("localhost", "127.0.0.1"), "localhost"),
        ("10.0.0.5", ("localhost", "help.shop.example", "10.0.0.5"), "10.0.0.5"),
        ("10.0.0.5", ("localhost",), "10.0.0.5"),
        ("2001:db8::5", ("localhost",), "[2001:db8::5]"),
        ("2001:db8::5", ("help.shop.example", "localhost"), "help.shop.example"),
        ("0.0.0.0", ("help.shop.example",), "help.shop.example"),
    ],
)
def test_the_address_that_is_told_is_one_that_the_server_answers_to(
    host: str, allowed: tuple[str, ...], name: str
) -> None:
    assert name_of(host, allowed) == name
