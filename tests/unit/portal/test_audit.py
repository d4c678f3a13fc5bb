"""script/audit: what was found, what was not, and what could not be asked."""

from typing import Any

import pytest

from portal.stack.audit import FOUND, UNKNOWN, judge_node, judge_python

GOOD = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1"}]}
UNSEEN = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "outcome", "words"),
    [
        ([GOOD], 0, "nothing known against them"),
        ([GOOD, BAD], FOUND, "b 2: PYSEC-1"),
        ([GOOD, UNSEEN], UNKNOWN, "not checked"),
        ([UNSEEN], UNKNOWN, "(all)"),
        ([BAD, UNSEEN], FOUND, "PYSEC-1"),
    ],
)
def test_python_packages(packages: list[dict[str, Any]], outcome: int, words: str, capsys):
    assert judge_python("requirements.txt", {"dependencies": packages}) == outcome
    assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    ("report", "outcome", "words"),
    [
        ({"vulnerabilities": {}}, 0, "nothing known"),
        ({"vulnerabilities": {"x": {"range": "<2", "severity": "high"}}}, FOUND, "x <2: high"),
        ({"message": "405 Method Not Allowed"}, UNKNOWN, "not checked"),
        ({"error": {"summary": "no such service"}}, UNKNOWN, "no such service"),
        ({}, UNKNOWN, "not checked"),
    ],
)
def test_node_packages(report: dict[str, Any], outcome: int, words: str, capsys):
    assert judge_node(report) == outcome
    assert words in capsys.readouterr().out
