"""From where media may be loaded, and on whose terms it is shown."""

import pytest

from services.review.desk.media import Term, differences, may_load, own_terms, terms_named

ORIGINS = "https://pbs.example https://*.cdn.example http://127.0.0.1:*"


@pytest.mark.parametrize(
    "url", ["https://pbs.example/a.jpg", "https://a.b.cdn.example/x", "http://127.0.0.1:8000/x.png"]
)
def test_media_of_a_named_origin_is_loaded(url: str) -> None:
    assert may_load(url, ORIGINS)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "http://pbs.example/a.jpg",
        "https://pbs.example:8443/a.jpg",
        "https://pbs.example.evil.example/a.jpg",
        "https://pbs.example@evil.example/a.jpg",
        "http://127.0.0.1:80@evil.example/a.jpg",
        "https://pbs.example:port/a.jpg",
    ],
)
def test_nothing_else_is_loaded(url: str | None) -> None:
    assert not may_load(url, ORIGINS)


def test_no_origin_means_no_media() -> None:
    assert not may_load("https://pbs.example/a.jpg", "")


def test_a_reader_differs_from_the_organisation_term_by_term() -> None:
    usual = terms_named("blur mute")
    own = differences(usual, frozenset({Term.BLUR, Term.GREY}))
    assert own == {Term.GREY: True, Term.MUTE: False}
    assert own_terms(usual, own) == {Term.BLUR, Term.GREY}


def test_what_a_reader_did_not_set_follows_the_organisation() -> None:
    assert own_terms(terms_named("still"), {Term.GREY: True}) == {Term.STILL, Term.GREY}
