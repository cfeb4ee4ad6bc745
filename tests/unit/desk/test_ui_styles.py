"""Promises of the style sheets: what is written for small windows and reduced motion takes effect."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ui

SHEETS = sorted((Path(ui.__file__).parent / "static").glob("*.css"))
MEDIA = re.compile(r"^@media[^{]*\{(?P<rules>.*?)^\}", re.S | re.M)
# Gradio puts `.gradio-container … .contain` before these selectors: with one of these in front nothing would match.
OUTSIDE = re.compile(r"(?:^|[,{}])\s*(?P<selector>(?:\.gradio-container|:root|html|body|main)\b[^{,]*)", re.M)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_rules_within_media_stand_inside_of_what_gradio_puts_before_them(sheet: Path) -> None:
    written = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.S)
    found = [each["selector"] for media in MEDIA.finditer(written) for each in OUTSIDE.finditer(media["rules"])]
    assert found == []
