"""What an event is given, before Gradio reads it: what no page of ours sends is refused in a line."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import gradio as gr
from fastapi import HTTPException
from gradio.block_function import BlockFunction

DEEPEST = 8  # values within values; those of our pages are flatter
RELOAD = "Please reload the page."


def checked(event: BlockFunction, given: list[Any]) -> list[Any]:
    """`given` without halves of surrogate pairs, which no answer can carry. A text field that was left alone is empty.

    Raises HTTPException for too few values, and for a file, which no page takes: Gradio would fetch it from whatever
    address it names, however large it is, and keep it.
    """
    if len(given) < len(event.inputs):
        told = f"This event takes {len(event.inputs)} values and was given {len(given)}. {RELOAD}"
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, told)
    whole = [_whole(value, DEEPEST) for value in given]
    empty = [value is None and isinstance(part, gr.Textbox) for part, value in zip(event.inputs, whole, strict=False)]
    return ["" if is_empty else value for is_empty, value in zip(empty, whole, strict=False)]


def _whole(value: Any, deepest: int) -> Any:
    if isinstance(value, str):
        return value.encode(errors="ignore").decode()
    if not isinstance(value, dict | list):
        return value
    if not deepest:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"This event was given too many lists in lists. {RELOAD}")
    if isinstance(value, list):
        return [_whole(each, deepest - 1) for each in value]
    if {"path", "meta"} <= value.keys():
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"No page here takes files. {RELOAD}")
    return {_whole(name, 1): _whole(each, deepest - 1) for name, each in value.items()}
