"""Blocking keys, who is proposed to whom, and the numbers that comparing is told."""

from resolvers.matching.block import CAPS, Key, coarse_of, keys_of
from resolvers.matching.candidates import COUNTED, LISTED, Holders, candidates_of, pairs_of
from tests.matching.people import person


def texts(**fields: object) -> list[str]:
    return [key.text for key in keys_of(person(**fields))]  # type: ignore[arg-type]


def test_every_kind_of_key() -> None:
    found = texts(
        name="Ann Lee-Moss", email="ann.moss@firm.org", phone="+4915112345670", ids={"crm": "7"},
        usernames={"app": "moss_ann"}, channels={"TELEGRAM": "t-1"}, born="1999-02-03", company="Firm GmbH",
        postal_code="89073",
    )  # fmt: skip
    assert {text[0] for text in found} == set(CAPS)
    assert "e:ann.moss@firm.org" in found
    assert "p:12345670" in found
    assert "x:crm|7" in found
    assert "l:annmoss" in found


def test_a_contact_with_nothing_but_an_id_has_no_key() -> None:
    assert texts() == []


def test_the_order_and_script_of_a_name_do_not_change_its_key() -> None:
    keys = {tuple(texts(name=name)) for name in ("Юрий Кузнецов", "Kuznetsov, Yuri", "Yurij Kuznetsov")}
    assert keys == {("n:iuri|kuznetsov",)}


def test_a_hash_is_the_same_in_every_process() -> None:
    """It is stored: were it to change, all tables would have to be built anew."""
    assert Key("e:ann@firm.org").hash == 2520760523233467433
    assert -(2**63) <= Key("n:a|b").hash < 2**63


def test_initials_count_people() -> None:
    assert coarse_of(person("Ann Lee")) == coarse_of(person("LEE ANN")) == "al"
    assert coarse_of(person("Ann")) is None
    assert coarse_of(person(email="ann@firm.org")) is None


def test_holders_of_a_names_key_have_one_mark() -> None:
    """Detection counts a key's holders only when the first ones have one mark, and a name's rarity needs the number."""
    for spellings in (("Юрий Кузнецов", "Kuznetsov, Yuri", "Iurii Kuznetsov"), ("Ann Bea Lee", "LEE ANN", "Lee, Ann")):
        people = [person(spelling) for spelling in spellings]
        assert len({text for one in people for key in keys_of(one) if (text := key.text)[0] == "n"}) == 1
        assert len({coarse_of(one) for one in people}) == 1


def holders(number: int, *marks: str | None) -> Holders[str]:
    """So many holders; the first have these marks, the rest none."""
    first = range(min(number, LISTED))
    of_each = [marks[place] if place < len(marks) else None for place in first]
    return Holders([f"c{place:05}" for place in first], of_each, min(number, COUNTED))


def test_a_key_within_its_cap_proposes_all_its_holders() -> None:
    assert candidates_of("c00000", {"e:a": holders(CAPS["e"])}) == {f"c{place:05}" for place in range(1, 60)}


def test_a_full_key_of_several_people_proposes_nobody() -> None:
    assert candidates_of("c00000", {"e:a": holders(CAPS["e"] + 1, "al", "bm")}) == set()
    assert candidates_of("c00000", {"n:a|b": holders(CAPS["n"] + 1)}) == set()


def test_a_full_key_of_one_person_is_a_star() -> None:
    """All leads of one address are compared with the one that has a name, from both ends."""
    key = {"e:a": holders(500, None, "al")}
    assert candidates_of("c00400", key) == {"c00001"}
    assert candidates_of("c00001", key) == {f"c{place:05}" for place in range(LISTED)} - {"c00001"}


def test_an_address_on_ten_thousand_contacts_is_nobodys() -> None:
    assert candidates_of("c00400", {"e:a": holders(10_000)}) == set()


def test_the_sweep_proposes_the_pairs_that_single_contacts_do() -> None:
    everyone = [f"c{place:05}" for place in range(100)]
    star, open_key = holders(100, None, "al"), holders(3)
    pairs = list(pairs_of([("e:a", everyone, star), ("p:1", everyone[:3], open_key), ("l:x", everyone[:3], open_key)]))
    assert len(pairs) == len(set(pairs)) == 99 + 1  # the hub with each, c00000 with c00002
    assert set(pairs) == {
        (min(one, other), max(one, other))
        for one in everyone
        for other in candidates_of(one, {"e:a": star} | ({"p:1": open_key} if one in everyone[:3] else {}))
    }
