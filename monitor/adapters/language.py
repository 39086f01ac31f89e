"""Which language a text is in (py3langid), with the feed's own word as a prior."""

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

SHORTEST = 15
"""Letters below which detection is a guess and the feed's declaration is taken."""

CONFIDENT = 0.5
"""Least share of the probability that a detection without a declaration to back it must have."""

SAMPLE = 240
"""Characters looked at: on real news items, more of them changed no answer."""

BENEFIT = 0.2
"""A declared language is believed down to this share of the likeliest one's probability: near languages mix."""

NEWS_LANGUAGES = (
    "af", "am", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu",
    "fa", "fi", "fr", "ga", "gl", "gu", "ha", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk",
    "km", "kn", "ko", "ku", "ky", "lo", "lt", "lv", "mg", "mk", "ml", "mn", "mr", "ms", "my", "ne", "nl", "no",
    "om", "or", "pa", "pl", "ps", "pt", "ro", "ru", "rw", "si", "sk", "sl", "sn", "so", "sq", "sr", "sv", "sw",
    "ta", "te", "tg", "th", "tk", "tl", "tr", "uk", "ur", "uz", "vi", "xh", "yo", "zh", "zu",
)  # fmt: skip
"""ISO 639-1. Without this limit, Latin, Esperanto and dialects are found in headlines."""

_OTHER_CODES = {
    "iw": "he", "in": "id", "nb": "no", "nn": "no", "fil": "tl", "eng": "en", "fra": "fr", "fre": "fr", "spa": "es",
    "deu": "de", "ger": "de", "rus": "ru", "ara": "ar", "zho": "zh", "chi": "zh", "por": "pt", "hin": "hi",
    "nep": "ne",
}  # fmt: skip


def declared(tag: str | None) -> str | None:
    """The ISO 639-1 code of a language tag (`en-US`, `pt_BR`, `fil`), or None where it is not one."""
    code = (tag or "").strip().lower().replace("_", "-").partition("-")[0]
    code = _OTHER_CODES.get(code, code)
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None


def detect(text: str, prior: str | None = None) -> str | None:
    """ISO 639-1 code of a text, None where neither it nor the `prior` (a declared code) tells.

    Many sites declare the language of their software; so a long text outvotes the declaration.
    """
    text = text[:SAMPLE]
    if sum(map(str.isalpha, text)) < SHORTEST:
        return prior
    best, probability = _identifier().classify(text)
    if prior not in {None, best} and dict(_identifier().rank(text)).get(prior, 0.0) >= BENEFIT * probability:
        return prior
    return str(best) if probability >= CONFIDENT else prior


@cache
def _identifier() -> LanguageIdentifier:
    known = LanguageIdentifier.from_model_file(MODEL_FILE)
    known.set_languages(NEWS_LANGUAGES)
    # The library keeps half-precision numbers, a language's side by side. A text needs the rows of its features, as
    # single-precision numbers: laid out so once, they are read in half the time. The table of all languages goes.
    table = known.nb_ptc.astype("float32", order="C")
    return LanguageIdentifier(
        table, known.nb_pc, known.nb_classes, known.tk_nextmove, known.tk_output, norm_probs=True, tk_row=known.tk_row
    )
