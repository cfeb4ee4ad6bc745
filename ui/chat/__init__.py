"""The customers' page."""
