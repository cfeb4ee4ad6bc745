"""What `assistant bench` and `assistant simulate` measure."""
