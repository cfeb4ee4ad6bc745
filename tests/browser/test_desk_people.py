"""Who may sign in: leads look after accounts, everyone after their own password."""

from __future__ import annotations

import pytest
from playwright.sync_api import Cookie, Page, expect

from tests.browser.conftest import Site
from tests.browser.pages.desk import Desk
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser
OWN = "battery staple"


def test_people_come_change_their_password_and_role_forget_it_and_go(page: Page, site: Site) -> None:
    desk = Desk(page, site.address)

    def leave() -> None:
        page.goto("about:blank")  # a desk that is open finds its door closed and goes to the login by itself
        page.context.clear_cookies()

    def arrive(name: str, password: str) -> Desk:
        leave()
        return desk.sign_in(name, password)

    def go_on(cookies: list[Cookie]) -> None:
        leave()
        page.context.add_cookies(cookies)  # type: ignore[arg-type]  # as the browser gave them
        page.goto(site.address + "/desk/")

    people = arrive("lea", PASSWORD).people.open()
    first = people.add("bob")
    expect(people.rows).to_have_count(3)

    arrive("bob", first).people.open()
    expect(people.rows).to_have_count(3)
    expect(people.for_leads).to_be_hidden()
    people.change_password(first, OWN, "battery stable")
    expect(people.problem).to_contain_text("two different ways")
    people.change_password("not mine", OWN, OWN)
    expect(people.problem).to_contain_text("present password is wrong")
    people.change_password(first, OWN, OWN)
    expect(people.status).to_contain_text("Your password was changed")
    theirs = page.context.cookies()

    arrive("lea", PASSWORD).people.open()
    people.make("bob", "lead")
    expect(people.status).to_contain_text("bob has the role “lead” now")
    people.make("bob", "operator")
    expect(people.status).to_contain_text("bob has the role “operator” now")
    assert people.row("bob") == ["bob", "operator", "labels and answers customers"]
    people.pick("lea").press("remove-person")
    expect(people.problem).to_contain_text("'lea' is the only lead")
    people.pick("bob").press("remove-person")
    expect(people.status).to_contain_text("cannot sign in any more")
    assert people.row("bob") == ["bob", "operator", "cannot sign in, removed"]
    mine = page.context.cookies()
    go_on(theirs)
    expect(desk.door).to_be_visible()
    desk.knock("bob", OWN)
    expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong")

    go_on(mine)
    people.open().pick("bob").press("take-back-person")
    back = people.password()
    people.pick("bob").press("reset-password")
    expect(people.status).not_to_contain_text(back)
    again = people.password()
    arrive("bob", again)
    with site.store.unit(read_only=True) as uow:
        done = [(entry.actor, entry.action) for entry in uow.audit.matching() if entry.subject == "operator/bob"]
    assert done == [
        ("lea", "reset_password"),
        ("lea", "take_back_operator"),
        ("lea", "remove_operator"),
        ("lea", "change_role"),
        ("lea", "change_role"),
        ("bob", "change_password"),
        ("lea", "create_operator"),
    ]
