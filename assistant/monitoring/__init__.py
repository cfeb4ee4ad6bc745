"""Watching a running assistant: has the traffic changed, what is new in it, what to label, which labels are wrong."""
