"""The outer wall around every page, from the outside in."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from ui.web.headers import SecurityHeaders
from ui.web.limits import BodyLimit, KnownHosts, SameOrigin


def build_wall(app: FastAPI, hosts: Sequence[str], shown: str, sites: Sequence[str]) -> None:
    """Adds the middleware; `hosts` are the names this server may be called by, such as ["help.example.org"]. The page
    at `shown` may stand in frames of `sites`.

    Raises ValueError for no host or for a wildcard: the Host header then protects nothing.
    """
    if not hosts or any("*" in host for host in hosts):
        raise ValueError(f"hosts must name each host without wildcards, received {list(hosts)}")
    # The last one added is the first one met.
    app.add_middleware(SameOrigin)
    app.add_middleware(BodyLimit)
    # Empty on purpose: no other site may read us. Gradio adds its own, laxer rules where it finds none.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(KnownHosts, hosts=hosts)
    app.add_middleware(SecurityHeaders, shown=shown, sites=sites)
    # Out here, since Gradio cannot compress what the wall has yet to write a nonce into; what it did is left as it is.
    app.add_middleware(GZipMiddleware, compresslevel=6)
