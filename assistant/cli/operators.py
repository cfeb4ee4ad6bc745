"""`assistant operator`: who may sign in at the desk."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from assistant.cli.shared import SettingsFile, assistant, out

operator = typer.Typer(help="People who may sign in at the desk.", no_args_is_help=True)


class Role(StrEnum):
    OPERATOR = "operator"
    LEAD = "lead"


def register(app: typer.Typer) -> None:
    """Nothing beside the group itself."""


@operator.command()
def add(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[Role, typer.Option(help="A lead may also publish and roll back.")] = Role.OPERATOR,
    settings: SettingsFile = None,
) -> None:
    """Create an account and print its password once."""
    password = assistant(settings).operators().create(name, role=role.value)
    out.print(f"{name} may sign in with the password {password}")


@operator.command()
def reset(
    name: Annotated[str, typer.Argument(help="An existing account.")],
    settings: SettingsFile = None,
) -> None:
    """Replace a password, print the new one once and end the account's sessions."""
    password = assistant(settings).operators().reset_password(name)
    out.print(f"{name} may sign in with the password {password}")
