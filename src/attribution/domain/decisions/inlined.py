"""Makes one function of the rules of a table of verdicts, so that each rule is written only once.

The rules run for some hundred touches per order. A call costs more than the expression that a rule returns,
so these expressions become the conditions of one function (decision 14 has the figures).
"""

import ast
import inspect
import linecache
import textwrap
from collections.abc import Callable, Sequence
from itertools import count
from types import FunctionType
from typing import Any, Final, TypeAlias

from attribution.domain.decisions.context import OrderContext
from attribution.domain.decisions.snapshot import LinkSnapshot
from attribution.domain.decisions.verdicts import Rule, Verdict
from attribution.domain.records.outputs import VerdictCode
from attribution.domain.touches.interaction import Interaction

FirstRejection: TypeAlias = Callable[[OrderContext, LinkSnapshot, Interaction], VerdictCode | None]

_PARAMETERS: Final = ("context", "snapshot", "interaction")
_ARGUMENTS: Final = ", ".join(_PARAMETERS)
_NUMBERS: Final = count(1)


def inlined(verdicts: Sequence[Verdict]) -> FirstRejection:
    """Return a function that returns the first verdict whose rule rejects a touch, or None if none does.

    A rule is inlined if it is one return of an expression. It is called if it is not, if its source can't be
    read, or if it belongs to another module than the first rule. Tracebacks show the generated lines.

    Raises:
        TypeError: a rule has other parameters than (context, snapshot, interaction).
    """
    rules = [(verdict.code, verdict.rejects) for verdict in verdicts if verdict.rejects is not None]
    module: dict[str, Any] = getattr(rules[0][1], "__globals__", {}) if rules else {}
    called: dict[str, Rule] = {}
    lines = []
    for code, rule in rules:
        _check_parameters(code, rule)
        condition = _expression(rule, module)
        if condition is None:
            name = f"rule_{len(called)}"
            called[name] = rule
            condition = f"{name}({_ARGUMENTS})"
        lines += [f"        if {condition}:", f"            return {str(code)!r}"]
    return _compiled(lines, called, module)


def _compiled(lines: list[str], called: dict[str, Rule], module: dict[str, Any]) -> FirstRejection:
    """Compile the function in the rules' own module; the called rules are bound to it."""
    head = [f"def bound({', '.join(called)}):", f"    def first_rejection({_ARGUMENTS}):"]
    source = "\n".join([*head, *lines, "        return None", "    return first_rejection\n"])
    name = f"<first_rejection {next(_NUMBERS)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    made: dict[str, Any] = {}
    exec(compile(source, name, "exec"), module, made)  # noqa: S102
    function: FirstRejection = made["bound"](*called.values())
    return function


def _check_parameters(code: VerdictCode, rule: Rule) -> None:
    found = tuple(inspect.signature(rule).parameters)
    if found != _PARAMETERS:
        raise TypeError(f"the rule of {code} has parameters ({', '.join(found)}); give it ({_ARGUMENTS})")


def _expression(rule: Rule, module: dict[str, Any]) -> str | None:
    """Return the expression that a rule returns, or None if the rule can't be inlined."""
    if not isinstance(rule, FunctionType) or rule.__globals__ is not module:
        return None
    if rule.__code__.co_varnames != _PARAMETERS:  # a name of its own could hide a name of another rule
        return None
    match _body(rule):
        case [ast.Return(value=ast.expr() as expression)] | [
            ast.Expr(value=ast.Constant()),
            ast.Return(value=ast.expr() as expression),
        ]:
            return ast.unparse(expression)
    return None


def _body(rule: FunctionType) -> list[ast.stmt]:
    """Return the statements of a function; none if its source can't be read, or is no longer that source."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(rule)))
    except (OSError, SyntaxError):
        return []
    ast.increment_lineno(tree, rule.__code__.co_firstlineno - 1)
    (definition,) = tree.body
    is_same = rule.__code__ in compile(tree, "", "exec").co_consts
    return definition.body if is_same and isinstance(definition, ast.FunctionDef) else []
