"""The mark of the product: a speech bubble."""

from ui.palette import COLOURS

BUBBLE = "M8 9h16v11H14l-5 4v-4H8z"

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="40" height="40" aria-hidden="true">'
    f'<rect width="32" height="32" rx="9" fill="{COLOURS["accent"]}"/>'
    f'<path d="{BUBBLE}" fill="none" stroke="#fff" stroke-width="2" stroke-linejoin="round"/></svg>'
)
