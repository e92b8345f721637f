"""Plain words: short sentences, the field's terms, and pages that are easy to read."""

from __future__ import annotations

import re

import pytest

from tests.docs.prose import EASE, LONGEST, PLAIN, Text, ease, ease_by_page, texts, words

TEXTS = list(texts())


def test_no_sentence_is_longer_than_25_words() -> None:
    long = [
        f"{text.place}: {sentence}"
        for text in TEXTS
        for sentence in text.sentences()
        if len(words(sentence)) > LONGEST
    ]
    assert not long, "\n".join(long)


@pytest.mark.parametrize("pattern", PLAIN)
def test_words_are_plain(pattern: str) -> None:
    found = [
        f"{text.place}: {text.words}"
        for text in TEXTS
        if re.search(rf"\b{pattern}\b", text.words, re.IGNORECASE)
    ]
    assert not found, f"write {PLAIN[pattern]!r} instead:\n" + "\n".join(found)


def test_every_page_is_easy_to_read() -> None:
    hard = {name: round(value) for name, value in ease_by_page().items() if value < EASE}
    assert not hard


def test_reading_ease_and_length_are_measured() -> None:
    assert ease(["The cat sat on the mat. It was warm."]) > 90
    assert ease(["Organisational interoperability necessitates comprehensive documentation."]) < 0
    (sentence,) = Text("", "one two `code of many words` [four five](six.md)").sentences()
    assert len(words(sentence)) == 5
