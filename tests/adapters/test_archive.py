"""Archives, read record by record: of every format, from a checkpoint on, damaged and hostile ones."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.adapters.archive import FsspecArchive, public_name
from monitor.adapters.tables import MAX_LINE
from monitor.domain.archive import Capture, Checkpoint, Chunk, JsonLine, Raw, Row
from monitor.errors import InputError
from tests.archives import lines, record, web_archive, written
from tests.servers import feed_server_in_thread


def read(path: Path | str, done: Checkpoint | None = None, records: int = 500) -> list[Chunk]:
    archive = FsspecArchive(str(path), records=records)
    return list(archive.chunks(done or Checkpoint(archive.name)))


def every(path: Path | str) -> list[Raw]:
    return [one for chunk in read(path) for one in chunk.records]


@pytest.mark.parametrize("name", ["items.jsonl", "items.jsonl.gz", "no-name-at-all", "wrong.csv"])
def test_json_lines_are_known_by_their_content(tmp_path: Path, name: str) -> None:
    """Blank lines are passed over, and count for the number of a line."""
    path = written(tmp_path / name, b"\xef\xbb\xbf" + lines([record(1)]) + b"\n \n" + lines([record(2)]))
    assert [one.place for one in every(path)] == [1, 4]
    assert all(isinstance(one, JsonLine) for one in every(path))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_are_read_by_their_header(tmp_path: Path, separator: str) -> None:
    """A cell may hold line breaks and separators; the place is the line a row ends in."""
    rows = ["Title", "Link"], ['"Two\nlines, and; more"', "https://a.example/1"], ["Plain", "https://a.example/2"]
    text = "\n".join(separator.join(row) for row in rows)
    path = written(tmp_path / "items.csv", text.encode())
    assert every(path) == [
        Row(3, {"title": "Two\nlines, and; more", "link": "https://a.example/1"}),
        Row(4, {"title": "Plain", "link": "https://a.example/2"}),
    ]


def test_a_bad_row_is_told_and_the_next_one_read(tmp_path: Path) -> None:
    """Too many cells, bytes that are no UTF-8, a cell longer than any item."""
    body = b"title,link\na,b,c\n\xff,d\n" + b"x" * 200_000 + b",e\nf,g\n"
    found = every(written(tmp_path / "items.csv", body))
    assert [one.complaint for one in found] == [
        "3 columns where the first line has 2",
        "not UTF-8",
        "not CSV (field larger than field limit (131072))",
        "",
    ]
    assert found[-1] == Row(5, {"title": "f", "link": "g"})


def test_an_endless_line_costs_itself_only(tmp_path: Path) -> None:
    body = b'{"title": "' + b"x" * (2 * MAX_LINE) + b'"}\n' + lines([record(1)])
    endless, fine = every(written(tmp_path / "items.jsonl", body))
    assert (endless.place, endless.complaint) == (1, "a line of over 5 MB")
    assert (fine.place, fine.complaint) == (2, "")


@pytest.mark.parametrize("packed", [True, False])
def test_web_archives_give_the_responses_that_may_be_pages_or_feeds(tmp_path: Path, packed: bool) -> None:
    """Requests, notes and pictures are left out; the place counts them."""
    body = web_archive(
        [("https://a.example/1", "text/html", b"<p>hello"), ("https://a.example/2", "image/png", b"\x89PNG")],
        packed=packed,
    )
    (page,) = every(written(tmp_path / "crawl.warc", body))
    assert isinstance(page, Capture)
    assert (page.place, page.url, page.body) == (3, "https://a.example/1", b"<p>hello")
    assert page.at is not None
    assert page.at.isoformat() == "2021-05-06T07:08:09+00:00"


def test_pages_of_errors_are_no_news(tmp_path: Path) -> None:
    body = web_archive([("https://a.example/1", "text/html", b"<p>gone")], status="404 Not Found")
    assert every(written(tmp_path / "crawl.warc", body)) == []


def test_chunks_are_bounded_and_say_how_far_they_reach(tmp_path: Path) -> None:
    """The last checkpoint says that the end was reached."""
    path = written(tmp_path / "items.jsonl", lines([record(n) for n in range(7)]))
    chunks = read(path, records=3)
    assert [len(chunk.records) for chunk in chunks] == [3, 3, 1]
    assert [(chunk.before.records, chunk.after.records, chunk.after.finished) for chunk in chunks] == [
        (0, 3, False),
        (3, 6, False),
        (6, 7, True),
    ]
    assert chunks[-1].position == chunks[-1].size == path.stat().st_size


def test_the_first_chunks_are_small_ones(tmp_path: Path) -> None:
    """Something is seen at once, and a small archive keeps several workers busy; a run taken up again has the same."""
    path = written(tmp_path / "titles.csv", b"title\n" + b"t\n" * 10_000)
    chunks = read(path, records=4000)
    assert [len(chunk.records) for chunk in chunks] == [500, 500, 1000, 2000, 4000, 2000]
    assert read(path, chunks[2].before, records=4000) == chunks[2:]


@pytest.mark.parametrize("kind", ["jsonl.gz", "csv", "warc"])
def test_reading_goes_on_at_any_checkpoint(tmp_path: Path, kind: str) -> None:
    """With the same chunks as without a stop."""
    if kind == "warc":
        pages = [(f"https://a.example/{n}", "text/html", b"<p>%d" % n) for n in range(7)]
        path = written(tmp_path / "a.warc", web_archive(pages))
    elif kind == "csv":
        path = written(tmp_path / "a.csv", b"title\n" + b"".join(b"t%d\n" % n for n in range(7)))
    else:
        path = written(tmp_path / "a.jsonl.gz", lines([record(n) for n in range(7)]))
    chunks = read(path, records=2)
    for number, chunk in enumerate(chunks):
        assert read(path, chunk.before, records=2) == chunks[number:]


def test_an_archive_that_grew_gives_what_is_new(tmp_path: Path) -> None:
    path = written(tmp_path / "items.jsonl", lines([record(n) for n in range(3)]))
    end = read(path)[-1].after
    with path.open("ab") as file:
        file.write(lines([record(3)]))
    (chunk,) = read(path, end)
    assert [one.place for one in chunk.records] == [4]


@pytest.mark.parametrize("left", [1, 5])
def test_another_archive_at_the_same_address_is_read_from_its_beginning(tmp_path: Path, left: int) -> None:
    """Longer or shorter than the one before: nothing of it may be passed over."""
    path = written(tmp_path / "items.jsonl", lines([record(n) for n in range(3)]))
    end = read(path)[-1].after
    written(path, lines([record(n) for n in range(10, 10 + left)]))
    (chunk,) = read(path, end)
    assert (chunk.before.records, len(chunk.records)) == (0, left)


def test_what_comes_before_damage_is_given(tmp_path: Path) -> None:
    """The checkpoint does not say that the end was reached."""
    path = written(tmp_path / "items.jsonl.gz", lines([record(n) for n in range(2000)]))
    path.write_bytes(path.read_bytes()[:-2000])
    chunks: list[Chunk] = []
    archive = FsspecArchive(str(path))
    with pytest.raises(InputError, match=r"items\.jsonl\.gz: damaged gzip data .* all before it is stored"):
        chunks.extend(archive.chunks(Checkpoint(archive.name)))
    assert sum(len(chunk.records) for chunk in chunks) > 500
    assert not chunks[-1].after.finished


def test_a_damaged_web_archive_is_told_with_the_record(tmp_path: Path) -> None:
    body = web_archive([("https://a.example/1", "text/html", b"<p>hello")], packed=False)
    path = written(tmp_path / "crawl.warc", body + b"this is no record\r\n\r\n")
    found: list[Raw] = []
    with pytest.raises(InputError, match=r"crawl\.warc:4: damaged web archive"):
        found.extend(one for chunk in FsspecArchive(str(path)).chunks(Checkpoint("")) for one in chunk.records)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty; there is nothing to score"),
        (b"\x89PNG\0\0\0", "none of JSON lines, CSV and WARC"),
        (b"[{}]", "a JSON array; write one object a line"),
        (b"name,age\na,1\n", "its first line names no column title or summary"),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, body: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        every(written(tmp_path / "thing", body))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("/nowhere/items.jsonl", r"/nowhere/items\.jsonl: cannot be read \(No such file or directory\)"),
        ("gopher://a.example/x", "Protocol not known: gopher"),
    ],
)
def test_what_cannot_be_opened_is_named(address: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        every(address)


@pytest.fixture
def served() -> Iterator[str]:
    with feed_server_in_thread() as server:
        server.serve("/items.jsonl.gz", gzip.compress(lines([record(n) for n in range(3)])))
        yield server.url("/items.jsonl.gz")


def test_an_archive_may_lie_on_a_web_server(served: str) -> None:
    assert [one.place for one in every(served)] == [1, 2, 3]


def test_an_address_on_a_web_server_that_leads_nowhere_is_named_without_its_secrets(served: str) -> None:
    with pytest.raises(InputError) as caught:
        every(served + "/missing?key=secret")
    assert "/items.jsonl.gz/missing: cannot be read" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_names_hold_no_credentials() -> None:
    """Neither a password nor the signature of a signed address."""
    assert public_name("https://user:pw@a.example/x.gz?sig=secret#f") == "https://a.example/x.gz"
    assert public_name("s3://bucket/key") == "s3://bucket/key"
    assert Path(public_name("items.jsonl")).is_absolute()
