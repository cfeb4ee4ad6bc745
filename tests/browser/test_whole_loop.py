"""A new user's first evening, with the real commands, model, database and browser."""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from assistant.services.rows.corpus import read_corpus
from tests.browser.pages.chat import ChatPage
from tests.browser.pages.desk import Desk
from tests.once import made_once

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]

ASKED = [
    "I bought a kettle last week and now it is 20 euro cheaper, do I get the difference back?",
    "The price dropped after I ordered, can you refund the difference?",
    "Is there a price guarantee if the lamp goes on sale after my purchase?",
]
ANSWER = "If we lower a price within 14 days of your order, we pay back the difference."
WRAPPED = "Yes: choose gift wrapping at the checkout, it costs 3 euro."
FIRST_START = "first-start-seconds"
TEN_MINUTES = 600
SCREENSHOTS = os.environ.get("SCREENSHOTS_TO")  # a folder: keep what the README shows


@dataclass(frozen=True)
class Running:
    address: str
    password: str
    folder: Path
    first_start: float  # seconds until the chat answered


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "assistant.cli", *arguments],
        env={**os.environ, "ASSISTANT_DATA": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """`assistant serve` on the data folder, until it answers; gives the address. What it says is in `serve.log`."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    address, log = f"http://127.0.0.1:{port}", folder / "serve.log"
    with log.open("a") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "assistant.cli", "serve", "--port", str(port)],
            env={**os.environ, "ASSISTANT_DATA": str(folder), "PYTHONUNBUFFERED": "1"},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_up(address, process, log)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=90)


def first_start(folder: Path) -> None:
    """`assistant serve` on an empty folder trains a first version and names a password; it is stopped then."""
    begun = time.monotonic()
    with served(folder):
        (folder / FIRST_START).write_text(str(time.monotonic() - begun))


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`assistant serve` on a copy of a first day: one first version is trained for all that walk."""
    day = made_once(tmp_path_factory, "first-day", first_start)
    folder = Path(shutil.copytree(day, tmp_path_factory.mktemp("shop") / "var"))
    found = re.search(r"with this password: (\S+)", (folder / "serve.log").read_text())
    assert found, (folder / "serve.log").read_text()
    with served(folder) as address:
        yield Running(address, found[1], folder, float((folder / FIRST_START).read_text()))


def wait_until_up(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(log.read_text())


@pytest.fixture
def pages(chromium: BrowserContext) -> Iterator[tuple[Page, Page]]:
    """Two tabs: the customer's and the operator's."""
    chromium.clear_cookies()
    customer, operator = chromium.new_page(), chromium.new_page()
    for page in (customer, operator):
        page.set_viewport_size({"width": 1200, "height": 850})
        page.set_default_timeout(30_000)
    yield customer, operator
    customer.close()
    operator.close()


def picture(page: Page, name: str, *, dark: bool = False) -> None:
    if SCREENSHOTS:
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.wait_for_timeout(500)  # colours fade into each other
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png")
        page.emulate_media(color_scheme="light")


def test_ask_correct_retrain_ask_again_roll_back(
    running: Running, pages: tuple[Page, Page], capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.monotonic()
    customer, operator = pages
    chat, desk = ChatPage(customer, running.address), Desk(operator, running.address)

    for question in reversed(ASKED):  # the first question is asked last and stays open in its tab
        chat.open().say(question)
        expect(chat.answers).to_have_count(2)
        expect(chat.answers.last).not_to_have_text(ANSWER)
        expect(chat.options.first.or_(chat.rating)).to_be_visible()
        if chat.options.first.is_visible():  # however many there are
            expect(chat.options.last).to_have_css("font-weight", "500")
        if chat.rating.is_visible():
            chat.rate("That is not what I meant")
            expect(chat.rating).not_to_be_visible()
    picture(customer, "chat-wrong")

    inbox = desk.sign_in("lead", running.password).inbox.select(ASKED[0][:40])
    picture(operator, "desk-queue")
    picture(operator, "desk-dark", dark=True)
    inbox.add_intent("price_protection", "Price protection", ANSWER)
    expect(inbox.status).to_contain_text("Price protection")
    for question in ASKED[1:]:
        inbox.select(question[:30]).correct("Price protection")
        expect(inbox.listed.filter(has_text=question[:30])).to_have_count(0)

    # A shop that prepares an intent brings more rows; with these it is proven on a holdout, not by cross-validation.
    rows = running.folder / "price_protection.csv"
    with rows.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(("text", "intent"))
        corpus = read_corpus().of_session(1)
        lines.writerows((r.text, r.intent) for r in (*corpus.train, *corpus.holdout) if r.intent == "price_protection")
    imported = command(running.folder, "import", str(rows))
    assert imported.returncode == 0, imported.stderr

    trained = command(running.folder, "retrain")
    assert trained.returncode == 0, trained.stdout + trained.stderr
    published = time.monotonic()

    answers = chat.answers.count()
    chat.say(ASKED[0])
    expect(chat.answers).not_to_have_count(answers)
    if chat.answers.last.inner_text() != ANSWER:  # the swap may take two seconds
        time.sleep(max(0.0, 2.0 - (time.monotonic() - published)))
        chat.say(ASKED[0])
    expect(chat.answers.last).to_have_text(ANSWER)
    picture(customer, "chat-learned")
    seconds = running.first_start + time.monotonic() - begun
    with capsys.disabled():
        sys.stdout.write(f"\nfrom the first start to an own new intent that is live: {seconds:.0f} s\n")
    assert seconds < TEN_MINUTES

    operator.reload()
    versions = desk.versions.open()
    picture(operator, "desk-versions")
    if SCREENSHOTS:
        desk.health.open().drawn()
        picture(operator, "desk-health")
        versions.open()
    versions.roll_back("the lead changed their mind")
    expect(versions.status).to_contain_text("live")
    time.sleep(2.5)
    chat.open().say(ASKED[0])
    expect(chat.answers).to_have_count(2)
    expect(chat.answers.last).not_to_have_text(ANSWER)
    again = command(running.folder, "versions")
    assert "rollback" in again.stdout
    assert "the lead changed their mind" in again.stdout


def asked(folder: Running, *texts: str) -> None:
    """Lets customers write to the live version, as the chat would log it, and complain about every answer."""
    from assistant.bootstrap import Assistant
    from assistant.domain import Signal
    from assistant.services.conversation.chat import Chat
    from assistant.settings import Settings

    parts = Assistant(Settings(data=folder.folder))
    chat = Chat(parts.store, parts.serving_model())
    for text in texts:
        view = chat.reply(chat.start().conversation_id, text)
        if view.turns[-1].can_rate:
            chat.signal(view.conversation_id, view.turns[-1].message_id, Signal.NOT_MEANT)


def test_a_topic_asked_about_is_proposed_approved_learned_and_answered(
    running: Running, pages: tuple[Page, Page]
) -> None:
    # Enough of them that some ten fall to the holdout, so that the topic is proven by rows and not in cross-validation.
    rows = [row.text for row in read_corpus().of_session(3).train if row.intent == "gift_wrapping"]
    question, others = rows[0], rows[1:]
    customer, operator = pages
    chat, desk = ChatPage(customer, running.address), Desk(operator, running.address)

    chat.open().say(question)
    expect(chat.answers).to_have_count(2)
    expect(chat.answers.last).not_to_have_text(WRAPPED)
    asked(running, *others)
    found = command(running.folder, "discover")
    assert re.search(r"[1-9]\d* intents? proposed", found.stdout), found.stdout + found.stderr

    topics = desk.sign_in("lead", running.password).topics.open()
    expect(topics.listed.first).to_contain_text("gift")
    expect(topics.shown).to_contain_text("Nearest is")
    topics.fill("topic-title", "Gift wrapping").fill("topic-name", "gift_wrapping").press("approve")
    expect(topics.status).to_contain_text("needs a title and an answer")
    topics.fill("topic-answer", WRAPPED).press("approve")
    expect(topics.status).to_contain_text("“Gift wrapping” was added")

    trained = command(running.folder, "retrain")
    assert trained.returncode == 0, trained.stdout + trained.stderr
    assert re.search("intents? proposed", trained.stdout), trained.stdout
    customer.wait_for_timeout(2500)  # the running chat swaps the version within two seconds
    chat.open().say(question)
    expect(chat.answers).to_have_count(2)
    offered = chat.options.filter(has_text="Gift wrapping")
    expect(chat.answers.last.get_by_text(WRAPPED).or_(offered).first).to_be_visible()
    if offered.count():  # so young an intent may still be asked about
        offered.click()
    expect(chat.answers.last).to_have_text(WRAPPED)
