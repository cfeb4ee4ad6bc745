"""Intents: looking after them, how each stands, and those that are out of use."""
