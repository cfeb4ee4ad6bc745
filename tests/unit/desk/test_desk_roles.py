"""Promises of the desk's roles: each handler that only a lead may use refuses an operator, whatever the page hides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from assistant.domain import Intent
from assistant.errors import AccessError, InputError
from assistant.services.accounts.operators import Operators
from assistant.services.desk.desk import DeskServices, desk_services
from assistant.services.views import Person, SignedIn
from assistant.store import Store
from tests.browser.serving import CHEAP_HASHER
from tests.fakes import FakeLive
from ui.desk.intents import Shelf, edit, go_back, merge, open_intents, restore, retire, split, undo
from ui.desk.intents_tab import draw
from ui.desk.people import ACTS, add_person, change_password, change_role
from ui.status import Status

VOUCHER = Intent("voucher", "Voucher", "Enter it at the till.")


def session(role: str) -> SignedIn:
    return SignedIn("token", "csrf", "ann", role, datetime(2025, 1, 1, tzinfo=UTC))


@pytest.fixture
def desk(store: Store, live: FakeLive) -> DeskServices:
    with store.unit() as uow:
        uow.intents.add(Intent("invoice", "Invoice", "It is in your account."), "seed")
        uow.intents.add(Intent("old", "Old", "Nobody asks this."), "seed")
        uow.intents.retire("old")
        uow.examples.add("money back", "refund", source="import", operator="seed")
    return desk_services(store, live)


LEADS_ONLY: dict[str, Callable[[DeskServices, SignedIn], Shelf]] = {
    "merge": lambda desk, who: merge(desk, who, "refund", "delivery", "refund"),
    "retire": lambda desk, who: retire(desk, who, "refund", False, "refund"),
    "restore": lambda desk, who: restore(desk, who, "old", "old"),
}


@pytest.mark.parametrize("action", LEADS_ONLY)
def test_only_a_lead_changes_which_intents_there_are(desk: DeskServices, store: Store, action: str) -> None:
    refused = LEADS_ONLY[action](desk, session("operator"))
    assert refused.status.is_problem
    assert "Only a lead may" in refused.status.text
    with store.unit(read_only=True) as uow:
        assert uow.audit.matching() == []
    done = LEADS_ONLY[action](desk, session("lead"))
    assert not done.status.is_problem, done.status.text


@pytest.mark.parametrize("action", LEADS_ONLY)
def test_who_is_no_lead_any_more_takes_back_what_operators_may_do_alone(
    desk: DeskServices, store: Store, action: str
) -> None:
    accounts = Operators(store, CHEAP_HASHER)
    for name in ("ann", "lea"):
        accounts.create(name, role="lead")
    desk.care.edit("delivery", "Delivery", "In two days.", "ann")
    LEADS_ONLY[action](desk, session("lead"))
    accounts.change_role("ann", "operator", actor="lea")
    assert undo(desk, session("operator"), None).status.text == "Undone: wording of “Delivery” is as before"
    assert undo(desk, session("operator"), None).status.is_problem
    with store.unit(read_only=True) as uow:
        assert ("old" in uow.intents.retired()) is (action != "restore")
    accounts.change_role("ann", "lead", actor="lea")
    assert "Undone" in undo(desk, session("lead"), None).status.text


@pytest.mark.parametrize("is_lead", [True, False])
def test_only_a_lead_finds_merging_and_retiring(desk: DeskServices, is_lead: bool) -> None:
    drawn = draw(open_intents(desk), session("lead" if is_lead else "operator"))
    assert [part["visible"] for part in drawn if isinstance(part, dict) and "visible" in part] == [is_lead] * 2
    assert any("Only a lead may merge" in str(part) for part in drawn) is not is_lead


def test_what_was_typed_for_another_intent_is_not_saved(desk: DeskServices) -> None:
    told = edit(desk, session("lead"), "refund", Intent("delivery", "Money", "Soon."), "delivery").status
    assert told.is_problem
    assert "typed for another intent; nothing was saved" in told.text
    assert desk.labeling.intents()[-1].title == "Refund"
    example = desk.care.examples("refund")[0].id
    told = split(desk, session("lead"), "refund", [example], VOUCHER, "delivery").status
    assert told.is_problem
    assert "typed for another intent; nothing was split off" in told.text
    assert "voucher" not in {intent.name for intent in desk.labeling.intents()}


@pytest.mark.parametrize(
    "act",
    [
        lambda desk: merge(desk, session("lead"), "refund", "delivery", "invoice"),
        lambda desk: retire(desk, session("lead"), "refund", True, "invoice"),
        lambda desk: restore(desk, session("lead"), "old", "invoice"),
        lambda desk: go_back(desk, session("lead"), "refund", 0, "invoice"),
    ],
)
def test_nothing_is_done_to_an_intent_that_the_page_does_not_show_yet(
    desk: DeskServices, store: Store, act: Callable[[DeskServices], Shelf]
) -> None:
    desk.care.edit("refund", "Money back", "Soon.", "bob")
    with store.unit(read_only=True) as uow:
        before = uow.audit.matching()
    told = act(desk)
    assert told.status.is_problem
    assert "still showed another intent" in told.status.text
    assert told.selected is not None
    assert told.selected.intent.name != "invoice"
    with store.unit(read_only=True) as uow:
        assert uow.audit.matching() == before


def test_operators_may_edit_and_split(desk: DeskServices, store: Store) -> None:
    assert not edit(desk, session("operator"), "refund", Intent("refund", "Money", "Soon."), "refund").status.is_problem
    example = desk.care.examples("refund")[0].id
    assert not split(desk, session("operator"), "refund", [example], VOUCHER, "refund").status.is_problem


@pytest.mark.parametrize(
    "act",
    [
        lambda desk: edit(desk, session("lead"), "refnud", Intent("refnud", "t", "a"), "refnud"),
        lambda desk: merge(desk, session("lead"), "refund", "refnud", "refund"),
        lambda desk: retire(desk, session("lead"), "refnud", False, "refnud"),
        lambda desk: restore(desk, session("lead"), "refnud", "refnud"),
    ],
)
def test_a_forged_intent_is_named_with_the_nearest(desk: DeskServices, act: Callable[[DeskServices], Shelf]) -> None:
    told = act(desk).status
    assert told.is_problem
    assert "'refnud' (did you mean 'refund'?)" in told.text


@pytest.mark.parametrize("chosen", [[999], [-1], [2**70]])
def test_a_forged_example_is_refused(desk: DeskServices, chosen: list[int]) -> None:
    told = split(desk, session("lead"), "refund", chosen, VOUCHER, "refund").status
    assert f"example {chosen[0]} is not labelled “Refund”" in told.text


def test_only_a_lead_adds_people(store: Store) -> None:
    operators = Operators(store, CHEAP_HASHER)
    with pytest.raises(AccessError, match="Only a lead may add people"):
        add_person(operators, session("operator"), "eve", "lead")
    assert operators.people() == []
    told = add_person(operators, session("lead"), " bob ", "operator")
    password = told.text.split("password ")[1].split(" ")[0]
    assert operators.sign_in("bob", password).role == "operator"
    assert operators.people() == [Person("bob", "operator", False)]
    with store.unit() as uow:
        assert [(entry.actor, entry.action) for entry in uow.audit.matching()] == [("ann", "create_operator")]


@pytest.mark.parametrize(("name", "role", "says"), [("bad name", "operator", "bad name"), ("eve", "boss", "'boss'")])
def test_a_forged_role_or_name_is_named(store: Store, name: str, role: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        add_person(Operators(store, CHEAP_HASHER), session("lead"), name, role)


@pytest.fixture
def operators(store: Store) -> Operators:
    operators = Operators(store, CHEAP_HASHER)
    for name, role in (("ann", "lead"), ("bob", "operator")):
        operators.create(name, "correct horse", role)
    return operators


def promote(operators: Operators, who: SignedIn, name: str | None) -> Status:
    return change_role(operators, who, name, "lead")


ON_OTHERS = {**ACTS, "change_role": promote}


@pytest.mark.parametrize("act", ON_OTHERS)
def test_only_a_lead_looks_after_the_accounts_of_others(operators: Operators, store: Store, act: str) -> None:
    before = operators.people()
    with pytest.raises(AccessError, match="Only a lead may"):
        ON_OTHERS[act](operators, session("operator"), "bob")
    for forged, says in ((None, "Nobody is chosen"), ("eve", "no operator 'eve'; known: ann, bob")):
        with pytest.raises(InputError, match=says):
            ON_OTHERS[act](operators, session("lead"), forged)
    assert operators.people() == before
    assert operators.sign_in("bob", "correct horse")
    with store.unit(read_only=True) as uow:
        assert {entry.action for entry in uow.audit.matching()} == {"create_operator"}


@pytest.mark.parametrize("role", ["operator", "lead"])
def test_everyone_changes_their_own_password_typed_twice_the_same(operators: Operators, role: str) -> None:
    me = operators.sign_in("bob" if role == "operator" else "ann", "correct horse")
    with pytest.raises(InputError, match="two different ways"):
        change_password(operators, me, "correct horse", "battery staple", "battery stable")
    change_password(operators, me, "correct horse", "battery staple", "battery staple")
    assert operators.sign_in(me.name, "battery staple")


def test_a_lead_does_not_reset_their_own_password(operators: Operators) -> None:
    me = operators.sign_in("ann", "correct horse")
    with pytest.raises(InputError, match="your own"):
        ACTS["reset"](operators, me, "ann")
    assert operators.session(me.token)
    assert operators.sign_in("ann", "correct horse")
