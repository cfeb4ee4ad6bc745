"""Settings: where values come from, and what a person reads who got one wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.bootstrap import Assistant
from assistant.dialogue.costs import Costs
from assistant.errors import SettingsError, UnknownStrategyError
from assistant.learning.regularizers import REGULARIZERS
from assistant.settings import Retrain, Rung, Settings
from assistant.settings_file import changed, load_settings
from assistant.strategies import Spec

STRONG = [name for name, member in REGULARIZERS.items() if hasattr(member, "strength")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "assistant.toml"


def loaded(file: Path, text: str, **environment: str) -> Settings:
    file.write_text(text, encoding="utf-8")
    return load_settings(file, environment)


def message(file: Path, text: str, **environment: str) -> str:
    with pytest.raises(SettingsError) as caught:
        loaded(file, text, **environment)
    return str(caught.value)


def test_without_a_file_and_variables_there_are_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, {}) == Settings()


def test_the_file_here_is_read_without_being_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("port = 8000")
    monkeypatch.chdir(file.parent)
    assert load_settings(None, {}).port == 8000


def test_the_process_environment_is_read_unless_another_is_given(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_PORT", "8001")
    file.write_text("port = 8000")
    assert (load_settings(file).port, load_settings(file, {}).port) == (8001, 8000)


@pytest.mark.parametrize(
    ("text", "key", "suggested", "known"),
    [
        ("prot = 1", "prot", "port", "known: data, encoder, corpus, "),
        (
            "[learning]\nmemmory = 3",
            "learning.memmory",
            "memory",
            "known: regularizer, selector, scope, replay, memory",
        ),
        ("[[retrain.ladder]]\nstrenght = 3", "retrain.ladder.0.strenght", "strength", "known: strength, replay"),
        ("[[retrain.ladder]]\n[[retrain.ladder]]\nreply = 3", "retrain.ladder.1.reply", "replay", "known: strength"),
        ("[learnig]\nmemory = 3", "learnig", "learning", "known: data, encoder"),
    ],
)
def test_a_misspelt_key_is_told_with_the_nearest_and_all(
    file: Path, text: str, key: str, suggested: str, known: str
) -> None:
    told = message(file, text)
    assert told.startswith(f"unknown setting {key!r} (did you mean {suggested!r}?); ")
    assert known in told


@pytest.mark.parametrize("text", ["gates = []", "[retrain]\nmemory = 3", "[learning.ladder]\nx = 1"])
def test_a_key_in_the_wrong_section_is_unknown_there(file: Path, text: str) -> None:
    assert message(file, text).startswith("unknown setting ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("port = 70000", "setting port = 70000: Input should be less than or equal to 65535"),
        ("port = 0", "setting port = 0: "),
        ("port = true", "setting port = True: Input should be a valid integer"),
        ('port = "many"', "setting port = 'many': Input should be a valid integer"),
        ("port = 80.5", "setting port = 80.5: "),
        ("poll_seconds = 0", "setting poll_seconds = 0: "),
        ("host = 10", "setting host = 10: Input should be a valid string"),
        ('encoder = ""', "setting encoder = '': "),
        ('allowed_hosts = "shop.example"', "setting allowed_hosts = 'shop.example': write a list, in brackets"),
        ("allowed_hosts = [3]", "setting allowed_hosts.0 = 3: "),
        ("allowed_hosts = []", "setting allowed_hosts = []: "),
        ('allowed_hosts = ["*.shop.example"]', "setting allowed_hosts.0 = '*.shop.example': "),
        ('allowed_hosts = ["a", "https://shop.example"]', "setting allowed_hosts.1 = 'https://shop.example': "),
        ('chat.sites = ["shop.example"]', "setting chat.sites.0 = 'shop.example': "),
        ('chat.sites = ["https://shop.example:99999"]', "a port from 1 to 65535"),
        ('chat.sites = ["https://."]', "setting chat.sites.0 = 'https://.': "),
        ('chat.sites = ["https://shop..example"]', "setting chat.sites.0 = 'https://shop..example': "),
        ('allowed_hosts = ["."]', "setting allowed_hosts.0 = '.': "),
        ('chat.sites = ["https://shop.example/help"]', "setting chat.sites.0 = 'https://shop.example/help': "),
        ('chat.sites = ["https://bücher.example"]', "letters beyond a to z as browsers send them, xn--"),
        ('chat.sites = ["https://*.shop.example"]', "setting chat.sites.0 = 'https://*.shop.example': "),
        (
            'chat.sites = ["https://a.example; script-src *"]',
            "setting chat.sites.0 = 'https://a.example; script-src *': ",
        ),
        ('allowed_hosts = ["shop.example:7860"]', "setting allowed_hosts.0 = 'shop.example:7860': "),
        ('host = ""', "setting host = '': "),
        ("[learning]\nreplay = -0.1", "setting learning.replay = -0.1: Input should be greater than or equal to 0"),
        ("[learning]\nreplay = nan", "setting learning.replay = nan: "),
        ("[learning]\nmemory = 0", "setting learning.memory = 0: "),
        ("[learning]\nmemory = 2.0", "setting learning.memory = 2.0: "),
        ('[retrain]\nhold = "perhaps"', "setting retrain.hold = 'perhaps': "),
        ("[retrain]\nlock_seconds = 9", "setting retrain.lock_seconds = 9: "),
        ("[[retrain.ladder]]\nstrength = 0", "setting retrain.ladder.0.strength = 0: "),
        ("[[retrain.ladder]]\nstrength = inf", "setting retrain.ladder.0.strength = inf: "),
        ("[[retrain.ladder]]\nreplay = inf", "setting retrain.ladder.0.replay = inf: "),
        ("[retrain.ladder]\nstrength = 2", "setting retrain.ladder = {'strength': 2}: write a list, in brackets"),
    ],
)
def test_a_value_of_the_wrong_type_or_range_is_told_with_its_key(file: Path, text: str, says: str) -> None:
    assert says in message(file, text)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("learning = 3", "learning", "3"),
        ("[retrain]\nladder = [3]", "retrain.ladder.0", "3"),
        ('[learning]\nregularizer = "ewc"', "learning.regularizer", "'ewc'"),
        ('[retrain]\ngates = ["old_accuracy"]', "retrain.gates.0", "'old_accuracy'"),
    ],
)
def test_a_bare_value_where_a_table_belongs_is_told_how_to_write_one(
    file: Path, text: str, key: str, value: str
) -> None:
    assert f"setting {key} = {value}: write a table" in message(file, text)


def test_a_strategy_without_a_name_is_told(file: Path) -> None:
    assert "learning.regularizer.name" in message(file, "[learning.regularizer]\nstrength = 3.0")


@pytest.mark.parametrize("text", ['allowed_hosts = ["*"]', '[chat]\nlanguages = ["it"]'])
def test_a_list_whose_one_value_is_wrong_is_not_called_too_short(file: Path, text: str) -> None:
    assert "at least 1 item" not in message(file, text)


def test_everything_wrong_is_told_at_once(file: Path) -> None:
    told = message(file, "prot = 1\n[learning]\nmemory = 0\nreplay = 11")
    assert [part in told for part in ("'prot'", "learning.memory = 0", "learning.replay = 11")] == [True] * 3


def test_the_environment_overrides_the_file(file: Path) -> None:
    settings = loaded(
        file,
        "port = 8000\nhost = 'a'\n[learning]\nmemory = 5\nreplay = 2",
        ASSISTANT_PORT="8001",
        ASSISTANT_LEARNING__MEMORY="10",
        OTHER_PORT="9",
    )
    assert (settings.port, settings.host, settings.learning.memory, settings.learning.replay) == (8001, "a", 10, 2.0)


@pytest.mark.parametrize(
    ("name", "value", "path", "read"),
    [
        ("ENCODER", "my/model", "encoder", "my/model"),  # not TOML: plain text
        ("ENCODER", '"my/model"', "encoder", "my/model"),
        ("HOST", "127.0.0.1", "host", "127.0.0.1"),
        ("DATA", "/srv/shop", "data", Path("/srv/shop")),
        ("ALLOWED_HOSTS", '["Shop.example"]', "allowed_hosts", ("shop.example",)),
        ("CHAT__SITES", '["https://Shop.example:8443"]', "chat.sites", ("https://shop.example:8443",)),
        ("RETRAIN__HOLD", "true", "retrain.hold", True),
        ("RETRAIN__LADDER", "[{strength = 2.0}]", "retrain.ladder", (Rung(strength=2.0),)),
        ("LEARNING__REGULARIZER__NAME", "none", "learning.regularizer", Spec(name="none")),
        ("LEARNING__REGULARIZER", '{name = "none"}', "learning.regularizer", Spec(name="none")),
        ("LEARNING", "{memory = 7}", "learning.memory", 7),
    ],
)
def test_a_variable_holds_toml_or_plain_text(file: Path, name: str, value: str, path: str, read: object) -> None:
    found: object = loaded(file, "", **{f"ASSISTANT_{name}": value})
    for part in path.split("."):
        found = getattr(found, part)
    assert found == read


def test_a_variable_adds_an_option_to_the_strategy_of_the_file(file: Path) -> None:
    settings = loaded(
        file, '[learning]\nregularizer = {name = "ewc"}', ASSISTANT_LEARNING__REGULARIZER__STRENGTH="50.0"
    )
    assert settings.learning.regularizer.options == {"strength": 50.0}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ASSISTANT_PROT", "1", "unknown setting 'prot' (did you mean 'port'?)"),
        ("ASSISTANT_LEARNING__MEMMORY", "1", "unknown setting 'learning.memmory' (did you mean 'memory'?)"),
        ("ASSISTANT_LEARNIN__MEMORY", "1", "unknown setting 'learnin' (did you mean 'learning'?)"),
        ("ASSISTANT_HOME", "x", "unknown setting 'home'"),
        ("ASSISTANT_", "x", "unknown setting ''"),
        ("ASSISTANT_PORT", "70000", "setting port = 70000: "),
        ("ASSISTANT_PORT", "many", "setting port = 'many': "),
        ("ASSISTANT_PORT", "9" * 5000, "setting port = '999"),
        ("ASSISTANT_PORT__FIRST", "1", "setting port = {'first': 1}: "),
        ("ASSISTANT_LEARNING", "3", "setting learning = 3: write a table"),
        ("ASSISTANT_LEARNING__REGULARIZER", "ewc", "setting learning.regularizer = 'ewc': write a table"),
        ("ASSISTANT_RETRAIN__LADDER", "[{strenght = 1.0}]", "unknown setting 'retrain.ladder.0.strenght'"),
    ],
)
def test_what_is_wrong_in_the_environment_names_the_variable(file: Path, name: str, value: str, says: str) -> None:
    assert f"environment variable {name}: {says}" in message(file, "host = 'a'", **{name: value})


def test_what_is_wrong_in_the_file_blames_no_variable(file: Path) -> None:
    assert "ASSISTANT_" not in message(file, "port = 0", ASSISTANT_HOST="a", ASSISTANT_LEARNING__MEMORY="3")


@pytest.mark.parametrize("text", ["learning = 3", ""])
def test_a_value_inside_what_is_no_section_is_refused(file: Path, text: str) -> None:
    above = {} if text else {"ASSISTANT_LEARNING": "3"}
    told = message(file, text, **above, ASSISTANT_LEARNING__MEMORY="4")
    assert told == "environment variable ASSISTANT_LEARNING__MEMORY: 'learning' is not a section"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"port = = 1", r"is not valid TOML: .*line 1"),
        (b"port = 1\nport = 2", r"is not valid TOML: "),
        (b"host = '\xff'", r"is not UTF-8 .*utf-8.*save it as UTF-8"),
        ("port = 1".encode("utf-16"), r"is not UTF-8 .*utf-8.*save it as UTF-8"),
        (b"port = " + b"[" * 5000, r"is not valid TOML: .*recursion"),
        (b"port = " + b"9" * 5000, r"is not valid TOML: .*digits"),
    ],
)
def test_a_file_that_is_no_toml_is_named(file: Path, content: bytes, says: str) -> None:
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=rf"settings file {file} {says}"):
        load_settings(file, {})


@pytest.mark.parametrize("setting", ["data", "corpus"])
def test_an_empty_folder_is_not_taken_for_the_one_where_the_command_runs(file: Path, setting: str) -> None:
    assert "name a folder" in message(file, f"{setting} = ''")
    told = message(file, "", **{f"ASSISTANT_{setting.upper()}": ""})
    assert told.startswith(f"environment variable ASSISTANT_{setting.upper()}: setting {setting} = ''")
    assert loaded(file, f"{setting} = '.'") == Settings(**{setting: Path()})


def test_a_named_file_must_be_there_and_be_a_file(file: Path) -> None:
    with pytest.raises(SettingsError, match=f"settings file {file}: No such file"):
        load_settings(file, {})
    with pytest.raises(SettingsError, match=f"settings file {file.parent}: it is a folder"):
        load_settings(file.parent, {})


def test_values_cannot_be_set_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().learning.memory = 3  # type: ignore[misc]


def test_replaced_values_are_checked_as_loaded_ones_are() -> None:
    settings = changed(Settings(port=8000), {"learning": {"memory": 3}})
    assert (settings.port, settings.learning.memory, settings.learning.replay) == (8000, 3, 1.0)
    with pytest.raises(SettingsError, match=r"setting learning.memory = 0: "):
        changed(settings, {"learning": {"memory": 0}})
    with pytest.raises(SettingsError, match="did you mean 'memory'"):
        changed(settings, {"learning": {"memmory": 1}})


@pytest.mark.parametrize(
    ("gate", "says"),
    [
        ({"name": "old_acuracy"}, r"'old_acuracy' \(did you mean 'old_accuracy'\?\)"),
        ({"name": "old_accuracy", "max_dorp": 0.1}, r"no option 'max_dorp' \(did you mean 'max_drop'\?\)"),
        ({"name": "old_accuracy", "max_drop": 2}, r"option max_drop = 2: "),
        ({"name": "new_intents", "min_rows": 0}, r"option min_rows = 0: "),
    ],
)
def test_a_gate_that_does_not_exist_is_refused_where_the_judge_is_built(gate: dict[str, object], says: str) -> None:
    settings = Settings(retrain=Retrain(gates=(Spec.model_validate(gate),)))
    with pytest.raises(UnknownStrategyError, match=says):
        Assistant(settings).judge()


def test_every_default_strategy_exists() -> None:
    parts = Assistant(Settings())
    assert [gate.name for gate in parts.judge().gates] == [
        "old_accuracy", "each_old_intent", "negative_flips", "new_intents",
    ]  # fmt: skip
    assert [plan.regularizer.name for plan in parts.ladder()] == ["ewc_exact"] * 4


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ('regularizer = {name = "ewv"}', "did you mean 'ewc'"),
        ('regularizer = {name = "ewc", strenght = 1.0}', "did you mean 'strength'"),
        ('selector = {name = "herdin"}', "did you mean 'herding'"),
        ('scope = {name = "heads"}', "did you mean 'head'"),
        ('selector = {name = "random", seed = -1}', "option seed = -1: "),
        *((f'regularizer = {{name = "{name}", strength = inf}}', "option strength = inf: ") for name in STRONG),
        *((f'regularizer = {{name = "{name}", strength = 1e308}}', "option strength = 1e[+]308: ") for name in STRONG),
        ('regularizer = {name = "lwf", temperature = inf}', "option temperature = inf: "),
        ('regularizer = {name = "ewc_exact", shrinkage = inf}', "option shrinkage = inf: "),
        ('regularizer = {name = "ewc_exact", scale = inf}', "option scale = inf: "),
    ],
)
def test_a_strategy_that_does_not_exist_is_refused_where_the_plan_is_built(file: Path, section: str, says: str) -> None:
    with pytest.raises(UnknownStrategyError, match=says):
        Assistant(loaded(file, f"[learning]\n{section}")).plan()


def test_the_regulariser_of_an_option_loses_the_options_of_the_one_it_replaces() -> None:
    options = Spec.model_validate({"name": "ewc", "strength": 5.0})
    parts = Assistant(changed(Settings(), {"learning": {"regularizer": options.model_dump()}}))
    assert parts.with_learning(regularizer="none", replay=None).plan().regularizer == Spec(name="none")
    assert parts.with_learning(regularizer=None, replay=0.5).plan().regularizer == options
    with pytest.raises(SettingsError, match=r"learning.replay = 11"):
        parts.with_learning(replay=11)


def test_what_the_file_says_of_learning_is_the_plan_of_the_night(file: Path) -> None:
    text = '[learning]\nregularizer = {name = "si"}\nscope = {name = "head"}\nschedule = "rising"\nmemory = 7'
    plan = Assistant(loaded(file, text)).plan()
    assert (plan.regularizer.name, plan.scope.name, plan.schedule, plan.memory) == ("si", "head", "rising", 7)
    with pytest.raises(UnknownStrategyError, match=r"schedule 'rising' needs many small steps"):
        Assistant(loaded(file, '[learning]\nschedule = "rising"')).plan()


def test_a_ladder_tries_each_plan_once() -> None:
    rungs = (Rung(), Rung(strength=2), Rung(strength=2, replay=3), Rung())
    ladder = Assistant(Settings(retrain=Retrain(ladder=rungs))).ladder()
    assert [plan.replay for plan in ladder] == [1.0, 1.0, 3.0]
    strengths = [plan.regularizer.options.get("strength") for plan in ladder]
    assert strengths[1] == strengths[2] == 2 * (strengths[0] or 0) > 0
    assert len(Assistant(Settings(retrain=Retrain(ladder=()))).ladder()) == 1


def test_costs_out_of_order_are_told_with_what_they_would_do(file: Path) -> None:
    told = message(file, "[decision]\nneedless_question = 3.0")
    assert "setting decision = " in told
    assert "a question must cost less than a needless hand-over" in told
    assert "decision.wrong_answer = 0.0" in message(file, "[decision]\nwrong_answer = 0.0")


def test_the_costs_of_the_settings_are_those_of_the_policy(file: Path) -> None:
    assert Assistant(Settings()).costs() == Costs()
    assert Assistant(loaded(file, "[decision]\nwrong_answer = 9.0")).costs() == Costs(wrong_answer=9.0)


def test_a_byte_order_mark_is_skipped(file: Path) -> None:
    assert loaded(file, "\ufeffport = 8000").port == 8000


def test_a_link_that_leads_nowhere_is_not_taken_for_no_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The defaults would begin another shop beside the one that was meant."""
    (tmp_path / "assistant.toml").symlink_to(tmp_path / "gone.toml")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"settings file assistant\.toml: No such file"):
        load_settings(None, {})


def test_a_folder_in_the_place_of_the_settings_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "assistant.toml").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"settings file assistant\.toml: it is a folder"):
        load_settings(None, {})
