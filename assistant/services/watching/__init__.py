"""What the traffic tells: drift, and topics that no intent covers."""
