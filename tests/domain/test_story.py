"""Hits about one event join one story, whatever the outlet, the wording's edges or the order they came in."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.item import Identity, Item
from monitor.domain.resemblance import fingerprint
from monitor.domain.story import MAX_MEMBERS, STORY_WINDOW, Story, Told, assign, fingerprints, search_terms

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)

TITLE = "Ten women freed from a locked house near the border"
LEAD = (
    "Police said the ten women had been promised hotel jobs abroad and were held for weeks. Two men who took their "
    "passports were arrested on Monday, and a third is still being sought by investigators in the neighbouring country."
)
COMMON = frozenset(
    {"a", "and", "are", "at", "be", "for", "from", "had", "in", "is", "it", "of", "on", "the", "to", "who"}
)


def weigh(text: str, _lang: str | None) -> dict[str, float]:
    """Names and other words alike, but for the commonest."""
    words = {word.strip(".,:;!?'\"").casefold() for word in text.split()}
    return dict.fromkeys(words - COMMON - {""}, 1.0)


def item(title: str, summary: str = "", name: str = "", published: datetime | None = NOW) -> Item:
    identity = Identity(guid=None, link=None, title=f"title:{name or title}")
    return Item("", f"https://paper.example/{name}", title, summary, "en", published, identity)


def stored(stories: tuple[Story, ...], start: int = 1) -> list[Story]:
    """The stories as the database gives them back: with positive ids."""
    return [replace(story, id=number if story.id < 0 else story.id) for number, story in enumerate(stories, start)]


def first_story(title: str = TITLE, summary: str = LEAD, at: datetime = NOW) -> Story:
    return stored(assign([item(title, summary, published=at)], [], "Paper", at, weigh).stories)[0]


def test_a_first_hit_opens_a_story() -> None:
    assigned = assign([item(TITLE, LEAD)], [], "Paper", NOW, weigh)
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
        ("Third suspect sought after women are freed near border", "He is said to have promised them hotel jobs."),
    ],
    ids=["same title", "same lead", "lead within a longer text", "no text", "other words"],
)
def test_another_outlet_telling_the_same_joins(title: str, summary: str) -> None:
    story = first_story()
    later = NOW + timedelta(hours=3)
    assigned = assign([item(title, summary, published=later)], [story], "Daily", later, weigh)
    assert assigned.story_ids == (story.id,)
    [changed] = assigned.stories
    assert changed.outlets == ("Paper", "Daily")
    assert (changed.first_seen_at, changed.last_seen_at) == (NOW, later)


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        ("Man jailed for forced labour on farms", "A court sentenced a farmer to nine years for holding six workers."),
        ("Ten women freed", "A court quashed the sentences passed over wage protests in spring, its clerk announced."),
        ("", ""),
    ],
)
def test_another_event_opens_its_own_story(title: str, summary: str) -> None:
    other = "Bank robbers tunnel into vault of capital's museum" if title.startswith("Ten") else TITLE
    assert assign([item(title, summary)], [first_story(other)], "Daily", NOW, weigh).story_ids == (-1,)


def test_the_same_names_days_later_are_another_event() -> None:
    """What joins within the hour does not join after four days; the very same text still does."""
    story = first_story()
    follow_up = "Ten women freed in spring to testify as trial opens, judge rules"
    again = NOW + 4 * DAY
    assert assign([item(follow_up)], [story], "Daily", NOW, weigh).story_ids == (story.id,)
    assert assign([item(follow_up, published=again)], [story], "Daily", again, weigh).story_ids == (-1,)
    assert assign([item(TITLE, LEAD, published=again)], [story], "Daily", again, weigh).story_ids == (story.id,)


def test_old_news_read_now_does_not_join_todays_story() -> None:
    """What counts is when an item was published, and when it was first seen only where it bears no date."""
    story, old = first_story(), NOW - STORY_WINDOW - DAY
    assert assign([item(TITLE, LEAD, published=old)], [story], "Daily", NOW, weigh).story_ids == (-1,)
    assert assign([item(TITLE, LEAD, published=None)], [story], "Daily", NOW, weigh).story_ids == (story.id,)


def test_rare_words_decide_over_common_ones() -> None:
    """Two reports that share a name are one event, two that share what all hits are full of are not."""

    def telling(text: str, _lang: str | None) -> dict[str, float]:
        return {word: 8.0 if word[:1].isupper() else 1.0 for word in text.split()}

    story = stored(assign([item("court in Okapi jails three traffickers")], [], "Paper", NOW, telling).stories)[0]
    assert assign([item("sentence for gang that sold girls at Okapi")], [story], "D", NOW, telling).story_ids == (1,)
    assert assign([item("court in Tapir jails three traffickers")], [story], "D", NOW, telling).story_ids == (-1,)


def test_several_near_reports_together_outweigh_what_one_alone_would() -> None:
    words = [f"word{number}" for number in range(40)]
    one = " ".join(words[:14])
    far = item(" ".join([*words[:2], *words[20:32]]))
    alone = first_story(one, "")
    assert assign([far], [alone], "Daily", NOW, weigh).story_ids == (-1,)
    often = [item(" ".join([*words[:11], f"extra{number}"]), name=str(number)) for number in range(3)]
    [busy] = stored(assign(often, [alone], "Daily", NOW, weigh).stories)
    assert assign([far], [busy], "Third", NOW, weigh).story_ids == (busy.id,)


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
def test_without_counts_scripts_without_spaces_and_with_vowel_marks_are_compared(
    title: str, edited: str, other: str
) -> None:
    [story] = stored(assign([item(title)], [], "Paper", NOW).stories)
    assert assign([item(edited)], [story], "Daily", NOW).story_ids == (story.id,)
    assert assign([item(other)], [story], "Daily", NOW).story_ids == (-1,)


def test_an_item_joins_an_open_story_through_another_of_the_same_poll() -> None:
    """The second text resembles the first of this poll, and only that one resembles the story."""
    words = [f"word{number}" for number in range(60)]
    story = first_story(" ".join(words[:20]), "")
    bridge = item(" ".join(words[10:30]), name="bridge", published=NOW)
    far = item(" ".join(words[20:40]), name="far", published=NOW + timedelta(minutes=1))
    assert assign([far], [story], "Daily", NOW, weigh).story_ids == (-1,)
    assert assign([far, bridge], [story], "Daily", NOW, weigh).story_ids == (story.id, story.id)


def test_of_two_stories_the_closer_one_is_joined_and_where_equal_the_older() -> None:
    words = [f"word{number}" for number in range(20)]
    near = replace(first_story(" ".join(words[:18]), ""), id=7)
    far = replace(first_story(" ".join(words[:14]), ""), id=3)
    told = item(" ".join(words[:17]))
    assert assign([told], [near, far], "Daily", NOW, weigh).story_ids == (7,)
    assert assign([told], [near, replace(near, id=9)], "Daily", NOW, weigh).story_ids == (7,)
    assert assign([told], [replace(near, id=9), near], "Daily", NOW, weigh).story_ids == (7,)


def test_a_story_remembers_a_bounded_number_of_wordings_the_latest() -> None:
    many = [
        item(TITLE, f"{LEAD} Edition {number}", name=str(number), published=NOW + timedelta(minutes=number))
        for number in range(3 * MAX_MEMBERS)
    ]
    [story] = assign(many, [], "Paper", NOW, weigh).stories
    latest = many[-MAX_MEMBERS:]
    assert story.members == tuple(fingerprint(one, one.published_at or NOW, weigh) for one in latest)


def test_broken_characters_do_no_harm() -> None:
    assert assign([item("\ud800 \x00", "\ud800")], [], "Paper", NOW).story_ids == (-1,)


VOCABULARY = [f"w{number}" for number in range(12)]
texts = st.lists(st.sampled_from(VOCABULARY), max_size=12).map(" ".join)
times = st.sampled_from([NOW, NOW + DAY, NOW - 2 * DAY, None])
items = st.lists(
    st.builds(item, texts, texts, st.text("abc", min_size=1, max_size=6), times),
    max_size=10,
    unique_by=lambda made: made.url,
)


@given(items, items, st.randoms(use_true_random=False))
def test_the_order_within_a_poll_changes_nothing(before: list[Item], now: list[Item], shuffler: random.Random) -> None:
    open_stories = stored(assign(before, [], "Paper", NOW, weigh).stories)
    straight = assign(now, open_stories, "Daily", NOW, weigh)
    shuffled = shuffler.sample(now, len(now))
    mixed = assign(shuffled, shuffler.sample(open_stories, len(open_stories)), "Daily", NOW, weigh)
    by_url = {told.url: story_id for told, story_id in zip(now, straight.story_ids, strict=True)}
    assert [by_url[told.url] for told in shuffled] == list(mixed.story_ids)
    assert set(mixed.stories) == set(straight.stories)


@given(items, items)
def test_every_item_has_a_story_and_every_changed_story_an_item(before: list[Item], now: list[Item]) -> None:
    open_stories = stored(assign(before, [], "Paper", NOW, weigh).stories)
    assigned = assign(now, open_stories, "Daily", NOW, weigh)
    assert len(assigned.story_ids) == len(now)
    assert {story.id for story in assigned.stories} == set(assigned.story_ids)
    assert {story.id for story in assigned.stories if story.id > 0} <= {story.id for story in open_stories}
    for story in assigned.stories:
        assert len(story.members) <= MAX_MEMBERS
        assert "Daily" in story.outlets


@given(items)
def test_what_was_told_once_is_recognised_again(told: list[Item]) -> None:
    """A wording a story remembers opens no other, and adds nothing to what is remembered."""
    first = stored(assign(told, [], "Paper", NOW, weigh).stories)
    remembered = {member for story in first for member in story.members}
    again = [one for one in told if fingerprint(one, one.published_at or NOW, weigh) in remembered]
    assigned = assign(again, first, "Daily", NOW, weigh)
    assert all(story_id > 0 for story_id in assigned.story_ids)
    assert {member for story in assigned.stories for member in story.members} <= remembered


@given(items, items)
def test_stories_without_a_key_of_the_items_may_be_left_out(before: list[Item], now: list[Item]) -> None:
    """No text here has more words than keys, so the candidates by key are all there are."""
    open_stories = stored(assign(before, [], "Paper", NOW, weigh).stories)
    keys = search_terms(fingerprints([Told(one, "desk", NOW) for one in now], weigh))
    fewer = [story for story in open_stories if any(keys & set(member.keys) for member in story.members)]
    assert assign(now, fewer, "Daily", NOW, weigh) == assign(now, open_stories, "Daily", NOW, weigh)
