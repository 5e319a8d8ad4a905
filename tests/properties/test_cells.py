"""A contact and its cells are two forms of one thing; a merge patch is RFC 7396."""

import json
from typing import Any

import pytest
from hypothesis import given

from db.contacts import ContactRow
from resolvers.contacts.cells import ATTRIBUTES, changed_cells, is_attribute, leaves, object_of, same
from resolvers.contacts.row_cells import cells_of, with_cells
from resolvers.contacts.update import merge_patch
from tests.properties.strategies import ODD_KEYS, json_objects, json_values, make_row, near_objects, rows


@given(json_objects)
def test_an_object_comes_back_out_of_its_leaves(value: dict[str, Any]) -> None:
    """Keys with slashes and tildes, blank keys, empty objects and arrays: nothing is lost or invented."""
    found = leaves("customAttributes", value)
    assert object_of("customAttributes", found) == value
    assert all(is_attribute(cell) for cell in found)


@given(json_objects, json_objects)
def test_two_objects_do_not_mix(custom: dict[str, Any], metadata: dict[str, Any]) -> None:
    """Leaves of one attribute object never show up in another."""
    cells = leaves("customAttributes", custom) | leaves("metadata", metadata)
    assert object_of("customAttributes", cells) == custom
    assert object_of("metadata", cells) == metadata
    assert object_of("additionalAttributes", cells) == {}


@pytest.mark.parametrize("key", ODD_KEYS)
def test_an_odd_key_makes_one_leaf(key: str) -> None:
    """One key is one pointer, as RFC 6901 escapes it."""
    escaped = key.replace("~", "~0").replace("/", "~1")
    assert leaves("metadata", {key: {key: 1}}) == {f"metadata/{escaped}/{escaped}": 1}


def test_an_array_is_a_value_and_an_empty_object_a_leaf() -> None:
    """Arrays are never taken apart."""
    assert leaves("m", {"a": [{"b": 1}], "c": {}}) == {"m/a": [{"b": 1}], "m/c": {}}


@given(rows())
def test_a_row_comes_back_out_of_its_cells(row: ContactRow) -> None:
    """`with_cells` is the inverse of `cells_of`, on the row itself and on a blank one."""
    cells = cells_of(row)
    assert with_cells(row, cells) == row
    blank = make_row(1, base_at=row.base_at, provenance=row.provenance)
    assert with_cells(blank, cells) == row
    assert cells_of(with_cells(blank, cells)) == cells


@given(rows())
def test_cells_are_json(row: ContactRow) -> None:
    """Cells are stored in events: each value survives JSON as it is."""
    cells = cells_of(row)
    assert json.loads(json.dumps(cells)) == cells
    assert set(ATTRIBUTES).isdisjoint(cells)


@given(json_values, json_values)
def test_same_is_equality_of_json(left: Any, right: Any) -> None:
    """True is not 1, at any depth; 1 and 1.0 are one number."""
    tagged = [json.dumps(_tagged(value), sort_keys=True) for value in (left, right)]
    assert same(left, right) is (tagged[0] == tagged[1])
    assert same(left, left)


@given(near_objects, near_objects)
def test_changed_cells_are_those_that_differ(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Sorted, and nothing is named when nothing changed."""
    cells = leaves("m", before), leaves("m", after)
    changed = list(changed_cells(*cells))
    assert changed == sorted(changed)
    kept = (cells[0].keys() & cells[1].keys()) - set(changed)
    assert all(same(cells[0][cell], cells[1][cell]) for cell in kept)
    assert list(changed_cells(cells[0], cells[0])) == []


# RFC 7396, appendix A, whole.
RFC_7396 = [
    ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
    ('{"a":"b"}', '{"a":null}', "{}"),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
    ('["a","b"]', '["c","d"]', '["c","d"]'),
    ('{"a":"b"}', '["c"]', '["c"]'),
    ('{"a":"foo"}', '"bar"', '"bar"'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
    ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
]


@pytest.mark.parametrize(("target", "patch", "result"), RFC_7396)
def test_merge_patch_is_that_of_the_rfc(target: str, patch: str, result: str) -> None:
    """Each row stands below a key of its own, since a patch of attributes is always an object."""
    patched = merge_patch({"x": json.loads(target)}, {"x": json.loads(patch)})
    assert patched == {"x": json.loads(result)}


@given(near_objects, near_objects)
def test_merge_patch_equals_the_pseudocode(target: dict[str, Any], patch: dict[str, Any]) -> None:
    """RFC 7396, section 2, written down once more; the target is left as it was."""
    kept = json.dumps(target)
    assert merge_patch(target, patch) == _rfc_merge_patch(json.loads(kept), patch)
    assert json.dumps(target) == kept


def _rfc_merge_patch(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    if not isinstance(target, dict):
        target = {}
    for name in patch:
        if patch[name] is None:
            if name in target:
                del target[name]
        else:
            target[name] = _rfc_merge_patch(target.get(name), patch[name])
    return target


def _tagged(value: Any) -> Any:
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int | float):
        return ["number", float(value) + 0.0]
    if isinstance(value, list):
        return ["list", [_tagged(member) for member in value]]
    if isinstance(value, dict):
        return ["object", {key: _tagged(member) for key, member in value.items()}]
    return ["text or null", value]
