"""Runs counted by notebook and status: the database itself counts each row that comes, changes and goes, so that asking reads a few rows."""

from __future__ import annotations

from sqlalchemy import Connection

_LESS = """UPDATE run_totals SET runs = runs - 1, seconds = seconds - OLD.seconds
    WHERE notebook = OLD.notebook AND status = OLD.status;"""
_MORE = """INSERT INTO run_totals VALUES (NEW.notebook, NEW.status, 1, NEW.seconds, NEW.finished_at)
    ON CONFLICT (notebook, status) DO UPDATE SET runs = run_totals.runs + 1, seconds = run_totals.seconds + excluded.seconds,
    last = nullif({greatest}(coalesce(run_totals.last, ''), coalesce(excluded.last, '')), '');"""
_CHANGED = "UPDATE OF notebook, status, seconds, finished_at"
_TRIGGERS = {
    "sqlite": [
        f"CREATE TRIGGER run_added AFTER INSERT ON runs BEGIN {_MORE.format(greatest='max')} END",
        f"CREATE TRIGGER run_changed AFTER {_CHANGED} ON runs BEGIN {_LESS} {_MORE.format(greatest='max')} END",
        f"CREATE TRIGGER run_removed AFTER DELETE ON runs BEGIN {_LESS} END",
    ],
    "postgresql": [
        f"""CREATE FUNCTION count_run() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP <> 'INSERT' THEN {_LESS} END IF;
            IF TG_OP <> 'DELETE' THEN {_MORE.format(greatest="greatest")} END IF;
            RETURN NULL; END $$""",
        f"CREATE TRIGGER run_counted AFTER INSERT OR DELETE OR {_CHANGED} ON runs FOR EACH ROW EXECUTE FUNCTION count_run()",
    ],
}
_COUNTED = """INSERT INTO run_totals
    SELECT notebook, status, count(*), sum(seconds), max(finished_at) FROM runs GROUP BY notebook, status"""


def count_all(connection: Connection) -> None:
    """Count all runs that there are."""
    connection.exec_driver_sql("DELETE FROM run_totals")
    connection.exec_driver_sql(_COUNTED)


def count_from_now_on(connection: Connection) -> None:
    """Let the database count every row that is written from here on, by whomever."""
    for statement in _TRIGGERS[connection.dialect.name]:
        connection.exec_driver_sql(statement)
