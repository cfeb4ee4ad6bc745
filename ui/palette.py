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
    "accent-hover": "#0b524e",
    "accent-tint": "#e3f1ef",
    "focus": "#7cc4bd",
    "danger": "#a32020",
    "danger-tint": "#fbeaea",
    "warm": "#7a4b00",
    "warm-tint": "#fdf3dd",
}

# Where the system prefers the dark. White text stands on `accent` in both.
DARK_COLOURS = {
    "paper": "#12181a",
    "surface": "#1b2427",
    "ink": "#e8eeed",
    "soft-ink": "#a7b5b9",
    "line": "#303c40",
    "field-line": "#74858b",
    "accent": "#0f6b66",
    "accent-deep": "#86d5cc",
    "accent-hover": "#138079",
    "accent-tint": "#17383a",
    "focus": "#7cc4bd",
    "danger": "#f5b0b0",
    "danger-tint": "#3c1f1f",
    "warm": "#f2cd8c",
    "warm-tint": "#3a2d14",
}

PALETTE = (
    "".join(f"--{name}: {value}; " for name, value in COLOURS.items())
    + "--shadow: 0 1px 2px rgb(29 42 47 / 5%), 0 8px 24px rgb(29 42 47 / 6%); --plots: none;"
)
DARK_PALETTE = (
    "".join(f"--{name}: {value}; " for name, value in DARK_COLOURS.items())
    + "--shadow: none; --plots: invert(1) hue-rotate(180deg);"  # light becomes dark, and each hue stays
)
