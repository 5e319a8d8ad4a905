"""Random lives of a few contacts against a model: after every step all that can be read agrees with it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties.model import Model
from tests.support.api import Api, make_key, make_org

EMAILS = ["a@x.test", "b@x.test", "c@x.test"]
MOST = 7  # contacts: few enough to be read whole after each step

_names = st.sampled_from([None, "Ada", "Bo"])
_attributes = st.dictionaries(st.sampled_from("kl"), st.sampled_from([1, "x", True]), max_size=2)
_values = st.fixed_dictionaries(
    {},
    optional={
        "name": _names,
        "company": _names,
        "email": st.sampled_from(EMAILS),
        "unsubscribed": st.booleans(),
        "customAttributes": _attributes,
    },
)
_change = st.fixed_dictionaries(
    {},
    optional={
        "name": _names,
        "company": _names,
        "email": st.sampled_from([None, *EMAILS]),
        "unsubscribed": st.booleans(),
        "customAttributes": st.dictionaries(st.sampled_from("kl"), st.sampled_from([None, 2, "y"]), max_size=2),
    },
)
_labels = st.sets(st.sampled_from(["VIP", "trial", "spam"]))
_steps = ["create", "edit", "merge", "merge", "merge", "labels", "add", "remove", "erase"]
_FIELDS = """id name company email unsubscribed customAttributes mergedContactIds
    identifiers { kind normalized } labels { name }"""


class Life:
    """The product and the model side by side: `ids` are the product's, by the model's numbers."""

    def __init__(self, api: Api, data: st.DataObject) -> None:
        self.api, self.data, self.model = api, data, Model()
        self.ids: list[str] = []

    async def step(self) -> None:
        """One act that is allowed now."""
        self.api.clock.advance(seconds=1)
        kind = self.data.draw(st.sampled_from(_steps))
        living = self.model.living()
        if kind == "create" or len(living) < 2:
            await self.create()
        elif kind == "edit":
            number, change = self.pick(living), self.data.draw(_change)
            await self.api.done("updateContact", "contact { id }", id=self.ids[number], **change)
            self.model.edit(number, change)
        elif kind == "merge":
            chosen = self.data.draw(st.lists(st.sampled_from(living), min_size=2, max_size=4, unique=True))
            await self.api.merge(*(self.ids[number] for number in chosen))
            self.model.merge(chosen[0], chosen[1:])
        elif kind == "erase":
            number = self.pick(living)
            await self.api.done("deleteContact", "__typename", id=self.ids[number])
            self.model.erase(number)
        else:
            await self.on_any_id(kind, self.pick(self.model.reachable()))

    async def create(self) -> None:
        """A new contact, while there is room."""
        if len(self.ids) < MOST:
            values = self.data.draw(_values)
            self.ids.append(await self.api.contact(**values))
            self.model.create(values)

    async def on_any_id(self, kind: str, number: int) -> None:
        """What may be sent to a merged-away id too."""
        contact, root = self.ids[number], self.model.root(number).number
        if kind == "labels":
            names = self.data.draw(_labels)
            await self.api.done("setLabels", "contact { id }", contactId=contact, names=sorted(names))
            self.model.set_labels(number, names)
        elif kind == "add":
            value = self.data.draw(st.sampled_from(EMAILS))
            identifier = {"kind": "EMAIL", "value": value}
            await self.api.done("addIdentifier", "contact { id }", contactId=contact, identifier=identifier)
            self.model.add_email(number, value)
        elif held := self.model.emails(root):
            value = self.pick(held)
            await self.api.done("removeIdentifier", "contact { id }", contactId=contact, kind="EMAIL", value=value)
            self.model.remove_email(number, value)

    def pick(self, among: list[Any]) -> Any:
        """One of them."""
        return self.data.draw(st.sampled_from(among))

    async def check(self) -> None:
        """Every id, read in the three ways in which it can be read."""
        asked = "\n".join(
            f'own{number}: contact(id: "{contact}") {{ {_FIELDS} }}\n'
            f'led{number}: contact(id: "{contact}", followMerges: true) {{ id }}\n'
            f'found{number}: resolveContact(id: "{contact}") {{ status contact {{ id }} path {{ id }} }}'
            for number, contact in enumerate(self.ids)
        )
        answer = await self.api.ask(f"{{ {asked} }}")
        for number in range(len(self.ids)):
            root = self.model.root(number)
            led = None if root.erased else {"id": self.ids[root.number]}
            own = number == root.number and not root.erased
            status = "DELETED" if root.erased else "ACTIVE" if own else "MERGED"
            assert answer[f"own{number}"] == (self.expected(number) if own else None)
            assert answer[f"led{number}"] == led
            found = answer[f"found{number}"]
            assert (found["status"], found["contact"], len(found["path"])) == (status, led, self.depth(number))

    def expected(self, number: int) -> dict[str, Any]:
        """A living contact as the API shows it."""
        person = self.model.people[number]
        return {
            "id": self.ids[number],
            "name": person.name,
            "company": person.company,
            "email": person.email,
            "unsubscribed": person.unsubscribed,
            "customAttributes": person.attributes,
            "mergedContactIds": [self.ids[member] for member in self.model.tree(number) if member != number],
            "identifiers": [{"kind": "EMAIL", "normalized": email} for email in self.model.emails(number)],
            "labels": [{"name": name} for name in sorted(person.labels, key=str.casefold)],
        }

    def depth(self, number: int) -> int:
        """How many merges lie between an id and its survivor."""
        parent = self.model.people[number].parent
        return 0 if parent is None else 1 + self.depth(parent)


async def live(api: Api, data: st.DataObject) -> None:
    """A life of 12 steps, in an organisation of its own."""
    api.org_id = await make_org(api.db, api.clock, api.new_id)
    api.token = await make_key(api.db, api.clock, api.new_id, [api.org_id])
    life = Life(api, data)
    for _ in range(12):
        await life.step()
        await life.check()


_SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@given(data=st.data())
@settings(max_examples=15, suppress_health_check=_SHARED, deadline=None)
async def test_lives_on_sqlite(sqlite_api: Api, data: st.DataObject) -> None:
    """On every change."""
    await live(sqlite_api, data)


@pytest.mark.nightly
@pytest.mark.timeout(1_800)
@given(data=st.data())
@settings(max_examples=500, suppress_health_check=_SHARED, deadline=None, derandomize=False)
async def test_many_lives(api: Api, data: st.DataObject) -> None:
    """New ones each night, on both databases."""
    await live(api, data)
