"""One file for each monitor; `assistant.monitoring.drift.MONITORS` names them."""
