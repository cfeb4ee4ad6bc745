"""The web surfaces: the customers' chat at /chat and the operators' desk at /desk."""

import os

from ui import stubs

# Gradio reads these once: no page or process of ours phones home …
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
# … and none sums up its last 10,000 events with pandas after each one, for a dashboard that is switched off.
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(2**62)
# Gradio asks for the backend at the first event; unnamed, that loads all of pyplot, while the first customer waits.
os.environ.setdefault("MPLBACKEND", "agg")
stubs.skip()
