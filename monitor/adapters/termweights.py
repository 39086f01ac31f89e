"""How telling a word is for an event: the rarer in its language and among the signals' own texts, the more."""

import math
from collections.abc import Mapping

import numpy as np

from classifiers.tokens import stemmed, surfaces
from monitor.adapters.classify import ModelScorer
from monitor.ports import Geographer

COUNTRY_SHARE = 0.15
"""Share of hits taken to name any one country: it is the same in all languages and for its people, but tells little."""

_REFERENCE = "en"


class TermWeights:
    """Weighs words in nats of surprise, by what the training of the model in use found out about them."""

    def __init__(self, scorer: ModelScorer, geographer: Geographer) -> None:
        self._commonness = scorer.commonness
        self._geographer = geographer

    def __call__(self, text: str, lang: str | None) -> Mapping[str, float]:
        """The distinct stems of a text and the countries it names, with the weight of each."""
        weights = {f"@{code}": -math.log(COUNTRY_SHARE) for code in self._geographer.countries(text, lang)}
        lang = lang or _REFERENCE
        stems = list({stemmed(surface, lang) for surface in set(surfaces(text))})
        rarity = -np.log(self._commonness.share(stems, lang))
        return weights | dict(zip(stems, rarity.tolist(), strict=True))
