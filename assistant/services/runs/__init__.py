"""Runs that make a version: the first start, the night, consolidation, another encoder."""
