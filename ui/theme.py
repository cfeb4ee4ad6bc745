"""One calm look for the chat and the desk: a Gradio theme and our style sheets."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from ui.palette import DARK_PALETTE, PALETTE

STYLES = Path(__file__).parent / "static"


def build_theme() -> gr.themes.Base:
    """The theme. Its colours are the variables of the palette, which are others where the system prefers the dark."""
    sans = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
    mono = ("ui-monospace", "SF Mono", "Consolas", "Liberation Mono", "monospace")
    theme = gr.themes.Base(font=sans, font_mono=mono, radius_size="lg", text_size="md")
    theme.set(
        body_background_fill="var(--paper)",
        body_text_color="var(--ink)",
        body_text_color_subdued="var(--soft-ink)",
        background_fill_primary="var(--surface)",
        background_fill_secondary="var(--paper)",
        block_background_fill="var(--surface)",
        block_border_color="var(--line)",
        block_border_width="0px",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_label_border_width="0px",
        block_label_text_color="var(--soft-ink)",
        block_title_text_color="var(--ink)",
        block_title_text_weight="600",
        block_title_text_size="14px",
        border_color_primary="var(--line)",
        border_color_accent="var(--accent-deep)",
        color_accent="var(--accent-deep)",
        color_accent_soft="var(--accent-tint)",
        input_background_fill="var(--surface)",
        input_border_color="var(--field-line)",
        input_border_width="1px",
        input_border_color_focus="var(--accent)",
        input_placeholder_color="var(--soft-ink)",
        button_primary_background_fill="var(--accent)",
        button_primary_background_fill_hover="var(--accent-hover)",
        button_primary_text_color="#ffffff",
        button_primary_border_color="var(--accent)",
        button_secondary_background_fill="var(--surface)",
        button_secondary_background_fill_hover="var(--accent-tint)",
        button_secondary_text_color="var(--ink)",
        button_secondary_border_color="var(--line)",
        button_border_width="1px",
        button_large_text_size="15px",
        button_medium_text_size="15px",
        button_small_text_size="14px",
        button_large_text_weight="600",
        button_medium_text_weight="600",
        button_small_text_weight="500",
        link_text_color="var(--accent-deep)",
        link_text_color_hover="var(--accent-deep)",
        link_text_color_visited="var(--accent-deep)",
        panel_background_fill="transparent",
        panel_border_width="0px",
        table_border_color="var(--line)",
    )
    for name in [name for name in vars(theme) if name.endswith("_dark")]:
        setattr(theme, name, getattr(theme, name.removesuffix("_dark"), None))
    return theme


def palette() -> str:
    """A style element for the head of a page, with the colours as the system has them, light or dark."""
    night = f"@media (prefers-color-scheme: dark) {{ :root {{ color-scheme: dark; {DARK_PALETTE} }} }}"
    return f"<style>:root {{ color-scheme: light; {PALETTE} }} {night}</style>"


def read_style(*names: str) -> str:
    """The named style sheets, such as `chat.css`, after the one that all pages share."""
    return "\n".join(STYLES.joinpath(name).read_text(encoding="utf-8") for name in ("base.css", *names))
