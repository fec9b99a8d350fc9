"""What holds for every URL there could be."""

import contextlib
from urllib.parse import quote

from hypothesis import assume, given
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
# Where a post is named: whatever stands there, understood or not, it is never an account.
POSTS = {
    "x": ["x.com/some_one/status/{}", "x.com/i/status/{}", "x.com/i/web/status/{}",
          "x.com/some_one/status/20/{}", "x.com/some_one/status/20/photo/{}", "t.co/{}",
          "x.com/i/{}/20", "x.com/i/spaces/{}", "x.com/intent/tweet?in_reply_to={}"],
    "youtube": ["youtube.com/watch?v={}", "youtube.com/shorts/{}", "youtu.be/{}",
                "youtube.com/live/{}", "youtube.com/embed/{}", "youtube.com/post/{}",
                "youtube.com/playlist?list={}", "youtube.com/watch?v=dQw4w9WgXcQ&lc={}"],
    "telegram": ["t.me/some_channel/{}", "t.me/s/some_channel/{}", "t.me/c/123/{}",
                 "t.me/some_channel/20?comment={}", "t.me/some_channel/7/{}"],
    "facebook": ["facebook.com/some.one/posts/{}", "facebook.com/groups/55/posts/{}",
                 "facebook.com/story.php?id=1&story_fbid={}", "facebook.com/photo?fbid={}",
                 "facebook.com/permalink.php?id=1&story_fbid={}", "facebook.com/reel/{}",
                 "facebook.com/watch/?v={}", "facebook.com/share/p/{}", "fb.watch/{}",
                 "facebook.com/some.one/videos/{}", "facebook.com/some.one/photos/{}",
                 "facebook.com/some.one/posts/987?comment_id={}", "facebook.com/stories/1/{}",
                 "facebook.com/groups/55/?multi_permalinks={}"],
    "whatsapp": ["whatsapp.com/channel/0029VaAbCdEfGh/{}"],
}  # fmt: skip

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


@given(
    st.sampled_from([(name, form) for name, forms in POSTS.items() for form in forms]),
    st.one_of(st.sampled_from(WORDS), st.text(min_size=1, max_size=20)),
)
def test_no_post_becomes_an_account(case: tuple[str, str], text: str) -> None:
    platform, form = case
    url = form.format(quote(text, safe=""))
    assume(url != "x.com/i/user/20")  # which is X's own way to name an account by its number
    try:
        name = name_url(PlatformId(platform), f"https://{url}", PHONES)
    except SubjectRefused:
        return
    assert SubjectKind.ACCOUNT not in name.kinds or not name.understood


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
