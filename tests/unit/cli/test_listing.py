"""What the commands show of versions, rows and people, and what they change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.bootstrap import Assistant
from assistant.domain import Split
from tests.unit.cli.conftest import Run, published


def test_without_versions_the_lists_are_empty_and_nothing_rolls_back(run: Run, parts: Assistant) -> None:
    assert run("versions").code == 0
    ended = run("rollback")
    assert (ended.code, ended.err) == (2, "Error: no version is live yet, so there is nothing to roll back\n")
    ended = run("publish", "v1")
    assert (ended.code, ended.err) == (2, "Error: there is no version 'v1'; `assistant versions` lists them\n")


def test_rolling_back_changes_what_versions_shows(run: Run, parts: Assistant) -> None:
    published(parts, "v1", "v2")
    assert re.search(r"v2 .*live", run("versions").out)
    ended = run("rollback", "--reason", "wrong answers")
    assert (ended.code, ended.out) == (0, "version v1 is live\n")
    shown = run("versions").out
    assert re.search(r"v1 .*live", shown)
    assert re.search(r"rollback .*v2 .*v1 .*wrong", shown)
    assert run("rollback").err.startswith("Error: version v1 is the first one: there is nothing before it. If its")
    assert run("versions", "--report", "v2").out.startswith("# v2\n")


def test_an_empty_reason_is_refused(run: Run, parts: Assistant) -> None:
    published(parts, "v1", "v2")
    ended = run("rollback", "--reason", " ")
    assert (ended.code, "say why" in ended.err) == (2, True)


def test_what_people_typed_is_shown_as_they_typed_it(run: Run, parts: Assistant) -> None:
    published(parts, "v1", reason="[/b] see [ticket] :smile:")
    assert "".join(re.findall(r"\S", run("versions").out)).count("[/b]see") == 1
    assert ":smile:" in run("versions").out


def test_ids_are_shown_whole_on_a_narrow_terminal(run: Run, parts: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    names = ("v20250101020000-abcdef", "v20250102020000-fedcba")
    published(parts, *names)
    shown = run("versions").out
    assert [name in shown for name in names] == [True, True]
    assert "…" not in shown


def test_people_are_named_whole_on_a_narrow_terminal(
    run: Run, parts: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    name = "marie-christine.von-der-heide-oberhausen@support.shop.example.or"  # as long as a name may be
    run("operator", "add", name)
    people, log = run("operator", "list").out, run("audit").out
    assert name in "".join(re.findall(r"^│ ([^ ]+)", people, re.MULTILINE))
    assert "…" not in people + log


def test_import_stores_all_rows_and_counts_them(run: Run, parts: Assistant, home: Path) -> None:
    (home / "rows.csv").write_text('text,intent\n"money, back",refund\nwhere is it,delivery\n')
    ended = run("import", "rows.csv", "--split", "train")
    assert (ended.code, ended.out) == (0, "2 added, 0 relabelled, 0 there already\n")
    with parts.store.unit() as uow:
        assert [(e.text, e.intent, e.split) for e in uow.examples.all()] == [
            ("money, back", "refund", Split.TRAIN),
            ("where is it", "delivery", Split.TRAIN),
        ]
    (home / "rows.csv").write_text("text,intent\nMoney, back ,refund\n".replace("Money, back ", '"Money, back "'))
    assert run("import", "rows.csv").out == "0 added, 0 relabelled, 1 there already\n"


def test_import_with_an_unknown_intent_names_row_and_nearest_and_stores_nothing(
    run: Run, parts: Assistant, home: Path
) -> None:
    (home / "rows.csv").write_text("text,intent\nmoney back,refund\nwhere is it,delivry\nhello,refund\n")
    ended = run("import", "rows.csv")
    assert (ended.code, ended.out) == (2, "")
    says = "rows.csv, line 3: unknown intent 'delivry' (did you mean 'delivery'?); create it first"
    assert ended.err == f"Error: {says}, or have it created with --new-intents\n"
    with parts.store.unit() as uow:
        assert uow.examples.count() == 0


def test_people_are_added_removed_and_taken_back_and_the_log_says_by_whom(run: Run, parts: Assistant) -> None:
    for arguments, says in (
        (("add", "ada", "--role", "lead"), "ada may sign in with the password "),
        (("add", "bob"), "bob may sign in with the password "),
        (("role", "bob", "lead"), "bob has the role lead"),
        (("remove", "ada"), "ada cannot sign in any more"),
        (("take-back", "ada"), "ada may sign in again with the password "),
        (("remove", "bob"), "bob cannot sign in any more"),
    ):
        ended = run("operator", *arguments)
        assert (ended.code, says in ended.out) == (0, True), ended
    listed = " ".join(run("operator", "list").out.split())
    assert re.search("ada . lead . yes . . bob . lead . no, removed", listed), listed
    refused = run("operator", "remove", "ada")
    assert (refused.code, "operator 'ada' is the only lead" in refused.err) == (2, True)
    with parts.store.unit(read_only=True) as uow:
        assert all(entry.actor.endswith("command line)") for entry in uow.audit.matching())
