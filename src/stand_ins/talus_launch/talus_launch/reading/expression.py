# SPDX-License-Identifier: Apache-2.0
"""Evaluates what `$(eval ...)` may hold: arithmetic and logic, no names, no calls."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

_BINARY: dict[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_UNARY: dict[type, Callable] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_COMPARE: dict[type, Callable] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}


def evaluate(expression: str) -> object:
    """Return the value of an expression of constants, arithmetic, comparisons and logic.

    Raises ValueError for anything else.
    """
    try:
        return _value(ast.parse(expression.strip(), mode="eval").body)
    except (SyntaxError, TypeError, ArithmeticError) as error:
        raise ValueError(f"'{expression}': {error}") from error


def _value(node: ast.expr) -> object:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return [_value(item) for item in items]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left), _value(right))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _UNARY[type(op)](_value(operand))
        case ast.IfExp(test=test, body=body, orelse=other):
            return _value(body) if _value(test) else _value(other)
        case ast.BoolOp(op=op, values=values):
            return _logic(op, values)
        case ast.Compare(left=left, ops=ops, comparators=others) if all(
            type(op) in _COMPARE for op in ops
        ):
            return _comparison(left, ops, others)
    raise ValueError(
        f"'{ast.unparse(node)}' is not evaluated here; constants, arithmetic and comparisons are"
    )


def _logic(op: ast.boolop, values: list[ast.expr]) -> object:
    stops_at = isinstance(op, ast.Or)
    result: object = not stops_at
    for value in values:
        result = _value(value)
        if bool(result) is stops_at:
            break
    return result


def _comparison(left: ast.expr, ops: list[ast.cmpop], others: list[ast.expr]) -> bool:
    values = [_value(left), *map(_value, others)]
    return all(
        _COMPARE[type(op)](a, b) for op, a, b in zip(ops, values[:-1], values[1:], strict=True)
    )
