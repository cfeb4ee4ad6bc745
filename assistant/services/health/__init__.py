"""How the versions do, read off what their runs measured."""
