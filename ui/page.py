"""A Gradio page that makes its routes once."""

from __future__ import annotations

from typing import Literal

import gradio as gr
from gradio.queueing import Queue


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
        self._queue = Queue(
            live_updates=status_update_rate == "auto",
            concurrency_count=self.max_threads,
            update_intervals=1 if status_update_rate == "auto" else status_update_rate,
            max_size=max_size,
            blocks=self,
            default_concurrency_limit=default_concurrency_limit,
        )
        return self
