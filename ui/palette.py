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

DARK = {
    "paper": "#12181a",
    "surface": "#1b2326",
    "ink": "#e6ecec",
    "soft-ink": "#a3b1b5",
    "line": "#2d383c",
    "field-line": "#6b797f",
    "accent": "#177a74",
    "accent-deep": "#86d0c8",
    "accent-hover": "#12625d",
    "accent-tint": "#16373a",
    "focus": "#3f8f88",
    "danger": "#ff9d9d",
    "danger-tint": "#42201f",
    "warm": "#f2c879",
    "warm-tint": "#3b2f17",
}


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}: {value}; " for name, value in colours.items())


PALETTE = _variables(COLOURS) + "--shadow: 0 1px 2px rgb(29 42 47 / 5%), 0 8px 24px rgb(29 42 47 / 6%);"
DARK_PALETTE = _variables(DARK) + "--shadow: 0 1px 2px rgb(0 0 0 / 30%), 0 8px 24px rgb(0 0 0 / 30%);"
