"""What a benchmark prints and leaves behind."""

import json

from benchmarks.report import Figure, Wanted, publish
from kling_site.local import bench

FIGURES = [Figure("accepted, 1 thread", 412.345, "generations/s"), Figure("rows", 12000, "rows")]
MISSED = Wanted("accepted against hordak", "at least 740/s", "412/s", False)


def test_the_file_holds_figures_with_units_and_every_target(tmp_path, monkeypatch):
    monkeypatch.setenv("KLING_SITE_BENCH_DIR", str(tmp_path / "bench"))

    path = publish("submit", FIGURES, [MISSED])

    assert path == tmp_path / "bench" / "submit.json"
    content = json.loads(path.read_text())
    assert content["figures"][0] == {"name": "accepted, 1 thread", "value": 412.345, "unit": "generations/s"}
    assert content["wanted"] == [
        {"name": "accepted against hordak", "target": "at least 740/s", "value": "412/s", "met": False}
    ]


def test_the_table_lines_up_and_says_what_was_missed(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KLING_SITE_BENCH_DIR", str(tmp_path))

    publish("submit", FIGURES, [MISSED])

    assert capsys.readouterr().out.splitlines() == [
        "submit",
        "",
        "accepted, 1 thread   412.3  generations/s",
        "rows                12,000  rows",
        "",
        "accepted against hordak  wanted at least 740/s  got 412/s  missed",
    ]


def test_an_unknown_name_lists_the_known_ones(monkeypatch, capsys):
    monkeypatch.setattr(bench, "names", lambda: ["follow", "submit"])

    assert bench.main(["nothing"]) == 2
    assert "one of: follow, submit" in capsys.readouterr().err
