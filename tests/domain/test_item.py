"""Which entries of a document are new, whatever its publisher does to them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.item import IdentityKind, Item, identity_of, new_items

DAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
GUID, LINK, TITLE = IdentityKind


def item(title: str, *, guid: str = "", url: str = "", date: datetime | None = DAY) -> Item:
    return Item(guid, url, title, "", "en", date, identity_of(guid, url, title, date))


def page(number: int, *, guid: str | None = None, url: str | None = None, title: str | None = None) -> Item:
    """An ordinary entry; what is given differs from the ordinary."""
    return item(
        f"Story {number}" if title is None else title,
        guid=f"guid-{number}" if guid is None else guid,
        url=f"https://example.org/{number}" if url is None else url,
    )


def titles(items: tuple[Item, ...]) -> list[str]:
    return [one.title for one in items]


def after(*documents: list[Item], kind: IdentityKind = GUID) -> set[str]:
    """Keys a feed has listed once it showed these documents."""
    known: set[str] = set()
    for document in documents:
        known |= set(new_items(kind, document, known).seen)
    return known


def test_all_of_a_first_document_is_new() -> None:
    got = new_items(GUID, [page(1), page(2)], set())
    assert titles(got.items) == ["Story 1", "Story 2"]
    assert (got.identity, got.misbehaving, got.warnings) == (GUID, 0, ())


def test_an_empty_document_brings_nothing() -> None:
    assert new_items(GUID, [], {"g:0"}).items == ()


@pytest.mark.parametrize(
    "edited",
    [
        page(1, title="Story 1, corrected"),
        page(1, url="https://example.org/moved/1"),
        page(1, url="https://example.org/moved/1", title="Story 1, corrected"),
        page(1, guid="regenerated"),
        page(1, guid="regenerated", title="STORY — 1!"),
        page(1, url="http://www.example.org/1/", guid="regenerated"),
    ],
)
def test_what_publishers_do_to_an_entry_does_not_make_it_new(edited: Item) -> None:
    """Title or link edited under the same guid; a new guid for the same link and title."""
    assert new_items(GUID, [edited], after([page(1)])).items == ()


def test_an_edited_title_without_guid_under_the_same_link_is_seen() -> None:
    known = after([page(1, guid="")])
    assert new_items(GUID, [page(1, guid="", title="Corrected")], known).items == ()


def test_an_edited_title_with_a_new_guid_is_new() -> None:
    """In a feed whose guids hold, a new guid with a new title is another story on the same page."""
    assert titles(new_items(GUID, [page(1, guid="other", title="Corrected")], after([page(1)])).items) == ["Corrected"]


def test_without_guid_and_link_the_title_and_day_tell() -> None:
    known = after([item("Morning briefing")])
    assert new_items(GUID, [item("Morning briefing", date=DAY + timedelta(hours=3))], known).items == ()
    assert len(new_items(GUID, [item("Morning briefing", date=DAY + timedelta(days=1))], known).items) == 1


def test_identical_entries_count_once() -> None:
    """Under one guid, and under two."""
    for twice in ([page(1), page(1)], [page(1), page(1, guid="other")]):
        assert len(new_items(GUID, twice, set()).items) == 1


def test_identical_entries_that_nothing_identifies_are_told_apart_by_their_number() -> None:
    """Without guid and link nothing says that they are one; listed again, they are known, and one more is new."""
    twice = new_items(GUID, [item("A"), item("A")], set())
    assert titles(twice.items) == ["A", "A"]
    assert new_items(GUID, [item("A"), item("A")], set(twice.seen)).items == ()
    assert len(new_items(GUID, [item("A"), item("B"), item("A"), item("A")], set(twice.seen)).items) == 2


def test_a_guid_on_different_entries_is_no_identity() -> None:
    """All are kept apart by their links, now and in the next document."""
    document = [page(number, guid="same") for number in range(3)]
    got = new_items(GUID, document, set())
    assert titles(got.items) == ["Story 0", "Story 1", "Story 2"]
    assert all(one.identity.guid is None for one in got.items)
    assert titles(new_items(GUID, [page(9, guid="same"), *document], set(got.seen)).items) == ["Story 9"]


def test_a_link_on_different_entries_is_no_identity() -> None:
    """As where every entry links to the same page of notices."""
    document = [page(number, guid="", url="https://example.org/notices") for number in range(3)]
    got = new_items(GUID, document, set())
    assert len(got.items) == 3
    assert (
        len(new_items(GUID, [page(7, guid="", url="https://example.org/notices"), *document], set(got.seen)).items) == 1
    )


def test_the_bare_address_of_a_site_is_no_identity() -> None:
    """Otherwise the second notice of a feed that lists one at a time would never be seen."""
    first, second = (item(title, url="https://example.org/") for title in ("A", "B"))
    assert len(new_items(GUID, [second], after([first])).items) == 1


def test_a_position_is_no_guid() -> None:
    """Feeds that number their entries 1, 2, 3 give each new one the number of the last."""
    first = [page(number, guid=str(place)) for place, number in enumerate([2, 1])]
    second = [page(number, guid=str(place)) for place, number in enumerate([3, 2])]
    assert titles(new_items(GUID, second, after(first)).items) == ["Story 3"]


def test_regenerated_guids_degrade_the_identity() -> None:
    """Two of twenty bring nothing new, but from then on links decide, and a warning says so."""
    document = [page(number) for number in range(20)]
    known = after(document)
    changed = [replace_guid(one) if place < 2 else one for place, one in enumerate(document)]
    got = new_items(GUID, changed, known)
    assert got.items == ()
    assert (got.identity, got.misbehaving) == (LINK, 2)
    assert got.warnings == ("2 of 20 listed items came back with a new guid; items are told apart by link now",)


def replace_guid(one: Item) -> Item:
    return item(one.title, guid="new-" + one.guid, url=one.url)


def test_one_regenerated_guid_of_twenty_is_let_pass() -> None:
    document = [page(number) for number in range(20)]
    got = new_items(GUID, [replace_guid(document[0]), *document[1:]], after(document))
    assert (got.items, got.identity, got.misbehaving) == ((), GUID, 1)


def test_a_short_document_does_not_degrade() -> None:
    """Nineteen entries say too little."""
    document = [page(number) for number in range(19)]
    assert new_items(GUID, [replace_guid(one) for one in document], after(document)).identity == GUID


def test_where_guids_degrade_an_edited_title_in_the_same_poll_is_seen() -> None:
    document = [page(number) for number in range(20)]
    changed = [replace_guid(one) for one in document]
    changed[0] = item("Corrected", guid="new", url=document[0].url)
    assert new_items(GUID, changed, after(document)).items == ()


def test_guids_and_links_regenerated_together_leave_the_title() -> None:
    """A site that moved and imported everything anew brings nothing back but what is new."""
    document = [page(number) for number in range(30)]
    moved = [item(one.title, guid="n" + one.guid, url=f"https://new.example.org/x{one.guid}") for one in document]
    fresh = item("Fresh", guid="fresh", url="https://new.example.org/fresh")
    got = new_items(GUID, [fresh, *moved], after(document))
    assert (titles(got.items), got.identity) == (["Fresh"], TITLE)


def test_titles_that_repeat_do_not_degrade_to_titles() -> None:
    """Reports of one event after the other under one headline are different items."""
    document = [item("Alert issued", url=f"https://example.org/{number}") for number in range(30)]
    later = [item("Alert issued", url=f"https://example.org/{number}") for number in range(30, 60)]
    got = new_items(GUID, later, after(document))
    assert (len(got.items), got.identity) == (30, GUID)


def test_a_degraded_feed_stays_degraded() -> None:
    assert new_items(LINK, [page(1)], set()).identity == LINK
    assert new_items(LINK, [page(1, guid="new", title="Corrected")], after([page(1)], kind=LINK)).items == ()


small = st.sampled_from(["", "a", "bb", "guid-1", "guid-2"])
urls = st.sampled_from(["", "https://example.org/", "https://example.org/1", "https://example.org/2?x=1"])
dates = st.sampled_from([None, DAY, DAY + timedelta(days=1)])
entries = st.builds(lambda t, g, u, d: item(t, guid=g, url=u, date=d), small, small, urls, dates)
documents = st.lists(entries, max_size=30)
kinds = st.sampled_from(list(IdentityKind))


@given(documents, kinds)
def test_the_same_document_twice_brings_nothing(document: list[Item], kind: IdentityKind) -> None:
    """Under any identity, the one it degrades to included."""
    first = new_items(kind, document, set())
    assert new_items(first.identity, document, set(first.seen)).items == ()


@given(documents, kinds, st.randoms(use_true_random=False))
def test_order_does_not_matter(document: list[Item], kind: IdentityKind, random: object) -> None:
    """The same keys are seen, and as many items are new."""
    shuffled = list(document)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = new_items(kind, document, set()), new_items(kind, shuffled, set())
    assert sorted(one.seen) == sorted(other.seen)
    assert len(one.items) == len(other.items)


@given(documents, documents, kinds)
def test_what_is_new_was_not_known_and_is_seen_afterwards(
    before: list[Item], document: list[Item], kind: IdentityKind
) -> None:
    """New items are entries of the document, each with a key that was unknown and now is not."""
    known = after(before, kind=kind)
    got = new_items(kind, document, known)
    for new in got.items:
        key = new.identity.key(got.identity)
        assert key not in known
        assert key in got.seen
        assert replace(new, identity=document[0].identity) in [
            replace(one, identity=document[0].identity) for one in document
        ]


@given(documents, documents)
def test_a_document_seen_before_stays_seen_whatever_came_between(first: list[Item], second: list[Item]) -> None:
    """An entry that comes back after others took its place is not new again."""
    assert new_items(GUID, first, after(first, second)).items == ()


@given(documents, documents, kinds)
def test_an_entry_listed_once_more_changes_nothing(
    document: list[Item], before: list[Item], kind: IdentityKind
) -> None:
    """Where nothing repeats and nothing is known there is less to decide, with the same outcome."""
    known = after(before, kind=kind)
    repeated = [entry for entry in document if entry.identity.guid or entry.identity.link][:1]
    once, twice = new_items(kind, document, known), new_items(kind, [*document, *repeated], known)
    assert (twice.items, set(twice.seen), twice.identity) == (once.items, set(once.seen), once.identity)
