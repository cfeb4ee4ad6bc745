"""What stands around both pages: sign-in, limits, headers, embedding."""
