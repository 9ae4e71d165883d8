"""Metric math: an expression of CloudWatch, read by Python's own parser and an allow-list of its nodes."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from signalbox_local.alarms.math_functions import FUNCTIONS, KEYWORDS
from signalbox_local.alarms.math_values import Grid, Value, combined
from signalbox_local.alarms.statistics import NotAvailable

LONGEST = 2_048
_TOKEN = re.compile(
    r"\s+|(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|(?P<id>[a-z][A-Za-z0-9_]*)"
    r"|(?P<word>[A-Z][A-Z0-9_]*)|(?P<sign><=|>=|==|!=|&&|\|\||[-+*/^(),<>\[\]])"
)
# What Python spells in another way, or with another precedence.
_PYTHON = {"^": "**", "&&": " and ", "||": " or ", "AND": " and ", "OR": " or "}
_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.And: lambda left, right: bool(left) and bool(right),
    ast.Or: lambda left, right: bool(left) or bool(right),
}


class BadExpression(Exception):
    """What is wrong with it."""


class Expression:
    """One that can be read. Raises BadExpression, or NotAvailable for functions that are not here."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree = _parsed(text)
        nodes = list(ast.walk(self._tree))
        called = {id(node.func): node.func for node in nodes if isinstance(node, ast.Call)}
        for function in called.values():
            _check_function(function)
        names = [node for node in nodes if isinstance(node, ast.Name) and id(node) not in called]
        self.ids = frozenset(name.id[1:] for name in names if name.id.startswith("_"))
        """The queries that it refers to."""

    def value(self, known: Mapping[str, Value], metrics: list[Value], grid: Grid) -> Value:
        """`known` has a value for each of the `ids`; `metrics` is what METRICS() stands for."""
        try:
            return _Evaluation(known, metrics, grid).of(self._tree)
        except RecursionError as problem:
            raise BadExpression("it is nested too deeply") from problem


class _Evaluation:
    def __init__(self, known: Mapping[str, Value], metrics: list[Value], grid: Grid) -> None:
        self._known = known
        self._metrics = metrics
        self._grid = grid

    def of(self, node: ast.AST) -> Value:
        match node:
            case ast.Constant(value=float(number) | int(number)):
                return float(number)
            case ast.Name(id=name):
                return KEYWORDS[name] if name in KEYWORDS else self._named(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return combined(operator.mul, -1.0, self.of(operand))
            case (
                ast.BinOp(left=first, op=sign, right=second)
                | ast.Compare(left=first, ops=[sign], comparators=[second])
            ):
                return combined(_operator(sign), self.of(first), self.of(second))
            case _:
                return self._of_several(node)

    def _of_several(self, node: ast.AST) -> Value:
        match node:
            case ast.BoolOp(op=sign, values=[first, *others]):
                return self._chained(_operator(sign), first, others)
            case ast.List(elts=parts):
                return [one for part in parts for one in _flat(self.of(part))]
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._called(name, [self.of(argument) for argument in arguments])
        raise BadExpression("this is not metric math")

    def _chained(self, sign: Callable[[Any, Any], Any], first: ast.AST, others: list[ast.expr]) -> Value:
        value = self.of(first)
        for other in others:
            value = combined(sign, value, self.of(other))
        return value

    def _named(self, name: str) -> Value:
        if name[1:] not in self._known:
            raise BadExpression(f"unknown id {name[1:]}")
        return self._known[name[1:]]

    def _called(self, name: str, arguments: list[Value]) -> Value:
        if name == "METRICS":
            return [one for metric in self._metrics for one in _flat(metric)]
        try:
            return FUNCTIONS[name](self._grid, *arguments)
        except (TypeError, AttributeError) as problem:
            raise BadExpression(f"{name} does not take these arguments") from problem


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise BadExpression(f"longer than {LONGEST} characters")
    try:
        return ast.parse(_as_python(text).strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise BadExpression("it cannot be parsed") from problem


def _as_python(text: str) -> str:
    parts, place = [], 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None and text[place] in "'\"":
            raise NotAvailable("searches and filters in metric math are not available locally")
        if found is None:
            raise BadExpression(f"unexpected {text[place]!r} at {place}")
        token = found.group()
        # Ids get a prefix: `in`, `is` or `for` may be one.
        parts.append(f"_{token}" if found["id"] else _PYTHON.get(token, token))
        place = found.end()
    return "".join(parts)


def _operator(sign: ast.AST) -> Callable[[Any, Any], Any]:
    if type(sign) not in _OPERATORS:
        raise BadExpression("this operator is not metric math")
    return _OPERATORS[type(sign)]


def _check_function(function: ast.AST) -> None:
    if not isinstance(function, ast.Name) or function.id.startswith("_"):
        raise BadExpression("this cannot be called")
    if function.id not in FUNCTIONS and function.id != "METRICS":
        raise NotAvailable(f"the function {function.id} is not available locally")


def _flat(value: Value) -> list[Any]:
    return value if isinstance(value, list) else [value]
