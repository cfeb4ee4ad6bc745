"""What a model is worth: reports and gates for an update, streams for a method."""
