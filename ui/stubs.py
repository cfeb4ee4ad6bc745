"""Gradio without the editor stubs that it writes at every import, beside its own files.

Each of its components parses its own source for that: three quarters of the time that the import takes, for nothing at
run time, and two processes that start together write the same files.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

MODULE, WRITER = "gradio.component_meta", "create_or_modify_pyi"


class _Quiet(Loader):
    """Loads a module as `loader` does, then takes the writer out of it."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        _silence(module)


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname == MODULE else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Quiet(spec.loader)
        return spec


def _silence(module: ModuleType) -> None:
    if hasattr(module, WRITER):  # a Gradio without it needs nothing
        setattr(module, WRITER, lambda *component: None)


def skip() -> None:
    """For all imports of Gradio in this process from here on; where it is there already, for components of our own."""
    if MODULE in sys.modules:
        _silence(sys.modules[MODULE])
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
