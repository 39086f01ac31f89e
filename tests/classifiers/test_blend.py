"""A service's own stream, blended into the background."""

import pytest

from classifiers import blend as blending
from classifiers.background import Background
from classifiers.blend import blend
from classifiers.rates import PRIOR, Rates
from classifiers.seed import Seed
from classifiers.text import Document
from classifiers.tokens import STEMS, WORDS, read_token
from classifiers.train import train

MARKET = Document("Fish market opens", "The fish market sells cod and hake.", "en")


def test_no_items_change_nothing(tiny_background: Background) -> None:
    """A new service trains as before; an item in an unknown language cannot be counted in any."""
    assert blend(tiny_background, []) is tiny_background
    assert blend(tiny_background, [Document("Fish", "", None)]) is tiny_background


def test_shares_move_with_the_number_of_items(tiny_background: Background) -> None:
    """A few own items change little; as many as PRIOR weigh half; another language is not touched."""
    before = Rates(tiny_background)
    known = before.share(WORDS, "fish", {"en": 1})
    after = Rates(blend(tiny_background, [MARKET] * 100))
    expected = (100 + PRIOR * known) / (100 + PRIOR)
    assert after.share(WORDS, "fish", {"en": 1}) == pytest.approx(expected)
    assert after.share(WORDS, "fish", {"fr": 1}) == before.share(WORDS, "fish", {"fr": 1})
    unseen = after.share(WORDS, "harbour", {"en": 1})
    assert unseen == pytest.approx(before.share(WORDS, "harbour", {"en": 1}) * PRIOR / (100 + PRIOR))


def test_a_language_without_counts_gets_them(tiny_background: Background) -> None:
    """Where only a word list stood, the stream's own words count, pairs as well."""
    lines = [Document("Nuevo mercado de pescado", "El mercado de pescado abre hoy.", "es")] * 50
    before, after = Rates(tiny_background), Rates(blend(tiny_background, lines))
    for view, term in ((WORDS, "mercado de"), (STEMS, read_token("mercado", "es").stem), (WORDS, "pescado")):
        assert after.share(view, term, {"es": 1}) > before.share(view, term, {"es": 1})


def test_own_items_join_the_sample(tiny_background: Background) -> None:
    """Each as the set of its frequent terms, in its own language, behind those of the background."""
    lines = [MARKET, Document("Mercado", "El mercado abre.", "es"), MARKET, MARKET]
    old, new = tiny_background.sample, blend(tiny_background, lines).sample
    assert len(new) == len(old) + 4
    assert new.langs[: len(old.langs)] == old.langs
    assert [new.langs[i] for i in new.lang_of[len(old) :]] == ["en", "es", "en", "en"]
    held = {new.terms[i] for i in new.ids[new.starts[2 * len(old)] : new.starts[2 * len(old) + 2]]}
    assert {"fish market", "hake"} <= held
    assert (new.ids[: len(old.ids)] == old.ids).all()


def test_the_same_items_give_the_same_background(tiny_background: Background) -> None:
    """The checksum tells two streams apart."""
    one, same = blend(tiny_background, [MARKET] * 5), blend(tiny_background, [MARKET] * 5)
    assert one.checksum == same.checksum
    assert (one.sample.ids == same.sample.ids).all()
    assert blend(tiny_background, [MARKET] * 6).checksum != one.checksum


def test_terms_met_once_are_forgotten_before_memory_runs_out(
    tiny_background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frequent ones stay."""
    monkeypatch.setattr(blending, "PRUNE_AT", 50)
    rare = [Document(f"Only{i}x here{i}y", "", "en") for i in range(200)]
    own = blend(tiny_background, [MARKET] * 5 + rare).own["en"]
    assert own.items == 205
    assert own.words["fish market"] == 5
    assert not any(term.startswith("only") for term in own.words)


def test_a_model_learns_what_its_feeds_look_like(few_seeds: list[Seed], tiny_background: Background) -> None:
    """A stream full of one kind of harmless item, in a signal's own words, is raised less."""
    harmless = Document(
        "Police rescue trafficked parrots", "Officers freed the birds; traffickers were arrested.", "en"
    )
    alone, taught = (
        train(few_seeds, background) for background in (tiny_background, blend(tiny_background, [harmless] * 300))
    )
    column = alone.model.signals.index("human_trafficking")
    assert taught.model.decide([harmless])[0, column] < alone.model.decide([harmless])[0, column] - 1
    assert (alone.model.manifest.own_items, taught.model.manifest.own_items) == (0, 300)
