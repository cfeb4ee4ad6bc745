"""The `assistant` command. One file for each group of commands; heavy libraries load only when a command runs."""

from assistant.cli.app import main

__all__ = ["main"]
