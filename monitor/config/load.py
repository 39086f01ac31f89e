"""Config file → Config: read, fill in variables, check, follow the files it names."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from monitor.adapters.opml import read_opml
from monitor.config.document import read_document
from monitor.config.explain import explain
from monitor.config.files import Files, why_unreadable
from monitor.config.model import FeedEntry, Settings, read_settings
from monitor.config.problem import InvalidConfigError, KeyPath, Mistake, Problem
from monitor.config.resolved import Config, line_of
from monitor.config.values import address_key, channel_address, web_address
from monitor.config.variables import fill_variables
from monitor.domain.feed import FeedSource
from monitor.errors import InputError


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Load a config file with the variables of `environ`.

    Raises InvalidConfigError with everything that is wrong, each with file, line, key and fix. An empty file is a
    config of defaults, without feeds.
    """
    return _Loading(path, environ).config()


class _Loading:
    """One attempt to load: gathers the files read and the mistakes met on the way."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self._path = path
        self._folder = Path.cwd() / path.parent
        self._environ = environ
        self._files = Files()
        self._lines: Mapping[KeyPath, int] = {}
        self._mistakes: list[Mistake] = []
        self._warnings: list[str] = []

    def config(self) -> Config:
        settings = self._settings(self._text())
        self._mistakes += _contradictions(settings)
        urls = dict(self._channel_urls(settings))
        feeds = tuple(self._feeds(settings))
        if self._mistakes:
            raise self._error()
        if not feeds:
            self._warnings.append(f"{self._path}: feeds: none yet, so nothing will be polled; add one under feeds:")
        if settings.web.public_url and not settings.web.password.get_secret_value():
            closed = "empty, so only this machine can open the pages that web.public_url makes alerts link to"
            self._warnings.append(f"{self._path}: web.password: {closed}")
        return Config(
            path=self._path,
            database=self._folder / settings.database,
            models=self._folder / settings.models,
            seeds=self._folder / settings.seeds,
            poll=settings.poll,
            retention=settings.retention,
            web=settings.web,
            log=settings.log,
            settings=settings,
            feeds=feeds,
            urls=urls,
            lines=self._lines,
            warnings=tuple(self._warnings),
            files=self._files.hashes,
        )

    def _text(self) -> str:
        try:
            body = self._files.read(self._path)
        except OSError as error:
            what = why_unreadable(error)
            fix = "name another with --config or MONITOR_CONFIG, or start from the config.yaml the monitor comes with"
            raise InvalidConfigError([Problem(str(self._path), f"{what}; {fix}")], self._files.hashes) from error
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = body.count(b"\n", 0, error.start) + 1
            problem = Problem(str(self._path), "not UTF-8 text; save the file as UTF-8", line=line)
            raise InvalidConfigError([problem], self._files.hashes) from error

    def _settings(self, text: str) -> Settings:
        document = read_document(text)
        self._lines = document.lines
        self._mistakes += document.mistakes
        filled = fill_variables(document.data, self._environ)
        self._mistakes += filled.mistakes
        read = read_settings(filled.data)
        if isinstance(read, Settings):
            return read
        already = {mistake.path for mistake in self._mistakes}
        found = (explain(complaint, filled.data, filled.from_environment) for complaint in read)
        self._mistakes += [mistake for mistake in found if mistake.path not in already]
        raise self._error()

    def _error(self) -> InvalidConfigError:
        problems = [
            Problem(str(self._path), found.what, found.path, found.line or line_of(found.path, self._lines))
            for found in self._mistakes
        ]
        return InvalidConfigError(problems, self._files.hashes)

    def _channel_urls(self, settings: Settings) -> Iterator[tuple[str, str]]:
        for index, entry in enumerate(settings.alerts.channels):
            if entry.url is not None:
                yield entry.name, entry.url.get_secret_value()
            elif entry.url_file is not None:
                path: KeyPath = ("alerts", "channels", index, "url_file")
                body = self._referenced(entry.url_file, path)
                if body is not None and (url := self._secret_url(body, path)):
                    yield entry.name, url

    def _secret_url(self, body: bytes, path: KeyPath) -> str | None:
        try:
            return channel_address(body.decode("utf-8-sig").strip())
        except UnicodeDecodeError:
            what = "the file it names is not UTF-8 text; save it as UTF-8"
        except ValueError as error:
            what = f"the file it names {'is not usable' if body.strip() else 'is empty'}: {error}"
        self._mistakes.append(Mistake(path, what))
        return None

    def _feeds(self, settings: Settings) -> Iterator[FeedSource]:
        seen: dict[str, int] = {}
        for index, entry in enumerate(settings.feeds):
            if entry.url is not None:
                first = seen.setdefault(address_key(entry.url), index)
                if first != index:
                    what = f"the same address as feeds[{first}]; remove one of the two"
                    self._mistakes.append(Mistake(("feeds", index), what))
                yield _source(entry, entry.url)
        for index, entry in enumerate(settings.feeds):  # after all listed ones: those win over imported ones
            if entry.opml is not None:
                for feed in self._imported(entry, entry.opml, ("feeds", index, "opml")):
                    key = address_key(feed.url)
                    if key not in seen:
                        seen[key] = index
                        yield feed

    def _imported(self, entry: FeedEntry, file: Path, path: KeyPath) -> Iterator[FeedSource]:
        body = self._referenced(file, path)
        if body is None:
            return
        try:
            found = read_opml(body, str(file))
        except InputError as error:
            self._mistakes.append(Mistake(path, str(error)))
            return
        if found.others:
            self._warnings.append(f"{file}: {found.others} entries left out: their address is not http or https")
        for feed in found.feeds:
            try:
                web_address(feed.url)
            except ValueError as error:
                self._warnings.append(f"{file}: {feed.name or 'an entry'} left out: {error}")
                continue
            source = _source(entry, feed.url)
            yield replace(source, name=feed.name, tags=tuple(dict.fromkeys((*entry.tags, *feed.tags))))

    def _referenced(self, file: Path, path: KeyPath) -> bytes | None:
        full = self._folder / file
        try:
            return self._files.read(full)
        except OSError as error:
            what = f"{full}: {why_unreadable(error)}; put the file there or correct the path"
            self._mistakes.append(Mistake(path, what))
            return None


def _source(entry: FeedEntry, url: str) -> FeedSource:
    return FeedSource(
        url=url,
        name=entry.name,
        tags=entry.tags,
        every=entry.every,
        fulltext=entry.fulltext,
        user_agent=entry.user_agent,
        headers={name: value.get_secret_value() for name, value in entry.headers.items()},
    )


def _contradictions(settings: Settings) -> Iterator[Mistake]:
    """What is wrong between keys that are right by themselves."""
    if settings.engine == "dask" and not settings.dask_address:
        yield Mistake(("engine",), "dask needs dask_address, the cluster's scheduler, such as tcp://10.0.0.5:8786")
    names: dict[str, int] = {}
    for index, channel in enumerate(settings.alerts.channels):
        path: KeyPath = ("alerts", "channels", index)
        first = names.setdefault(channel.name, index)
        if first != index:
            what = f"alerts.channels[{first}] has this name already; give each channel its own"
            yield Mistake((*path, "name"), what)
        for position, signal in enumerate(channel.signals):
            if signal not in settings.signals:
                what = f"no such signal; those configured under signals are {', '.join(settings.signals)}"
                yield Mistake((*path, "signals", position), what)
