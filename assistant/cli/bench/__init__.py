"""`assistant bench`: the figures that the README reports."""
