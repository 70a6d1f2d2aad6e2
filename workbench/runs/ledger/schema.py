"""The tables of runs as this version of the package reads and writes them; `migrations` brings a database there."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Integer, MetaData, PrimaryKeyConstraint, String, Table, Text

METADATA = MetaData()
RUNS = Table(
    "runs",
    METADATA,
    Column("run_id", String, primary_key=True),
    Column("notebook", String, nullable=False),
    Column("trigger", String, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("workspace", String, nullable=False),
    Column("started_at", String, nullable=False),
    Column("finished_at", String),
    Column("seconds", Float, nullable=False),
    Column("host", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("pid_created", Float, nullable=False),
    Column("heartbeat", String, nullable=False),
    Column("commit", String, nullable=False),
    Column("notebook_sha256", String, nullable=False),
    Column("lock_sha256", String, nullable=False),
    Column("summary", JSON, nullable=False),
    Column("path", String),
    Column("code_sha256", String, nullable=False),
    Column("config_sha256", String, nullable=False),
    Column("data_sha256", String, nullable=False),
    Column("notebook_path", String, nullable=False),
    Column("package", String, nullable=False),
    Column("python", String, nullable=False),
    Column("analysis", String, nullable=False),
    Column("batch", String, nullable=False),
    Column("artefacts", JSON, nullable=False),
    Column("cancelled_by", String, nullable=False),
)
PARENTS = Table(
    "parents",
    METADATA,
    Column("child", String, nullable=False),
    Column("parent", String, nullable=False),
    PrimaryKeyConstraint("child", "parent"),
)
ASSIGNED = Table(
    "assigned",
    METADATA,
    Column("name", String, nullable=False),
    Column("value", String, nullable=False),
    Column("started_at", String, nullable=False),
    Column("run_id", String, nullable=False),
    PrimaryKeyConstraint("name", "value", "started_at", "run_id"),
)
TOTALS = Table(
    "run_totals",
    METADATA,
    Column("notebook", String, nullable=False),
    Column("status", String, nullable=False),
    Column("runs", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("last", String),
    PrimaryKeyConstraint("notebook", "status"),
)
