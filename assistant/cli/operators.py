"""`assistant operator`: who may sign in at the desk."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from assistant.cli.shared import SettingsFile, actor, assistant, out, table

operator = typer.Typer(help="People who may sign in at the desk.", no_args_is_help=True)
Known = Annotated[str, typer.Argument(help="An existing account.")]


class Role(StrEnum):
    OPERATOR = "operator"
    LEAD = "lead"


@operator.command("list")
def list_people(settings: SettingsFile = None) -> None:
    """Everybody with an account."""
    people = table("name", "role", "may sign in")
    for one in assistant(settings).operators().people():
        people.add_row(one.name, one.role, "no, removed" if one.is_removed else "yes")
    out.print(people)


@operator.command()
def add(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[Role, typer.Option(help="A lead may also publish and roll back.")] = Role.OPERATOR,
    settings: SettingsFile = None,
) -> None:
    """Create an account and print its password once."""
    password = assistant(settings).operators().create(name, role=role.value, actor=actor())
    out.print(f"{name} may sign in with the password {password}")


@operator.command()
def reset(name: Known, settings: SettingsFile = None) -> None:
    """Replace a password, print the new one once and end the account's sessions."""
    password = assistant(settings).operators().reset_password(name, actor=actor())
    out.print(f"{name} may sign in with the password {password}")


@operator.command()
def role(
    name: Known,
    to: Annotated[Role, typer.Argument(help="The new role.")],
    settings: SettingsFile = None,
) -> None:
    """Give an account another role, from its next action on."""
    assistant(settings).operators().change_role(name, to.value, actor=actor())
    out.print(f"{name} has the role {to.value}")


@operator.command()
def remove(name: Known, settings: SettingsFile = None) -> None:
    """Close an account and end its sessions; what it did stays in the log under its name."""
    assistant(settings).operators().remove(name, actor=actor())
    out.print(f"{name} cannot sign in any more; take-back undoes it")


@operator.command("take-back")
def take_back(name: Known, settings: SettingsFile = None) -> None:
    """Open a removed account again and print its new password once."""
    password = assistant(settings).operators().take_back(name, actor=actor())
    out.print(f"{name} may sign in again with the password {password}")
