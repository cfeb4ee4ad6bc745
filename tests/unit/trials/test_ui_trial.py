"""Comparing and trying a version at the desk, without a browser: leads only, and texts stay texts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import gradio as gr
import pytest

from assistant.errors import AccessError, InputError
from assistant.services.views import SignedIn
from tests.browser.serving import outside_loops
from tests.held import NEW, HeldShop
from ui.desk import trial_html as html
from ui.desk.trial import compare, drop, look, publish, start
from ui.desk.trial_part import lay_out_compare

MARKUP = f"{NEW} <img src=x onerror=alert(1)>"


def session(role: str) -> SignedIn:
    return SignedIn("token", "csrf", "lea", role, datetime(2025, 1, 1, tzinfo=UTC))


LEAD, OPERATOR = session("lead"), session("operator")


def test_only_a_lead_compares_tries_publishes_and_drops(shop: HeldShop) -> None:
    held, live = shop.held.id, shop.live().id
    with pytest.raises(AccessError, match="Only a lead may compare versions"):
        compare(shop.shadow(), OPERATOR, held, 14)
    assert "Only a lead may try" in start(shop.experiments(), OPERATOR, held, 10).status.text
    assert start(shop.experiments(), LEAD, held, 10).version == held
    for act in (publish, drop):
        refused = act(shop.experiments(), OPERATOR, held, "because")
        assert "Only a lead may" in refused.status.text
        assert (refused.is_running, shop.live().id) == (True, live)
    assert not drop(shop.experiments(), LEAD, held, "because").is_running


def test_who_starts_a_trial_reads_what_ends_it() -> None:
    def build() -> Any:
        with gr.Blocks() as page:
            lay_out_compare()
        return page

    page = outside_loops(build)
    told = "".join(block.value or "" for block in page.blocks.values() if isinstance(block, gr.HTML))
    assert "Whatever goes live meanwhile, such as a nightly update, ends the trial" in told


def test_what_is_missing_is_asked_for_and_nothing_happens(shop: HeldShop) -> None:
    experiments = shop.experiments()
    for version, percent, says in (
        (None, 10, "No version is chosen"),
        (shop.held.id, None, "is empty: give more"),
        (shop.held.id, 0, "(%)” is 0: give more"),
    ):
        told = start(experiments, LEAD, version, percent)
        assert (told.status.is_problem, says in told.status.text, told.found) == (True, True, None)
    with pytest.raises(InputError, match="“On the messages of the last days” is empty"):
        compare(shop.shadow(), LEAD, shop.held.id, None)
    assert "No version is being tried" in publish(experiments, LEAD, None, "because").status.text
    start(experiments, LEAD, shop.held.id, 10)
    for act in (publish, drop):
        assert "write down why" in act(experiments, LEAD, shop.held.id, " ").status.text
    assert look(experiments).is_running


def test_what_customers_and_leads_write_is_shown_as_text(shop: HeldShop) -> None:
    shop.say(shop.chat(shop.live_model()), MARKUP)
    shown = html.comparison(compare(shop.shadow(), LEAD, shop.held.id, 1), {NEW: "<b>Parcel</b>"})
    assert "<img" not in shown
    assert "&lt;img" in shown
    assert "&lt;b&gt;Parcel" in shown
    start(shop.experiments(), LEAD, shop.held.id, 10)
    ended = drop(shop.experiments(), LEAD, shop.held.id, "<i>slow</i>")
    assert "<i>" not in html.experiment(ended.found)
    assert "&lt;i&gt;slow" in html.experiment(ended.found)


def test_nothing_is_shown_before_the_first_experiment_and_equal_answers_are_said_to_be_equal(shop: HeldShop) -> None:
    assert html.experiment(look(shop.experiments()).found) == ""
    shop.say(shop.chat(shop.live_model()), "refund 1")
    shown = html.comparison(compare(shop.shadow(), LEAD, shop.held.id, 1), {})
    assert "0 of 1 messages of the last day (0.0%)" in shown
    assert "Nothing changes for these messages." in shown
