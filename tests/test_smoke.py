from tests.support.api import Api


async def test_merge(api: Api) -> None:
    a = await api.contact(name="Ann", email="ann@a.example")
    b = await api.contact(phone="+4930123456", email="ann@a.example")
    done = await api.merge(a, b)
    assert done["mergedContactIds"] == [b]
    found = await api.read(b, "id phone merges { nodes { id } totalCount } provenance { field }", follow=True)
    assert found is not None
    assert found["phone"] == "+4930123456"
