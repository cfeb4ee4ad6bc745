"""Inference: encoder, classification head, calibration, and the files that hold them."""
