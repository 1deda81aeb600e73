"""Prints every regular expression of the consumer as JSON, in the syntax of JavaScript."""

import ast
import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

LETTERS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}


def expressions(file: Path) -> Iterator[dict[str, str]]:
    """Find each call of `re`, and the methods that are called on what it compiles."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    names = {node.value: ast.unparse(node.targets[0]) for node in nodes if isinstance(node, ast.Assign)}
    for call in calls:
        if ast.unparse(call.func.value) != "re":
            continue
        module = vars(importlib.import_module(f"consumer.{file.stem}"))
        values = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
        flags = [evaluate(value, module) for value in values if ast.unparse(value).startswith("re.")]
        methods = {call.func.attr}
        if methods == {"compile"}:
            methods = {other.func.attr for other in calls if ast.unparse(other.func.value) == names[call]}
        for method in methods:
            yield {
                "where": f"{file.relative_to(ROOT)}:{call.lineno}",
                "source": anchored(evaluate(call.args[0], module), method),
                "flags": "".join(letter for flag, letter in LETTERS.items() if any(flag & given for given in flags)),
            }


def evaluate(node: ast.expr, names: dict[str, object]):  # noqa: ANN201
    """Give the value that an expression has in its module."""
    return eval(compile(ast.Expression(node), "pattern", "eval"), names)  # noqa: S307


def anchored(pattern: str, method: str) -> str:
    """Say in the pattern what the method adds: only these begin nowhere but at one place."""
    source = pattern.replace("(?P<", "(?<")
    return {"match": f"^(?:{source})", "fullmatch": f"^(?:{source})$"}.get(method, source)


print(json.dumps([found for file in sorted((ROOT / "consumer").glob("*.py")) for found in expressions(file)]))
