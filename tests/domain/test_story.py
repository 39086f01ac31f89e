"""Hits about one event join one story, whatever the outlet, the wording's edges or the order they came in."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.item import Identity, Item
from monitor.domain.story import MAX_MEMBERS, Story, assign, fingerprint

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

TITLE = "Ten women freed from a locked house near the border"
LEAD = (
    "Police said the ten women had been promised hotel jobs abroad and were held for weeks. Two men who took their "
    "passports were arrested on Monday, and a third is still being sought by investigators in the neighbouring country."
)


def item(title: str, summary: str = "", name: str = "", published: datetime | None = NOW) -> Item:
    identity = Identity(guid=None, link=None, title=f"title:{name or title}")
    return Item("", f"https://paper.example/{name}", title, summary, "en", published, identity)


def stored(stories: tuple[Story, ...], start: int = 1) -> list[Story]:
    """The stories as the database gives them back: with positive ids."""
    return [replace(story, id=number if story.id < 0 else story.id) for number, story in enumerate(stories, start)]


def first_story(title: str = TITLE, summary: str = LEAD) -> Story:
    return stored(assign([item(title, summary)], [], "Paper", NOW).stories)[0]


def test_a_first_hit_opens_a_story() -> None:
    assigned = assign([item(TITLE, LEAD)], [], "Paper", NOW)
    [story] = assigned.stories
    assert assigned.story_ids == (story.id,)
    assert story.id < 0
    assert (story.title, story.outlets, story.first_seen_at, story.last_seen_at) == (TITLE, ("Paper",), NOW, NOW)


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        (TITLE.upper() + "!", "Something else entirely was written below this headline by another desk."),
        ("Locked house: ten women freed", LEAD),
        ("Two arrested", f"{LEAD} Neighbours had heard voices at night, and told the mayor about them last year."),
        (TITLE, ""),
    ],
    ids=["same title", "same lead", "lead within a longer text", "no text"],
)
def test_another_outlet_telling_the_same_joins(title: str, summary: str) -> None:
    story = first_story()
    later = NOW + timedelta(hours=3)
    assigned = assign([item(title, summary)], [story], "Daily", later)
    assert assigned.story_ids == (story.id,)
    [changed] = assigned.stories
    assert changed.outlets == ("Paper", "Daily")
    assert (changed.first_seen_at, changed.last_seen_at) == (NOW, later)


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        ("Man jailed for forced labour on farms", "A court sentenced a farmer to nine years for holding six workers."),
        ("Ten women freed", "A court quashed the sentences of ten women jailed after a protest over wages in spring."),
        ("", ""),
    ],
)
def test_another_event_opens_its_own_story(title: str, summary: str) -> None:
    assert assign([item(title, summary)], [first_story()], "Daily", NOW).story_ids == (-1,)


def test_a_short_title_that_returns_does_not_join_unrelated_texts() -> None:
    story = first_story("Morning briefing", LEAD)
    other = item("Morning briefing", "Rates are held by the central bank; a dam is opened; the league ends in a draw.")
    assert assign([other], [story], "Paper", NOW).story_ids == (-1,)
    assert assign([item("Morning briefing", LEAD)], [story], "Paper", NOW).story_ids == (story.id,)


@pytest.mark.parametrize(
    ("title", "edited", "other"),
    [
        (
            "警方解救十名被锁在边境房屋内的妇女",
            "警方在边境解救十名被锁在房屋内的妇女",
            "中央银行宣布维持利率不变市场反应平静",
        ),
        (
            "ตำรวจช่วยหญิงสิบคนออกจากบ้านที่ถูกล็อกใกล้ชายแดน",
            "ตำรวจช่วยหญิงสิบคนจากบ้านที่ถูกล็อกใกล้ชายแดน",
            "ธนาคารกลางคงอัตราดอกเบี้ยตามที่ตลาดคาดการณ์ไว้",
        ),
        (
            "सीमा के पास बंद घर से दस महिलाओं को मुक्त कराया गया",
            "सीमा के पास बंद घर से दस महिलाएं मुक्त कराई गईं",
            "केंद्रीय बैंक ने ब्याज दरें स्थिर रखीं",
        ),
    ],
    ids=["Chinese", "Thai", "Hindi"],
)
def test_scripts_without_spaces_and_with_vowel_marks_are_compared(title: str, edited: str, other: str) -> None:
    story = first_story(title, "")
    assert assign([item(edited)], [story], "Daily", NOW).story_ids == (story.id,)
    assert assign([item(other)], [story], "Daily", NOW).story_ids == (-1,)


def test_vowel_signs_belong_to_their_words() -> None:
    assert len(fingerprint(item("मुक्त कराया")).words) == 2


def test_an_item_joins_an_open_story_through_another_of_the_same_poll() -> None:
    """The second text resembles the first of this poll, and only that one resembles the story."""
    words = [f"word{number}" for number in range(40)]
    story = first_story(" ".join(words[:20]), "")
    bridge, far = item(" ".join(words[5:25]), name="bridge"), item(" ".join(words[10:30]), name="far")
    assert assign([far], [story], "Daily", NOW).story_ids == (-1,)
    assert assign([far, bridge], [story], "Daily", NOW).story_ids == (story.id, story.id)


def test_of_two_stories_the_closer_one_is_joined_and_where_equal_the_older() -> None:
    words = [f"word{number}" for number in range(20)]
    near = replace(first_story(" ".join(words[:18]), ""), id=7)
    far = replace(first_story(" ".join(words[:14]), ""), id=3)
    told = item(" ".join(words[:17]))
    assert assign([told], [near, far], "Daily", NOW).story_ids == (7,)
    assert assign([told], [near, replace(near, id=9)], "Daily", NOW).story_ids == (7,)
    assert assign([told], [replace(near, id=9), near], "Daily", NOW).story_ids == (7,)


def test_a_story_remembers_a_bounded_number_of_wordings() -> None:
    many = [item(TITLE, f"{LEAD} Edition {number}", name=str(number)) for number in range(3 * MAX_MEMBERS)]
    [story] = assign(many, [], "Paper", NOW).stories
    assert len(story.members) == MAX_MEMBERS


def test_fingerprints_are_the_same_in_every_process() -> None:
    assert fingerprint(item("Ten Women, freed")).words == (679830644, 1273867287, 3976604629)


def test_broken_characters_do_no_harm() -> None:
    assert assign([item("\ud800 \x00", "\ud800")], [], "Paper", NOW).story_ids == (-1,)


VOCABULARY = [f"w{number}" for number in range(12)]
texts = st.lists(st.sampled_from(VOCABULARY), max_size=12).map(" ".join)
items = st.lists(
    st.builds(item, texts, texts, st.text("abc", min_size=1, max_size=6), st.sampled_from([NOW, None])),
    max_size=10,
    unique_by=lambda made: made.url,
)


@given(items, items, st.randoms(use_true_random=False))
def test_the_order_within_a_poll_changes_nothing(before: list[Item], now: list[Item], shuffler: random.Random) -> None:
    open_stories = stored(assign(before, [], "Paper", NOW).stories)
    straight = assign(now, open_stories, "Daily", NOW)
    shuffled = shuffler.sample(now, len(now))
    mixed = assign(shuffled, shuffler.sample(open_stories, len(open_stories)), "Daily", NOW)
    by_url = {told.url: story_id for told, story_id in zip(now, straight.story_ids, strict=True)}
    assert [by_url[told.url] for told in shuffled] == list(mixed.story_ids)
    assert set(mixed.stories) == set(straight.stories)


@given(items, items)
def test_every_item_has_a_story_and_every_changed_story_an_item(before: list[Item], now: list[Item]) -> None:
    open_stories = stored(assign(before, [], "Paper", NOW).stories)
    assigned = assign(now, open_stories, "Daily", NOW)
    assert len(assigned.story_ids) == len(now)
    assert {story.id for story in assigned.stories} == set(assigned.story_ids)
    assert {story.id for story in assigned.stories if story.id > 0} <= {story.id for story in open_stories}
    for story in assigned.stories:
        assert 0 < len(story.members) <= MAX_MEMBERS
        assert "Daily" in story.outlets


@given(items)
def test_what_was_told_once_is_recognised_again(told: list[Item]) -> None:
    """A wording a story remembers opens no other."""
    assigned = assign(told, [], "Paper", NOW)
    with_words = [one for one in told if fingerprint(one).words]
    again = assign(with_words, stored(assigned.stories), "Daily", NOW)
    remembered = {member for story in assigned.stories for member in story.members}
    for one, story_id in zip(with_words, again.story_ids, strict=True):
        assert story_id > 0 or fingerprint(one) not in remembered
