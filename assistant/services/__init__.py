"""The use cases. Each receives what it needs and opens short transactions of its own."""
