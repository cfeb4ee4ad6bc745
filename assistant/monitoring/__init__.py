"""Watching the messages that arrive: numpy, scipy and scikit-learn only."""
