"""What a validation error means to the person who wrote the file: one sentence with the fix."""

import difflib
import json
from collections.abc import Mapping, Set
from typing import Any

from monitor.config.document import Value
from monitor.config.model import Complaint, section_at
from monitor.config.problem import KeyPath, Mistake

_SECRET_KEYS = frozenset({"url", "ping_url", "password", "headers", "user_agent"})

_MISPLACED = frozenset({"dict_type", "mapping_type", "model_type", "tuple_type"})
_EXPECTED = {
    "bool_parsing": "expected true or false",
    "bool_type": "expected true or false",
    "byte_size": "expected a size such as 10MB or 512KiB",
    "byte_size_unit": "expected a size with a unit such as kB, MB, GB or KiB, MiB",
    "dict_type": "expected a mapping of keys to values",
    "finite_number": "expected a number",
    "float_parsing": "expected a number such as 0.5",
    "float_type": "expected a number such as 0.5",
    "int_from_float": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_parsing_size": "expected a smaller number",
    "int_type": "expected a whole number",
    "mapping_type": "expected a mapping of keys to values",
    "model_type": "expected a mapping of keys to values",
    "string_too_long": "expected a shorter text ({max_length} characters at most)",
    "string_type": "expected text",
    "too_short": "expected at least {min_length} entry",
    "tuple_type": "expected a list: [one, two], or one entry a line with '- ' in front",
    "greater_than": "expected more than {gt:g}",
    "greater_than_equal": "expected {ge:g} or more",
    "less_than": "expected less than {lt:g}",
    "less_than_equal": "expected {le:g} or less",
}


def explain(complaint: Complaint, data: Value, hidden: Set[KeyPath]) -> Mistake:
    """Put a complaint in plain words; paths in `hidden` hold what came from a variable."""
    kind, location, context, words = complaint
    path, written = _follow(location, data)
    if kind == "extra_forbidden":
        return Mistake(path, f"unknown key; {_nearest_key(location)}")
    if kind == "missing":
        return Mistake((*path, location[-1]), "missing; add this key")
    what = _sentence(kind, context, words)
    if isinstance(written, str) and path not in hidden and not _may_be_secret(kind, location, written):
        what = f"got {json.dumps(written[:60], ensure_ascii=False)}; {what}"
    return Mistake(path, what)


def _may_be_secret(kind: str, location: KeyPath, written: str) -> bool:
    """Whether the text must not be repeated: a key for secrets, a URL, or text where a section or list belongs."""
    return "://" in written or kind in _MISPLACED or not _SECRET_KEYS.isdisjoint(location)


def _sentence(kind: str, context: Mapping[str, Any], words: str) -> str:
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"expected one of {context['expected'].replace(chr(39), '')}"
    template = _EXPECTED.get(kind)
    if template is None:
        return words.removeprefix("Value error, ")
    return template.format_map(context)


def _follow(location: KeyPath, data: Value) -> tuple[KeyPath, Value]:
    """The part of a location the file has, and what stands there; pydantic adds steps of its own, such as `[key]`."""
    path: KeyPath = ()
    for step in location:
        match data, step:
            case dict(), str() if step in data:
                data = data[step]
            case list(), int() if step < len(data):
                data = data[step]
            case _:
                break
        path = (*path, step)
    return path, data


def _nearest_key(location: KeyPath) -> str:
    keys = sorted(section_at(location[:-1]).written_keys())
    near = difflib.get_close_matches(str(location[-1]).lower(), keys, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else f"the keys here are {', '.join(keys)}"
