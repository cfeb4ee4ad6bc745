"""Versions before they go live: compared on past messages, tried on a share of the conversations."""
