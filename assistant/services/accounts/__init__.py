"""Operators' accounts, passwords and failed sign-ins."""
