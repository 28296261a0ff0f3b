"""The supervisor's configuration, as supervisor itself reads it."""

import configparser

import pytest

from kling_site.local import supervise
from kling_site.local.watch import Watch


def read(var_dir, environment=None):
    programs = [*supervise.server_programs(environment or {}), *supervise.site_programs("127.0.0.1:8000", 8100)]
    parser = configparser.RawConfigParser()
    parser.read_string(supervise.configuration(var_dir, programs))
    return parser


def test_every_program_is_there_and_starts_in_two_waves(tmp_path):
    config = read(tmp_path)

    assert config["group:servers"]["programs"] == "postgres,redis"
    assert config["group:site"]["programs"] == (
        "web,worker-submit,worker-follow,worker-ingest,worker-ingest_mail,worker-tick,cron,sandbox"
    )
    first = [name for name in config.sections() if config[name].get("autostart") == "true"]
    assert first == ["program:postgres", "program:redis"]
    assert config["program:worker-ingest_mail"]["command"].endswith("work mail ingest proof")


@pytest.mark.parametrize(
    ("variable", "left"), [("DATABASE_URL", ["program:redis"]), ("REDIS_URL", ["program:postgres"])]
)
def test_a_url_of_your_own_replaces_the_embedded_server(tmp_path, variable, left):
    config = read(tmp_path, {variable: "somewhere://secret@else"})

    assert [name for name in ("program:postgres", "program:redis") if name in config] == left
    assert "secret" not in supervise.configuration(tmp_path, supervise.site_programs("x:1", 2))


def test_a_percent_sign_in_the_folder_is_only_a_percent_sign(tmp_path):
    config = read(tmp_path / "50% done")

    assert config["supervisord"]["logfile"] == f"{tmp_path}/50%% done/log/supervisor.log"
    assert config["program:web"]["stdout_logfile"] == f"{tmp_path}/50%% done/log/%(program_name)s.log"


def test_every_log_has_a_limit_and_every_program_ends_with_its_children(tmp_path):
    config = read(tmp_path)

    for name in (section for section in config.sections() if section.startswith("program:")):
        assert config[name]["stdout_logfile_maxbytes"] == "5MB"
        assert config[name]["killasgroup"] == ("false" if name == "program:postgres" else "true")
    assert config["program:postgres"]["stopsignal"] == "INT"


class Told:
    def __init__(self, *looks):
        self.looks = list(looks)

    def programs(self):
        return [dict(zip(("name", "statename", "pid"), facts, strict=True)) for facts in self.looks.pop(0)]


def test_each_change_is_told_once(tmp_path):
    said = []
    told = Told(
        [("web", "RUNNING", 10)],
        [("web", "RUNNING", 10)],
        [("web", "RUNNING", 11)],
        [("web", "BACKOFF", 0)],
        [("web", "BACKOFF", 0)],
        [("web", "RUNNING", 12)],
        [("web", "RUNNING", 12)],
    )
    watch = Watch(told, tmp_path, said.append)

    while told.looks:
        watch.look()

    assert [line.split(";")[0].split(".")[0] for line in said] == [
        "web ended and was started again",
        "web does not stay up",
        "web runs",
    ]
