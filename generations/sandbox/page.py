"""The sandbox's one page: what was asked of it and what it billed. Plain HTML, nothing loaded, light and dark."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape

from generations.sandbox.faults import ALWAYS, FAULTS
from generations.sandbox.tasks import Task

SHOWN = 200
PROMPT_SHOWN_CHARS = 90

STYLE = """
:root { color-scheme: light dark; --line: light-dark(#d2d2ce, #3a3a3e); --soft: light-dark(#5a5a5e, #a8a8ae);
  --ok: light-dark(#17693c, #6fd39b); --bad: light-dark(#b3261e, #ff9188); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem;
  background: light-dark(#f5f5f4, #101011); color: light-dark(#18181a, #ececee); }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p { max-width: 60rem; margin: .25rem 0; } .soft { color: var(--soft); }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .85rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; white-space: nowrap; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
code { font: .8rem ui-monospace, monospace; overflow-wrap: anywhere; } a { color: inherit; }
.done { color: var(--ok); } .failed, .canceled { color: var(--bad); }
"""


def page(newest: list[Task], count: int, totals: dict[str, dict[str, str]], armed: list[str]) -> str:
    """The page for the newest of all tasks, newest first, with the sums and the troubles that can be asked for."""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox · Kling Site</title><style>{STYLE}</style></head><body>
<h1>Sandbox</h1>
<p>This plays the providers for Kling Site. Nothing here costs money, and no film here was made by Kling.</p>
<p class="soft">{count} tasks{f", the newest {SHOWN} shown" if count > SHOWN else ""}.
<a href="/">Reload</a> · <a href="/_bill.json">the bill as JSON</a> · <a href="/_state.json">counts as JSON</a></p>
<h2>Billed</h2>{_totals(totals)}
<h2>Tasks</h2>{_tasks(newest)}
<h2>Troubles</h2>
<p>Ask for one in the prompt, in square brackets: <code>a boat at dawn [stuck]</code>; by the request header
<code>X-Sandbox-Fault</code>; or for the next <i>n</i> requests, whoever sends them:
<code>POST /_control {{"fault": "500", "provider": "fal", "count": 1}}</code>.</p>
<p>The same address loses a share of the replies, sets balances, latency and clocks; it answers a wrong order with
the list of right ones.</p>
{_armed(armed)}{_faults()}
</body></html>"""


def _totals(totals: dict[str, dict[str, str]]) -> str:
    if not totals:
        return "<p>Nothing yet.</p>"
    rows = (
        (escape(provider), escape(", ".join(f"{value} {unit}" for unit, value in row.items())))
        for provider, row in totals.items()
    )
    return _table(("Provider", "Amount, and list price where one is known"), rows)


def _tasks(tasks: Iterable[Task]) -> str:
    heads = ("#", "Provider", "Work", "Prompt", "State", "Submitted (UTC)", "Took", "Billed", "Task id", "Result")
    rows = [_task(task) for task in tasks]
    return _table(heads, rows) if rows else "<p>No task yet. Make a take in the studio.</p>"


def _task(task: Task) -> tuple[str, ...]:
    prompt = task.prompt[:PROMPT_SHOWN_CHARS] + ("…" if len(task.prompt) > PROMPT_SHOWN_CHARS else "")
    took = f"{task.done_at - task.submitted_at:.1f} s" if task.done_at else ""
    reason = f" ({escape(task.failure.kind)})" if task.failure and task.is_over else ""
    return (
        str(task.seq),
        task.provider,
        f"{escape(task.capability)}: {escape(task.model)} {escape(task.tier)}, {task.seconds:g} s",
        escape(prompt),
        f'<span class="{task.state}">{task.state}</span>{reason}',
        datetime.fromtimestamp(task.submitted_at, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        took,
        f"{task.billed} {task.unit}" if task.unit and task.is_over else "",
        f"<code>{escape(task.id)}</code>",
        f'<a href="{escape(task.output_url)}">file</a>' if task.state == "done" and task.outputs else "",
    )


def _armed(armed: list[str]) -> str:
    return f"<p>Waiting: {escape(', '.join(armed))}.</p>" if armed else ""


def _faults() -> str:
    rows = (
        (
            f"<code>[{escape(name)}]</code>",
            escape(fault.at),
            escape(fault.does),
            "" if fault.times == ALWAYS else "once",
        )
        for name, fault in FAULTS.items()
    )
    return _table(("Name", "Concerns", "What happens", "How often per task"), rows)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
