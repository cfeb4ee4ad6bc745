"""One update without forgetting: memory, selection, regularisers, the training loop."""
