"""A Gradio page that makes its routes once, and whose queue knows its events."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal

import gradio as gr
from fastapi import HTTPException, Request
from gradio.data_classes import PredictBodyInternal
from gradio.queueing import Queue


class KnownEvents(Queue):
    """Answers 404 to an event that the page does not have, which Gradio takes for a breakdown of its own, and to one
    that stays in the browser, whose inputs nobody checks."""

    async def push(self, body: PredictBodyInternal, request: Request, username: str | None) -> Any:
        """As `Queue.push`."""
        event = None if body.fn_index is None else self.blocks.fns.get(body.fn_index)
        if event is None or event.fn is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"This page has no event {body.fn_index}. Please reload it.")
        return await super().push(body, request, username)


class Page(gr.Blocks):
    """Gradio makes the eighty routes of an application whenever a queue is set, and again when the page is mounted,
    which alone serves them. Here a queue is only a queue: a start is a second shorter."""

    def queue(
        self,
        status_update_rate: float | Literal["auto"] = "auto",
        api_open: bool | None = None,
        max_size: int | None = None,
        *,
        default_concurrency_limit: int | Literal["not_set"] | None = "not_set",
    ) -> Page:
        """As `gr.Blocks.queue`."""
        if api_open is not None:
            self.api_open = api_open
        self._queue = KnownEvents(
            live_updates=status_update_rate == "auto",
            concurrency_count=self.max_threads,
            update_intervals=1 if status_update_rate == "auto" else status_update_rate,
            max_size=max_size,
            blocks=self,
            default_concurrency_limit=default_concurrency_limit,
        )
        return self
