"""The colours and the typeface of every page. Texts keep a contrast of at least 4.5:1."""

SYSTEM_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

COLOURS = {
    "paper": "#f5f6f4",
    "surface": "#ffffff",
    "ink": "#1d2a2f",
    "soft-ink": "#55646b",
    "line": "#e1e6e4",
    "field-line": "#8b989e",
    "accent": "#0f6b66",
    "accent-deep": "#0b524e",
    "accent-tint": "#e3f1ef",
    "focus": "#7cc4bd",
    "danger": "#a32020",
    "danger-tint": "#fbeaea",
    "warm": "#7a4b00",
    "warm-tint": "#fdf3dd",
}

PALETTE = (
    "".join(f"--{name}: {value}; " for name, value in COLOURS.items())
    + "--shadow: 0 1px 2px rgb(29 42 47 / 5%), 0 8px 24px rgb(29 42 47 / 6%);"
)
