"""CloudFormation's intrinsic functions over a translated template."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

NO_VALUE = object()
_SUBSTITUTION = re.compile(r"\$\{(!?)([^}]+)\}")


class Unresolved(Exception):
    """A reference or function that cannot be had locally."""


@dataclass(frozen=True)
class Made:
    """A resource that exists: what Ref gives, and what GetAtt gives by attribute."""

    ref: str
    attributes: Mapping[str, str] = field(default_factory=dict)


class Scope:
    """What a value may refer to: parameters (pseudo ones too), mappings, conditions, resources so far."""

    def __init__(self, template: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        self._values = values
        self._mappings: Mapping[str, Any] = template.get("Mappings", {})
        self._conditions: Mapping[str, Any] = template.get("Conditions", {})
        self.resources: dict[str, Made] = {}

    def resolve(self, value: Any) -> Any:
        """The value with every function applied; what becomes AWS::NoValue is left out. Raises Unresolved."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref" or name.startswith("Fn::"):
                return self._call(name, argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NO_VALUE}

    def holds(self, condition: str | None) -> bool:
        """True without a condition; Raises Unresolved when the template has none of that name."""
        if condition is None:
            return True
        if condition not in self._conditions:
            raise Unresolved(f"no such condition: {condition}")
        return self._test(self._conditions[condition])

    def _call(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return self._ref(argument)
        if name == "Fn::If":
            condition, yes, no = argument
            return self.resolve(yes if self.holds(condition) else no)
        if name not in _FUNCTIONS:
            raise Unresolved(f"{name} is not available locally")
        return _FUNCTIONS[name](self, argument)

    def _test(self, test: Any) -> bool:
        name, argument = next(iter(test.items()))
        match name:
            case "Condition":
                return self.holds(argument)
            case "Fn::Equals":
                left, right = self.resolve(argument)
                return str(left) == str(right)
            case "Fn::Not":
                return not self._test(argument[0])
            case "Fn::And":
                return all(map(self._test, argument))
            case "Fn::Or":
                return any(map(self._test, argument))
        raise Unresolved(f"{name} is no condition function")

    def _ref(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        return self._made(name).ref

    def _made(self, name: str) -> Made:
        if name not in self.resources:
            raise Unresolved(f"{name} does not exist locally")
        return self.resources[name]

    def attribute(self, name: str, attribute: str) -> str:
        made = self._made(name)
        if attribute not in made.attributes:
            raise Unresolved(f"{name}.{attribute} is not known locally")
        return made.attributes[attribute]

    def find_in_map(self, argument: Any) -> Any:
        mapping, first, second = (self.resolve(part) for part in argument)
        return self.resolve(self._mappings[mapping][str(first)][str(second)])

    def substitute(self, argument: Any) -> str:
        text, local = argument if isinstance(argument, list) else (argument, {})

        def replace(found: re.Match[str]) -> str:
            literal, name = found.groups()
            if literal:
                return f"${{{name}}}"
            if name in local:
                return str(self.resolve(local[name]))
            resource, _, attribute = name.partition(".")
            return self.attribute(resource, attribute) if attribute else str(self._ref(name))

        return _SUBSTITUTION.sub(replace, text)


def _get_attribute(scope: Scope, argument: Any) -> str:
    name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    return scope.attribute(name, scope.resolve(attribute))


def _join(scope: Scope, argument: Any) -> str:
    return str(argument[0]).join(str(item) for item in scope.resolve(argument[1]))


def _split(scope: Scope, argument: Any) -> list[str]:
    return str(scope.resolve(argument[1])).split(argument[0])


def _select(scope: Scope, argument: Any) -> Any:
    return scope.resolve(argument[1])[int(scope.resolve(argument[0]))]


_FUNCTIONS: Mapping[str, Callable[[Scope, Any], Any]] = {
    "Fn::GetAtt": _get_attribute,
    "Fn::Sub": Scope.substitute,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::FindInMap": Scope.find_in_map,
}


def references(value: Any) -> Iterator[str]:
    """Every name that the value's Ref, GetAtt and Sub mention."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _referred(key, item)
            yield from references(item)


def _referred(function: str, argument: Any) -> Iterator[str]:
    match function, argument:
        case "Ref", str():
            yield argument
        case "Fn::GetAtt", _:
            yield argument.split(".")[0] if isinstance(argument, str) else argument[0]
        case "Fn::Sub", str() | [str(), *_]:
            text = argument if isinstance(argument, str) else argument[0]
            for _, name in _SUBSTITUTION.findall(text):
                yield name.split(".")[0]
