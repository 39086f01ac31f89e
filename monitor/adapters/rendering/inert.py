"""Foreign text → the same text without a meaning in any service's markup."""

import re

_BREAK = "\u200b"
"""Zero-width space: nobody sees it, and no service reads on across it."""

_LOOKALIKES = str.maketrans({"*": "∗", "`": "'", "~": "∼", "|": "∣", "\\": "∖"})
"""Characters whose markup cannot be ended by a zero-width space everywhere."""

_BROKEN = re.compile(
    r"""
      [@<]                                  # mentions, tags
    | \#(?=\S)                              # hashtags, channels, issues
    | &(?=\#?\w+;)                          # HTML entities
    | \$(?=\$)                              # formulas
    | :(?=//|[\w+\-]+:)                     # bare links, emoji codes
    | (?<!\S)/(?=\w)                        # commands
    | (?<=\w)\.(?=[^\W\d_]{2,})             # bare domains, which some services make links of
    """,
    re.VERBOSE,
)
_EMPHASIS = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])|_{2,}")


_ROUND = str.maketrans("[]", "()")


def inert(text: str, *, brackets: bool = True) -> str:
    """Text in which no service finds a mention, link, emphasis, code, emoji code or tag; it reads as before.

    A backslash would do only where the service knows it, and is shown in previews on phones.

    Args:
        text: on one line.
        brackets: False makes square brackets round, for services where they are the title of a link.
    """
    text = text if brackets else text.translate(_ROUND)
    text = _EMPHASIS.sub(lambda found: "ˍ" * len(found[0]), text.translate(_LOOKALIKES))
    return _BROKEN.sub(lambda found: f"{found[0]}{_BREAK}", text)
