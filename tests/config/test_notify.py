"""`[[notify]]`: what is refused is said in a sentence that never quotes the secret."""

from pathlib import Path

import pytest

from workbench.config import load_config
from workbench.errors import ConfigError

SECRET = "mailtos://ann:hunter2@example.com"
CHANNEL = '[[notify]]\nname = "ann"\nto = "env:MAIL"\n'
SCHEDULE = '[[schedule]]\nnotebook = "quick"\ncron = "0 6 * * *"\n'


def loaded(folder: Path, text: str):
    (folder / "workbench.toml").write_text(f'[workspace]\nname = "Tiny"\n{text}', encoding="utf-8")
    return load_config(folder / "workbench.toml")


def test_one_reference_or_several_and_what_is_told_without_being_asked(tmp_path: Path):
    several = '[[notify]]\nname = "all"\nto = ["env:MAIL", "file:hook.txt", "env:MAIL"]\non = ["success"]\n'
    ann, everybody = loaded(tmp_path, CHANNEL + several).notify
    assert ann.to == ("env:MAIL",)
    assert ann.on == ("failure", "failed_check", "drift", "trigger")
    assert everybody.to == ("env:MAIL", "file:hook.txt")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f'[[notify]]\nname = "ann"\nto = "{SECRET}"', "write env:NAME, file:PATH or keyring:SERVICE/USER"),
        (f'[[notify]]\nname = "ann"\nto = ["env:MAIL", "{SECRET}"]', "which is a secret and not shown here"),
        (f'[[notify]]\nname = "ann"\nto = ["{SECRET}", 5]', "which is a secret and not shown here"),
        ('[[notify]]\nname = "ann"\nto = []', "notify.0.to"),
        ('[[notify]]\nname = "ann"', "key notify.0.to is missing; add it"),
        (f'[[notify]]\nname = "ann"\nto = "env:MAIL"\nurl = "{SECRET}"', "unknown key notify.0.url"),
        (CHANNEL + 'on = ["failures"]', "choose 'failure', 'failed_check', 'drift', 'trigger' or 'success'"),
        (CHANNEL + "at_most = 0", "notify.0.at_most is 0"),
        (CHANNEL * 2, "'ann' is there twice; give each a name of its own"),
        (CHANNEL + SCHEDULE + 'notify = ["bob"]', "'bob', which is no [[notify]]; known are ann"),
        (SCHEDULE + 'notify = ["bob"]', "'bob', which is no [[notify]]; known are none"),
    ],
)
def test_what_can_not_be_meant_is_refused(tmp_path: Path, text: str, sentence: str):
    with pytest.raises(ConfigError) as told:
        loaded(tmp_path, text)
    assert sentence in str(told.value)
    assert "hunter2" not in str(told.value)
