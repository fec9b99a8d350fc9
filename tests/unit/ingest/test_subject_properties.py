"""What holds for every URL there could be."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.subjects.canonical import SubjectRefused, canonical_subject, name_id, name_url
from services.ingest.subjects.phones import Phones, redacted_text
from shared.contracts.identifiers import PlatformId
from shared.contracts.report import SubjectKind

PHONES = Phones(b"a key for the tests")
HOSTS = {
    "x": ["x.com", "twitter.com", "mobile.twitter.com", "t.co"],
    "youtube": ["youtube.com", "youtu.be", "m.youtube.com"],
    "telegram": ["t.me", "telegram.me", "abcde.t.me"],
    "facebook": ["facebook.com", "m.facebook.com", "fb.watch", "fb.me"],
    "whatsapp": ["wa.me", "chat.whatsapp.com", "whatsapp.com", "api.whatsapp.com"],
}
WORDS = ["status", "i", "web", "user", "posts", "videos", "reel", "share", "p", "c", "s",
         "channel", "watch", "shorts", "groups", "permalink", "photo", "1", "20", "some_one",
         "send",
         "dQw4w9WgXcQ", "923001234567", "+AbCdEfGh1", "@name", "story.php", "..",
         "%2e%2e"]  # fmt: skip
QUERIES = ["", "?v=dQw4w9WgXcQ", "?id=1&story_fbid=2", "?phone=923001234567"]
POST_MARKS = {"status", "statuses", "posts", "permalink", "reel", "videos", "shorts"}

platforms = st.sampled_from(sorted(HOSTS)).map(PlatformId)
segments = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=12)), max_size=5)


@st.composite
def urls(draw: st.DrawFn) -> tuple[PlatformId, list[str], str]:
    platform = draw(platforms)
    path = draw(segments)
    query = draw(
        st.sampled_from(["", "?v=dQw4w9WgXcQ", "?id=1&story_fbid=2", "?phone=923001234567"])
    )
    host = draw(st.sampled_from(HOSTS[platform]))
    return platform, path, f"https://{host}/{'/'.join(path)}{query}"


@given(platforms, st.sampled_from(SubjectKind), st.text(), st.text())
def test_nothing_but_a_refusal_is_ever_raised(
    platform: PlatformId, kind: SubjectKind, url: str, platform_id: str
) -> None:
    for fields in ((url, None), (None, platform_id), (url, platform_id)):
        with contextlib.suppress(SubjectRefused):
            canonical_subject(platform, kind, url=fields[0], platform_id=fields[1], phones=PHONES)


@given(urls())
def test_the_redacted_url_gives_the_same_name(case: tuple[PlatformId, list[str], str]) -> None:
    platform, _, url = case
    try:
        name = name_url(platform, url, PHONES)
    except SubjectRefused:
        return
    assert name_url(platform, PHONES.redacted_url(url), PHONES) == name


@given(urls())
def test_no_post_becomes_an_account(case: tuple[PlatformId, list[str], str]) -> None:
    platform, path, url = case
    try:
        name = name_url(platform, url, PHONES)
    except SubjectRefused:
        return
    between = path[1:]  # a first word could be somebody's handle
    if len(between) > 1 and POST_MARKS & set(between[:-1]) and name.understood:
        assert name.kinds != frozenset({SubjectKind.ACCOUNT})


@given(urls(), st.sampled_from(["?utm_source=x", "#part"]))
def test_spelling_of_host_and_slashes_do_not_matter(
    case: tuple[PlatformId, list[str], str], tail: str
) -> None:
    platform, path, url = case
    if "?" in url or any(part == "" or "/" in part for part in path):
        return
    try:
        name = name_url(platform, url, PHONES)
    except SubjectRefused:
        return
    if name.understood and "#" not in url:
        scheme, _, rest = url.partition("://")
        host, _, path_text = rest.partition("/")
        again = name_url(platform, f"{scheme.upper()}://{host.upper()}/{path_text}/{tail}", PHONES)
        assert again == name


@given(platforms, st.sampled_from(SubjectKind), st.text(min_size=1))
def test_the_same_id_gives_the_same_name_with_blanks_around_it(
    platform: PlatformId, kind: SubjectKind, text: str
) -> None:
    assert name_id(platform, kind, text, PHONES) == name_id(platform, kind, f" {text} ", PHONES)


@given(st.text())
def test_redaction_is_idempotent(text: str) -> None:
    once = redacted_text(text)
    assert redacted_text(once) == once
