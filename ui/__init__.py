"""The web surfaces: the customers' chat at /chat and the operators' desk at /desk."""

import os

from ui import stubs

# Gradio reads this once, at import: no page or process of ours phones home.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
stubs.skip()
