"""Labelled rows from files: the corpus that a shop starts from, and what is imported later."""
