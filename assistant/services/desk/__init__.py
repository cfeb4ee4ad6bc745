"""What operators do with messages, labels and proposals."""
