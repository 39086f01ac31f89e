"""The keys of `config.yaml`, their types and defaults; `docs/configuration.md` describes each."""

from collections.abc import Callable, Iterator, Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from monitor.config import values
from monitor.config.document import Value
from monitor.config.problem import KeyPath
from monitor.domain.channel import Schedule


def _one(read: Callable[[str], object]) -> Callable[[object], object]:
    def read_one(value: object) -> object:
        if isinstance(value, list | dict):
            raise ValueError("expected one value, not a list or a mapping")  # noqa: TRY004 - pydantic collects ValueErrors only
        return read(value) if isinstance(value, str) else value

    return read_one


def _at_least(least: timedelta) -> AfterValidator:
    def check(value: timedelta | None) -> timedelta | None:
        if value is not None and value < least:
            raise ValueError(f"expected {values.duration_text(least)} or more")
        return value

    return AfterValidator(check)


def _at_most(most: timedelta) -> AfterValidator:
    def check(value: timedelta) -> timedelta:
        if value > most:
            raise ValueError(f"expected {values.duration_text(most)} or less")
        return value

    return AfterValidator(check)


Line = Annotated[str, AfterValidator(values.line_of_text)]
FilledLine = Annotated[str, AfterValidator(values.filled_line)]
Name = Annotated[FilledLine, Field(max_length=100)]
SignalName = Annotated[str, AfterValidator(values.signal_name)]
WebAddress = Annotated[str, AfterValidator(values.web_address)]
DaskAddress = Annotated[str, AfterValidator(values.cluster_address)]
Country = Annotated[str, AfterValidator(values.country)]
Timezone = Annotated[str, AfterValidator(values.timezone_name)]
FilePath = Annotated[Path, BeforeValidator(_one(values.filled_line))]
Duration = Annotated[timedelta, BeforeValidator(_one(values.duration))]
Kept = Annotated[timedelta | None, BeforeValidator(_one(values.duration_or_forever))]
ClockTime = Annotated[time, BeforeValidator(_one(values.clock_time))]
When = Annotated[Schedule, BeforeValidator(_one(values.schedule))]
ChannelAddress = Annotated[SecretStr, BeforeValidator(_one(values.channel_address))]
PingAddress = Annotated[SecretStr, BeforeValidator(_one(values.web_address_or_none))]
Ops = Annotated[Literal["true", "false", "only"], BeforeValidator(_one(values.yes_no_or_only))]
Probability = Annotated[float, Field(ge=0, le=1)]
Threshold = Annotated[float, Field(gt=0, lt=1)]
PerHour = Annotated[int, Field(ge=1, le=10_000)]


class Section(BaseModel):
    """A mapping of the file: its keys are all there are, and a key without a value counts as left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty(cls, data: object) -> object:
        if data is None:
            return {}
        if isinstance(data, dict):
            keys = set(cls.written_keys())
            return {key: value for key, value in data.items() if value is not None or key not in keys}
        return data

    @classmethod
    def written_keys(cls) -> Iterator[str]:
        """The keys as written in the file."""
        return (info.alias or name for name, info in cls.model_fields.items())


class Poll(Section):
    """How feeds are asked."""

    every: Annotated[Duration, _at_least(timedelta(seconds=1))] = timedelta(minutes=15)
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 64
    per_host: Annotated[int, Field(ge=1, le=100)] = 2
    spacing: Annotated[Duration, _at_most(timedelta(minutes=1))] = timedelta(milliseconds=500)
    timeout: Annotated[Duration, _at_most(timedelta(minutes=10))] = timedelta(seconds=20)
    max_bytes: Annotated[ByteSize, Field(ge=1)] = ByteSize(10_000_000)
    contact: Line = ""
    allow_private_addresses: bool = False
    fulltext_share: Probability = 0.05


class FeedEntry(Section):
    """One feed, or an OPML file of feeds to which the other keys then apply. A bare address stands for `{url: …}`."""

    url: WebAddress | None = None
    opml: FilePath | None = None
    name: Line = ""
    tags: tuple[Name, ...] = ()
    every: Annotated[Duration, _at_least(timedelta(seconds=1))] | None = None
    fulltext: Literal["off", "gray", "always"] = "off"
    user_agent: FilledLine | None = None
    headers: Mapping[Name, SecretStr] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _accept_bare_address(cls, data: object) -> object:
        return {"url": data} if isinstance(data, str) else data

    @field_validator("headers")
    @classmethod
    def _keep_headers_on_one_line(cls, headers: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
        for value in headers.values():
            values.line_of_text(value.get_secret_value())
        return headers

    @model_validator(mode="after")
    def _have_one_source(self) -> "FeedEntry":
        if (self.url is None) == (self.opml is None):
            raise ValueError("expected either url (one feed) or opml (a file of feeds)")
        if self.opml is not None and self.name:
            raise ValueError("name goes with url; the feeds of an OPML file bring their own names")
        return self


class Signal(Section):
    """What makes a score a hit."""

    threshold: Threshold = 0.5


class ChannelEntry(Section):
    """Where alerts go, and which."""

    name: Name
    url: ChannelAddress | None = None
    url_file: FilePath | None = None
    signals: tuple[SignalName, ...] = ()
    min_score: Probability | None = None
    countries: tuple[Country, ...] = ()
    when: When = Schedule()
    restrained: bool = False
    max_per_hour: PerHour | None = None
    ops: Ops = "false"

    @model_validator(mode="after")
    def _have_one_address(self) -> "ChannelEntry":
        if (self.url is None) == (self.url_file is None):
            raise ValueError("expected either url (an Apprise URL) or url_file (a file that holds it)")
        return self


class QuietHoursEntry(Section):
    """Hours in which alerts wait."""

    start: ClockTime = Field(alias="from")
    end: ClockTime = Field(alias="to")
    timezone: Timezone = "UTC"
    except_score: Probability | None = None

    @model_validator(mode="after")
    def _last_some_time(self) -> "QuietHoursEntry":
        if self.start == self.end:
            raise ValueError("from and to are the same time; leave quiet_hours out to have none")
        return self


class Alerts(Section):
    """Who is told what, and when."""

    channels: tuple[ChannelEntry, ...] = ()
    quiet_hours: QuietHoursEntry | None = None
    max_per_hour: PerHour = 20
    ping_url: PingAddress = SecretStr("")


class Retention(Section):
    """How long things are kept; None = for ever."""

    items: Annotated[Kept, _at_least(timedelta(days=1))] = timedelta(days=180)
    hits: Annotated[Kept, _at_least(timedelta(days=1))] = None


class Web(Section):
    """Where the pages, health and metrics are served; port 0 takes any free port."""

    host: Name = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    password: SecretStr = SecretStr("")
    public_url: str = ""

    @field_validator("public_url")
    @classmethod
    def _be_an_address_or_empty(cls, value: str) -> str:
        return values.web_address(value).rstrip("/") if value else ""


class Log(Section):
    """What is written to stderr."""

    level: Literal["debug", "info", "warning", "error", "critical"] = "info"
    format: Literal["text", "json"] = "text"

    @field_validator("level", "format", mode="before")
    @classmethod
    def _accept_capitals(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value


class Settings(Section):
    """The whole file."""

    database: FilePath = Path("data/monitor.db")
    models: FilePath = Path("data/models")
    seeds: FilePath = Path("seeds")
    poll: Poll = Poll()
    feeds: tuple[FeedEntry, ...] = ()
    signals: Annotated[Mapping[SignalName, Signal], Field(min_length=1)] = Field(
        default_factory=lambda: {"foreign_fighter_recruitment": Signal(), "human_trafficking": Signal()}
    )
    alerts: Alerts = Alerts()
    retention: Retention = Retention()
    web: Web = Web()
    log: Log = Log()
    engine: Literal["local", "dask"] = "local"
    dask_address: DaskAddress = ""


Complaint = tuple[str, KeyPath, Mapping[str, Any], str]
"""A validation error: its type, where, its numbers, pydantic's own words."""


def read_settings(data: Value) -> Settings | list[Complaint]:
    """Settings of plain data, or everything that is wrong with it."""
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False)
        return [(item["type"], item["loc"], item.get("ctx", {}), item["msg"]) for item in details]


def section_at(path: KeyPath) -> type[Section]:
    """The innermost section around a key path, to know which keys could have stood there."""
    section: type[Section] = Settings
    for step in path:
        info = next((info for name, info in section.model_fields.items() if step in (info.alias, name)), None)
        inner = _section_in(info.annotation) if info else None
        section = inner or section
    return section


def _section_in(annotation: object) -> type[Section] | None:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for part in get_args(annotation) if (found := _section_in(part))), None)
