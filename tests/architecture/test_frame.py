"""Conventions that a machine can check."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from jichitai.infra.audit import catalogue
from jichitai.infra.migrate import migrations
from jichitai.kernel.parties import Tier
from tests.conftest import Cluster

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "jichitai"
SCHEMAS = {
    "infra", "register", "jukinet", "jpki", "web", "transparency", "security", "migration",
    "correspondence", "standardisation", "evaluation",
}  # fmt: skip
PURE = ["kernel", "register/model"]


def test_imports_point_one_way() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_reference_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "build_reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("tier", list(Tier))
def test_migrations_are_numbered_without_gaps_and_head_names_the_last(tier: Tier) -> None:
    steps = migrations(tier)
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    head = SOURCE / "infra" / "migrations" / tier / "HEAD"
    assert head.read_text().strip() == steps[-1].name


@pytest.mark.parametrize("tier", list(Tier))
def test_every_table_belongs_to_one_domain(cluster: Cluster, tier: Tier) -> None:
    with psycopg.connect(cluster.dsn(cluster.shared(tier))) as connection:
        rows = connection.execute(
            "select distinct table_schema from information_schema.tables"
            " where table_schema not in ('pg_catalog', 'information_schema')"
        )
        assert {schema for (schema,) in rows} <= SCHEMAS


def test_every_town_table_with_residents_is_isolated(cluster: Cluster) -> None:
    """A table that names a municipality is under forced row-level security."""
    with psycopg.connect(cluster.dsn(cluster.shared(Tier.TOWN))) as connection:
        rows = connection.execute(
            "select c.oid::regclass::text from pg_class c"
            "  join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'p') and n.nspname in ('register', 'jukinet', 'jpki', 'security', 'infra',"
            " 'correspondence', 'standardisation', 'evaluation')"
            "   and exists (select 1 from pg_attribute a where a.attrelid = c.oid"
            "                  and a.attname = 'municipality' and a.attnum > 0)"
            "   and not (c.relrowsecurity and c.relforcerowsecurity)"
            "   and c.oid::regclass::text <> 'infra.tenant_login'"
        )
        assert [table for (table,) in rows] == []


def modules(*folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((SOURCE / folder).rglob("*.py"))]


def test_every_public_rule_names_its_source() -> None:
    missing = []
    for file in modules(*PURE):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                text = ast.get_docstring(node) or ""
                if "Source:" not in text:
                    missing.append(f"{file.relative_to(SOURCE)}:{node.lineno} {node.name}")
    assert missing == []


def test_every_audit_action_is_in_the_catalogue() -> None:
    used = {
        found
        for file in SOURCE.rglob("*.py")
        for found in re.findall(r'action="([a-z0-9-]+[.][a-z0-9.-]+)"', file.read_text("utf-8"))
    }
    assert used <= set(catalogue())


def test_nothing_names_a_path_of_a_machine() -> None:
    pattern = re.compile(rb"/(work|home|root)/[a-z]")
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    guilty = [
        name
        for name in tracked.decode().split("\0")
        if name.endswith((".py", ".md", ".toml", ".html", ".js", ".css", ".yml", "Makefile"))
        and name != "tests/architecture/test_frame.py"
        and pattern.search((ROOT / name).read_bytes())
    ]
    assert guilty == []


def test_packages_only_say_what_they_own() -> None:
    guilty = []
    for file in SOURCE.rglob("__init__.py"):
        body = ast.parse(file.read_text("utf-8")).body
        if len(body) > 1 or not ast.get_docstring(ast.parse(file.read_text("utf-8"))):
            guilty.append(str(file.relative_to(SOURCE)))
    assert guilty == []
