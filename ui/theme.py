"""One calm look for the chat and the desk: a Gradio theme and our style sheets."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from ui.palette import COLOURS, PALETTE

STYLES = Path(__file__).parent / "static"


def build_theme() -> gr.themes.Base:
    """The theme. It looks the same whatever the system prefers: each dark value is set to the light one."""
    sans = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
    mono = ("ui-monospace", "SF Mono", "Consolas", "Liberation Mono", "monospace")
    theme = gr.themes.Base(font=sans, font_mono=mono, radius_size="lg", text_size="md")
    theme.set(
        body_background_fill=COLOURS["paper"],
        body_text_color=COLOURS["ink"],
        body_text_color_subdued=COLOURS["soft-ink"],
        background_fill_primary=COLOURS["surface"],
        background_fill_secondary=COLOURS["paper"],
        block_background_fill=COLOURS["surface"],
        block_border_color=COLOURS["line"],
        block_border_width="0px",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_label_border_width="0px",
        block_label_text_color=COLOURS["soft-ink"],
        block_title_text_color=COLOURS["ink"],
        block_title_text_weight="600",
        block_title_text_size="14px",
        border_color_primary=COLOURS["line"],
        border_color_accent=COLOURS["accent"],
        color_accent=COLOURS["accent"],
        color_accent_soft=COLOURS["accent-tint"],
        input_background_fill=COLOURS["surface"],
        input_border_color=COLOURS["field-line"],
        input_border_width="1px",
        input_border_color_focus=COLOURS["accent"],
        input_placeholder_color=COLOURS["soft-ink"],
        button_primary_background_fill=COLOURS["accent"],
        button_primary_background_fill_hover=COLOURS["accent-deep"],
        button_primary_text_color="#ffffff",
        button_primary_border_color=COLOURS["accent"],
        button_secondary_background_fill=COLOURS["surface"],
        button_secondary_background_fill_hover=COLOURS["accent-tint"],
        button_secondary_text_color=COLOURS["ink"],
        button_secondary_border_color=COLOURS["line"],
        button_border_width="1px",
        button_large_text_size="15px",
        button_medium_text_size="15px",
        button_small_text_size="14px",
        button_large_text_weight="600",
        button_medium_text_weight="600",
        button_small_text_weight="500",
        link_text_color=COLOURS["accent"],
        link_text_color_hover=COLOURS["accent-deep"],
        link_text_color_visited=COLOURS["accent"],
        panel_background_fill="transparent",
        panel_border_width="0px",
        table_border_color=COLOURS["line"],
    )
    for name in [name for name in vars(theme) if name.endswith("_dark")]:
        setattr(theme, name, getattr(theme, name.removesuffix("_dark"), None))
    return theme


def read_style(*names: str) -> str:
    """The palette followed by the named style sheets, such as `chat.css`."""
    sheets = (STYLES.joinpath(name).read_text(encoding="utf-8") for name in ("base.css", *names))
    return f":root, .dark {{ color-scheme: light; {PALETTE} }}\n" + "\n".join(sheets)
