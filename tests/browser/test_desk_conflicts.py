"""Where people contradict each other: labels, second opinions, and the log that keeps both."""

from __future__ import annotations

from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from assistant.services.desk.agreement import Agreement as Judging
from assistant.services.desk.labeling import Labeling
from assistant.store.inbox import InboxFilter
from tests.browser.conftest import Site
from tests.browser.pages.desk import Desk
from tests.browser.pages.tab import choose
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser


def label(site: Site, given: dict[str, str], operator: str) -> None:
    """Customers write these texts, and `operator` labels them."""
    site.receive(*given)
    labeling = Labeling(site.store, site.live)
    for item in labeling.inbox().items:
        labeling.correct(item.message_id, given[item.text], operator)


def labels(site: Site) -> dict[str, str]:
    with site.store.unit(read_only=True) as uow:
        return {example.text: example.intent for example in uow.examples.all()}


def test_a_conflict_is_settled_in_one_click_either_way_and_can_be_undone(page: Page, site: Site) -> None:
    label(site, {"hm ab": "delivery", "hm ba": "person"}, "lea")
    conflicts = Desk(page, site.address).sign_in("ann", PASSWORD).conflicts.open()
    expect(conflicts.sides).to_have_count(2)
    before = labels(site)
    (first, kept), (second, other) = (
        (side.locator("blockquote").inner_text(), side.locator(".label").inner_text()) for side in conflicts.sides.all()
    )
    names = {"Delivery": "delivery", "Talk to a person": "person", "Refund": "refund"}
    conflicts.keep("A", kept)
    expect(conflicts.status).to_contain_text(f"“{second}” is “{kept}” now")
    assert labels(site) == {**before, second: names[kept]}
    conflicts.press("undo-conflict")
    expect(conflicts.status).to_contain_text("the conflict is open again")
    assert labels(site) == before
    conflicts.keep("B", other)
    expect(conflicts.status).to_contain_text(f"“{first}” is “{other}” now")
    assert labels(site) == {**before, first: names[other]}


def test_who_has_passed_over_a_conflict_goes_on_behind_the_one_that_they_settle(page: Page, site: Site) -> None:
    label(site, {f"hm {letters}": intent for letters, intent in (("ab", "delivery"), ("ba", "person"))}, "lea")
    conflicts = Desk(page, site.address).sign_in("ann", PASSWORD).conflicts.open()
    total = int(conflicts.heading.inner_text().rsplit(" ", 1)[1])
    assert total > 2
    conflicts.press("next-conflict")
    expect(conflicts.heading).to_have_text(f"Conflict 2 of {total}")
    conflicts.press("keep-both")
    expect(conflicts.status).to_contain_text("Both labels stay")
    expect(conflicts.heading).to_have_text(f"Conflict 2 of {total - 1}")


def test_a_conflict_that_a_colleague_has_settled_is_told_and_not_shown_any_more(page: Page, site: Site) -> None:
    label(site, {"hm ab": "delivery", "hm ba": "person"}, "lea")
    conflicts = Desk(page, site.address).sign_in("ann", PASSWORD).conflicts.open()
    shown = conflicts.sides.first.locator("blockquote").inner_text()
    kept = conflicts.sides.first.locator(".label").inner_text()
    labeling = Labeling(site.store, site.live)
    page_of_all = labeling.inbox(InboxFilter(shown="all"))
    labeling.correct(next(item.message_id for item in page_of_all.items if item.text == shown), "refund", "lea")
    conflicts.keep("A", kept)
    expect(conflicts.problem).to_contain_text(f"'{shown}' is labelled “Refund” meanwhile, not “{kept}”; look again")
    expect(page.locator("#conflict")).not_to_contain_text(kept)


def test_a_text_that_was_judged_in_another_tab_gives_way_to_the_next(page: Page, site: Site) -> None:
    label(site, {"one": "refund", "two": "delivery"}, "lea")
    agreement = Desk(page, site.address).sign_in("ann", PASSWORD).agreement.open()
    text, elsewhere = agreement.text.inner_text(), Judging(site.store)
    sample = elsewhere.next_for("ann")
    assert sample
    elsewhere.give(sample.example_id, "refund", "ann")
    choose(page, "opinion", "Refund")
    agreement.press("give-opinion")
    expect(agreement.problem).to_contain_text("ann gave a second opinion on this text already; go on with the next")
    expect(agreement.text.filter(has_text=text)).to_have_count(0)


def test_two_operators_judge_the_same_texts_and_read_how_far_they_agree(page: Page, site: Site) -> None:
    given = {"one": "refund", "two": "delivery", "three": "refund", "four": "delivery"}
    label(site, given, "lea")
    agreement = Desk(page, site.address).sign_in("ann", PASSWORD).agreement.open()
    agreement.give({"one": "Refund", "two": "Delivery", "three": "Refund", "four": "Refund"})
    expect(agreement.sample).to_contain_text("You have seen all that others labelled")
    row = agreement.figures.locator("tbody tr").first
    # Three of four alike; by chance two of four would be: (3/4 − 1/2) / (1 − 1/2).
    expect(row.locator("td")).to_have_text(["ann, lea", "4", "75%", "0.50"])
    expect(agreement.figures).to_contain_text("Labels given by hand")
    assert labels(site) == given


def test_the_log_tells_who_changed_what_from_what_to_what_and_is_saved_whole(page: Page, site: Site) -> None:
    label(site, {"=1+1": "refund"}, "lea")
    log = Desk(page, site.address).sign_in("ann", PASSWORD).log.open()
    cells = log.rows.filter(has_text="correct").locator("td")
    expect(cells.nth(1)).to_have_text("lea")
    expect(cells.nth(5)).to_contain_text("intent: refund")
    log.of("ann")
    expect(log.rows).to_have_count(1)  # her own account
    expect(log.rows).to_contain_text("create_operator")
    lines = log.save()
    assert lines[0] == "id,when_utc,who,what,subject,before,after"
    assert len(lines) == 1 + 3
    assert lines[-1].split(",")[2:4] == ["lea", "correct"]
    with pytest.raises(HTTPError, match="401"):
        urlopen(site.address + "/log.csv")  # by nobody who has signed in
