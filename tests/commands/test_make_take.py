"""`make_take`: the main job from a shell, and its sentences for what cannot be made."""

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, ManagementUtility, call_command
from django.db import connection
from django.utils import timezone

from generations import lifecycle, media
from generations.choices import Role
from generations.models import Generation, Movement, Status
from tests.make import make_member, make_team
from tests.media_files import make_image
from tests.road import Road, differences
from tests.studio import fast, quick_sandbox, scratch, studio  # noqa: F401

PHOTO = Path(__file__).resolve().parents[1] / "photos" / "chelsea.png"


class Said(io.StringIO):
    """What a command prints, as on a terminal."""

    def isatty(self):
        return False


@pytest.fixture
def workers(studio):  # noqa: F811
    """Somebody who does what the workers do, until the test is over."""
    over = threading.Event()

    def work():
        try:
            while not over.is_set():
                studio.round()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield studio
    over.set()
    thread.join()


def run(team, *arguments, exit_code=0):
    """Run it as `manage.py` does; what it printed, and what it said on the side."""
    out, err = Said(), Said()
    try:
        call_command("make_take", *arguments, team=team.slug, stdout=out, stderr=err)
        code = 0
    except CommandError as error:
        code, sentence = error.returncode, str(error)
        err.write(sentence)
    assert code == exit_code, err.getvalue()
    return out.getvalue(), err.getvalue()


def test_a_photograph_ends_as_a_stored_take_with_all_its_facts(workers):
    out, _err = run(workers.team, "--image", str(PHOTO), "--prompt", "The cat looks up", "--wait", "--json")

    facts = json.loads(out)
    take = Generation.objects.get()
    asset = take.assets.get()
    assert facts == {
        "take": take.name,
        "status": "done",
        "model": "kling-v2-master",
        "tier": "master",
        "reason": "",
        "asset": str(media.store.local_path(asset.blob.storage_key)),
        "sha256": asset.blob.sha256,
        "duration_seconds": "5.000",
        "credits_held": f"{take.hold_credits.normalize():f}",
        "credits_captured": f"{take.charged_credits.normalize():f}",
        "credits_returned": "0",
        "provider": take.account.label,
        "task_id": take.provider_task_id,
        "request_id": take.attempts.get().request_id,
    }
    assert facts["request_id"]
    assert take.inputs.get().role == "first_frame"
    assert len(workers.bill(take)) == 1


def test_the_price_is_said_before_the_progress_on_one_line_and_the_facts_below(workers):
    out, err = run(workers.team, "--prompt", "A ferry", "--wait")

    take = Generation.objects.get()
    price, progress = err.split("\n", 1)
    assert price == f"Text to video: Kling 2.0 Master, Hero, 5 s on {take.account.label}: 140 credits."
    assert progress.startswith(f"\r{take.name}  In line")
    assert progress.count("\n") == 1
    assert out.splitlines()[0] == f"{'take':<18} {take.name}"
    assert f"{'status':<18} done" in out


def test_a_take_that_fails_ends_with_its_reason_and_exit_code_one(workers):
    out, err = run(workers.team, "--prompt", "A ferry [fail]", "--wait", "--json", exit_code=1)

    facts = json.loads(out)
    assert (facts["status"], facts["credits_captured"]) == ("failed", "0")
    assert facts["credits_returned"] == facts["credits_held"]
    assert facts["reason"] in err


def test_exit_codes_are_those_of_the_process(workers):
    def code(*arguments):
        with pytest.raises(SystemExit) as ended:
            ManagementUtility(["manage.py", "make_take", "--team", workers.team.slug, *arguments]).execute()
        return ended.value.code

    assert code("--prompt", "A ferry [fail]", "--wait", "--json") == 1
    assert code("--prompt", "A ferry", "--duration", "7") == 1


@pytest.fixture
def desk(db):
    yield Road()
    assert differences() == []


def test_without_wait_the_take_is_in_line(desk):
    out, _err = run(desk.team, "--prompt", "A ferry", "--json")

    facts = json.loads(out)
    assert (facts["status"], facts["credits_captured"], facts["asset"]) == ("queued", "", "")
    assert desk.held == Generation.objects.get().hold_credits


def test_waiting_ends_after_the_time_given(desk):
    out, err = run(desk.team, "--prompt", "A ferry", "--wait", "--timeout", "0", exit_code=1)

    assert "queued" in out
    assert "In line" in err


def test_the_same_key_is_the_same_take(desk):
    for _ in range(2):
        run(desk.team, "--prompt", "A ferry", "--key", "once")

    assert Generation.objects.count() == 1


def test_it_is_made_for_whom_it_is_said(desk):
    ben = make_member(desk.team, Role.CREATOR)

    run(desk.team, "--prompt", "A ferry", "--as", ben.user.email)

    assert Generation.objects.get().created_by == ben.user


def test_an_account_can_be_chosen_by_its_label(desk):
    run(desk.team, "--prompt", "A ferry", "--account", desk.account.label, "--project", desk.project.name)

    take = Generation.objects.get()
    assert (take.account, take.project) == (desk.account, desk.project)


def test_it_is_made_for_the_shot_that_is_named(desk):
    shot = lifecycle.add_shot(
        member=desk.member, project=desk.project, code="SH040", description="", now=timezone.now()
    )

    run(desk.team, "--prompt", "A ferry", "--shot", "sh040")

    assert Generation.objects.get().shot == shot
    out, err = run(desk.team, "--prompt", "A ferry", "--shot", "SH999", exit_code=1)
    assert "has no such shot. Its shots: SH040." in out + err
    assert Generation.objects.count() == 1


WITH_TEXT = ["--prompt", "A ferry"]


def _unreadable(folder):
    return str(folder / "nowhere.jpg")


def _a_folder(folder):
    return str(folder)


def _not_an_image(folder):
    path = folder / "notes.jpg"
    path.write_text("no picture at all")
    return str(path)


def _too_small(folder):
    return str(make_image(folder / "small.jpg", (299, 400)))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_unreadable, "cannot be read"),
        (_a_folder, "cannot be read"),
        (_not_an_image, "image"),
        (_too_small, "300"),
    ],
)
def test_a_picture_that_cannot_be_used_is_refused_with_a_sentence(desk, tmp_path, make, words):
    _out, err = run(desk.team, *WITH_TEXT, "--image", make(tmp_path), exit_code=1)

    assert words in err
    assert err.endswith(".")
    assert _nothing_was_made()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--prompt", "x" * 2501], "2500 characters here; these are 2501. Shorten the text."),
        ([*WITH_TEXT, "--guidance", "1.5"], "--guidance is a number from 0 to 1"),
        ([*WITH_TEXT, "--guidance", "much"], "much was given."),
        ([*WITH_TEXT, "--duration", "7"], "7"),
        ([*WITH_TEXT, "--duration", "0"], "0 was given."),
        ([*WITH_TEXT, "--ratio", "wide"], "16:9"),
        ([*WITH_TEXT, "--model", "kling-v9"], "There is no model kling-v9."),
        ([*WITH_TEXT, "--project", "Nowhere"], "Its projects:"),
        ([*WITH_TEXT, "--account", "Nobody"], "no active provider account called Nobody"),
        ([*WITH_TEXT, "--as", "nobody@example.com"], "no such member"),
        ([], "prompt"),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_sentence(desk, arguments, words):
    _out, err = run(desk.team, *arguments, exit_code=1)

    assert words in err
    assert err.strip().endswith(".")
    assert _nothing_was_made()


def test_an_unknown_team_is_named(desk):
    with pytest.raises(CommandError, match="nowhere"):
        call_command("make_take", *WITH_TEXT, team="nowhere")


def test_a_team_without_credits_is_told_what_is_left(desk):
    poor = make_team()
    make_member(poor)
    poor.projects.create(name="First")
    desk.account.teams.add(poor)

    _out, err = run(poor, *WITH_TEXT, exit_code=1)

    assert "0 left" in err
    assert _nothing_was_made()


def test_a_viewer_is_told_whom_to_ask(desk):
    tom = make_member(desk.team, Role.VIEWER)

    _out, err = run(desk.team, *WITH_TEXT, "--as", tom.user.email, exit_code=1)

    assert "Ask" in err
    assert _nothing_was_made()


def test_a_team_without_an_account_is_told_so(desk):
    desk.account.teams.clear()

    _out, err = run(desk.team, *WITH_TEXT, exit_code=1)

    assert err == f"{desk.team} has no provider account."


def _nothing_was_made():
    return not Generation.objects.exists() and not Movement.objects.filter(kind="hold").exists()


def test_the_take_takes_the_same_road_as_every_other(desk):
    run(desk.team, *WITH_TEXT)

    take = Generation.objects.get()
    assert (take.status, take.tier, take.model) == (Status.QUEUED, "master", "kling-v2-master")
    assert take.recipe.aspect_ratio == "16:9"


def test_without_a_database_it_says_how_to_start_the_site():
    done = subprocess.run(
        [sys.executable, "manage.py", "make_take", "--prompt", "A ferry"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": "postgres://postgres@/nothing?host=%2Fnowhere"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stderr.strip() == "CommandError: The database does not answer. Start the site with ./scripts/run first."


def recipe_file(folder, text):
    path = folder / "recipe.json"
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return str(path)


def test_a_recipe_file_in_the_words_of_a_guide_makes_its_take_and_says_how_it_was_read(desk, tmp_path):
    words = {
        "model": "kling-v2.1-master-text",
        "prompt": "A serene lake at sunset",
        "generation_type": "video",
        "parameters": {"duration": "10", "aspect_ratio": "9:16", "cfg_scale": 0.5},
    }
    _out, err = run(desk.team, "--recipe", recipe_file(tmp_path, words), "--json")

    assert "“kling-v2.1-master-text” is kling-v2-1-master here, text_to_video, master." in err
    recipe = Generation.objects.get().recipe
    assert (recipe.model, recipe.duration_seconds, recipe.aspect_ratio) == ("kling-v2-1-master", 10, "9:16")


def test_an_option_goes_before_the_recipe_file(desk, tmp_path):
    words = {"model": "kling-v2-master", "prompt": "A lake", "duration": 10}
    run(desk.team, "--recipe", recipe_file(tmp_path, words), "--duration", "5", "--set", "negative_prompt=blur")

    recipe = Generation.objects.get().recipe
    assert (recipe.duration_seconds, recipe.negative_prompt) == (5, "blur")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--file", "somewhere.png"], "--file takes ROLE=PATH with one of first_frame"),
        (["--file", "hero=somewhere.png"], "hero=somewhere.png was given."),
        (["--file", "first_frame=/nowhere.png"], "/nowhere.png cannot be read"),
        (["--set", "scene"], "--set takes NAME=VALUE; scene was given."),
        (["--set", "surprise=1"], "Extra inputs are not permitted"),
        (["--recipe", "/nowhere.json"], "/nowhere.json cannot be read as a recipe"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(desk, arguments, words):
    _out, err = run(desk.team, *arguments, exit_code=1)

    assert words in err
    assert _nothing_was_made()


@pytest.mark.parametrize("text", ["[1]", "{", '"x"', "\x00"])
def test_a_file_that_is_no_recipe_is_refused(desk, tmp_path, text):
    _out, err = run(desk.team, "--recipe", recipe_file(tmp_path, text), exit_code=1)

    assert "is not" in err
    assert _nothing_was_made()


def test_a_take_can_be_wanted_by_a_time(desk):
    run(desk.team, *WITH_TEXT, "--by", "2999-11-21T18:00")

    wanted = Generation.objects.get().deadline_at
    assert wanted.year == 2999
    assert wanted.utcoffset() is not None


@pytest.mark.parametrize(
    ("by", "words"),
    [("tomorrow", "tomorrow was given"), ("2026-02-31T10:00", "was given"), ("2001-01-01T10:00", "wanted is over")],
)
def test_a_time_that_is_none_or_is_over_is_refused(desk, by, words):
    _out, err = run(desk.team, *WITH_TEXT, "--by", by, exit_code=1)

    assert words in err
    assert _nothing_was_made()
