"""Inference: encoder, classification head, calibration, and the files that hold them."""

import os

# ONNX Runtime reads this once, when it is imported. Unset, it keeps a diary of the machine, of each start and of each
# model in the user's home, and sends it to its makers.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
