"""Talking with customers: the bot's turns, and those of the person who takes over."""
