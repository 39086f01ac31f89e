"""Plain text → document → passages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.text import MAX_BODY, MAX_PASSAGES, PASSAGE, Document, document_from_text, is_furniture, passages

PAGE = """© 2024 KXYZ All Rights Reserved
Listen Live
0:00 0:00
Next Up:

Court hears how recruiters sent Kenyan guards to the front

By Jane Doe
Updated May 3, 2024 at 10:12 AM

NAIROBI — Prosecutors say the men were promised jobs. They were given rifles instead.

Subscribe to our newsletter
Copyright 2024 KXYZ
"""


def test_the_headline_is_found_behind_page_furniture() -> None:
    """Menus, rights, bylines and times are left out of headline and body."""
    document = document_from_text(PAGE)
    assert document.title == "Court hears how recruiters sent Kenyan guards to the front"
    assert document.body == ("NAIROBI — Prosecutors say the men were promised jobs. They were given rifles instead.")


def test_a_paragraph_is_no_headline() -> None:
    """A text that opens with prose is all body."""
    prose = "The men left in May. They were promised jobs as guards. In Moscow they signed papers they could not read."
    assert document_from_text(prose) == Document("", prose)


def test_a_single_line_is_a_headline() -> None:
    """A headline alone is a document."""
    assert document_from_text("Women freed from farm\n").title == "Women freed from farm"


def test_chinese_needs_fewer_characters() -> None:
    """A headline without spaces is still found."""
    assert document_from_text("登录\n警方捣毁人口贩卖团伙\n警方周二表示。").title == "警方捣毁人口贩卖团伙"


@pytest.mark.parametrize(
    "line", ["Play Live Radio", "© 2023 ABC", "By Jane O'Neil", "12:30", "Read more", "Все права защищены"]
)
def test_furniture_is_known(line: str) -> None:
    assert is_furniture(line)


@pytest.mark.parametrize("line", ["Police free 12 women", "Men who signed up tell of beatings", "战争"])
def test_news_is_no_furniture(line: str) -> None:
    assert not is_furniture(line)


def test_a_feed_item_is_one_passage() -> None:
    """Items of usual length are scored as they are."""
    item = Document("Title", "x " * 250, "en")
    assert passages(item) == [item]


def test_a_long_body_is_cut_at_sentences() -> None:
    """Every passage keeps the headline; none is longer than a feed item; no sentence is cut."""
    body = " ".join(f"Sentence number {i} tells of the trial." for i in range(60))
    parts = passages(Document("Title", body, "en"))
    assert len(parts) > 1
    assert {part.title for part in parts} == {"Title"}
    assert all(len(part.body) <= PASSAGE for part in parts)
    assert " ".join(part.body for part in parts) == body


@given(st.text(max_size=3000))
def test_any_text_is_a_document(text: str) -> None:
    """Whatever the text, there is a document and at least one passage, all within bounds."""
    parts = passages(document_from_text(text))
    assert 1 <= len(parts) <= MAX_PASSAGES
    assert all(len(part.body) <= PASSAGE for part in parts)


def test_a_huge_text_is_bounded() -> None:
    """Five megabytes cost no more than the part that is read."""
    document = document_from_text("word " * 1_000_000)
    assert len(document.body) <= MAX_BODY
    assert len(passages(document)) <= MAX_PASSAGES
