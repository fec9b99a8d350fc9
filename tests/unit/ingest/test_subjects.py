"""Every form of URL that we say we know, and what must never be read as an account."""

import pytest

from services.ingest.subjects.canonical import (
    SubjectProblem,
    SubjectRefused,
    SubjectWarning,
    canonical_subject,
    name_id,
    name_url,
)
from services.ingest.subjects.phones import Phones
from shared.contracts.identifiers import PlatformId
from shared.contracts.report import Identity, SubjectKind

PHONES = Phones(b"a key for the tests")
NUMBER = PHONES.hashed("923001234567")
UC = "UCabcdefghijklmnopqrstuv"
PFBID = "pfbid02abcDEFghiJKLmno"

URLS: dict[str, list[tuple[str, str]]] = {
    "x": [
        ("https://x.com/some_one/status/1790000000000000001", "x:post:1790000000000000001"),
        ("https://twitter.com/some_one/status/20", "x:post:20"),
        ("https://mobile.twitter.com/some_one/statuses/20?s=20&t=abc", "x:post:20"),
        ("https://m.twitter.com/some_one/status/20/", "x:post:20"),
        ("http://www.x.com/some_one/status/20#m", "x:post:20"),
        ("x.com/some_one/status/20", "x:post:20"),
        ("//x.com/some_one/status/20", "x:post:20"),
        ("https://X.COM/Some_One/status/20", "x:post:20"),
        ("https://x.com/i/status/20", "x:post:20"),
        ("https://x.com/i/web/status/20", "x:post:20"),
        ("https://x.com/some_one/status/20/photo/1", "x:post:20"),
        ("https://x.com/some_one/status/20/video/2", "x:post:20"),
        ("https://x.com/1/status/20/photo/1", "x:post:20"),
        ("https://fxtwitter.com/some_one/status/20", "x:post:20"),
        ("https://vxtwitter.com/some_one/status/20", "x:post:20"),
        ("https://fixupx.com/some_one/status/20", "x:post:20"),
        ("https://x.com/Some_One", "x:handle:some_one"),
        ("https://x.com/@Some_One", "x:handle:some_one"),
        ("@Some_One", "x:handle:some_one"),
        ("https://x.com/Some_One/with_replies", "x:handle:some_one"),
        ("https://x.com/i/user/44196397", "x:user:44196397"),
        ("https://twitter.com/intent/user?user_id=44196397", "x:user:44196397"),
        ("https://twitter.com/intent/user?screen_name=Some_One", "x:handle:some_one"),
        ("https://x.com/i/lists/123", "x:list:123"),
        ("https://x.com/i/spaces/1vOGwMdXabcKB", "x:space:1vOGwMdXabcKB"),
        ("https://x.com/i/broadcasts/1vOGwMdXabcKB", "x:broadcast:1vOGwMdXabcKB"),
        ("https://x.com/i/communities/1493446837214187523", "x:community:1493446837214187523"),
    ],
    "youtube": [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=42s", "yt:video:dQw4w9WgXcQ"),
        ("https://youtu.be/dQw4w9WgXcQ?si=x", "yt:video:dQw4w9WgXcQ"),
        ("https://m.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ", "yt:video:dQw4w9WgXcQ"),
        ("https://music.youtube.com/watch?v=dQw4w9WgXcQ", "yt:video:dQw4w9WgXcQ"),
        ("https://youtube.com/shorts/dQw4w9WgXcQ", "yt:video:dQw4w9WgXcQ"),
        ("https://youtube.com/live/dQw4w9WgXcQ", "yt:video:dQw4w9WgXcQ"),
        ("https://youtube.com/embed/dQw4w9WgXcQ", "yt:video:dQw4w9WgXcQ"),
        ("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ", "yt:video:dQw4w9WgXcQ"),
        ("https://youtube.com/v/dQw4w9WgXcQ", "yt:video:dQw4w9WgXcQ"),
        (f"https://youtube.com/channel/{UC}", f"yt:channel:{UC}"),
        (f"https://youtube.com/channel/{UC}/videos", f"yt:channel:{UC}"),
        ("https://youtube.com/@Some.One", "yt:handle:some.one"),
        ("https://youtube.com/@خبریں", "yt:handle:خبریں"),
        ("https://youtube.com/@%D8%AE%D8%A8%D8%B1%DB%8C%DA%BA", "yt:handle:خبریں"),
        ("https://youtube.com/c/SomeOne", "yt:custom:someone"),
        ("https://youtube.com/user/SomeOne", "yt:user:someone"),
        ("https://youtube.com/playlist?list=PL0123456789abcdef", "yt:playlist:PL0123456789abcdef"),
        ("https://youtube.com/post/UgkxAbCdEfGhIjKlMn", "yt:post:UgkxAbCdEfGhIjKlMn"),
        (
            "https://youtube.com/watch?v=dQw4w9WgXcQ&lc=UgzAbCdEfGhIjKlMnOp",
            "yt:comment:UgzAbCdEfGhIjKlMnOp",
        ),
    ],
    "telegram": [
        ("https://t.me/Some_Channel", "tg:channel:some_channel"),
        ("https://telegram.me/some_channel", "tg:channel:some_channel"),
        ("https://telegram.dog/some_channel", "tg:channel:some_channel"),
        ("https://some_channel.t.me", "tg:channel:some_channel"),
        ("https://t.me/s/some_channel", "tg:channel:some_channel"),
        ("tg://resolve?domain=some_channel", "tg:channel:some_channel"),
        ("https://t.me/some_channel/123", "tg:post:some_channel/123"),
        ("https://t.me/some_channel/123?single", "tg:post:some_channel/123"),
        ("https://t.me/some_channel/7/123", "tg:post:some_channel/123"),
        ("https://t.me/s/some_channel/123", "tg:post:some_channel/123"),
        ("https://some_channel.t.me/123", "tg:post:some_channel/123"),
        ("tg://resolve?domain=some_channel&post=123", "tg:post:some_channel/123"),
        ("https://t.me/c/1234567/89", "tg:post:c/1234567/89"),
        ("tg://privatepost?channel=1234567&post=89", "tg:post:c/1234567/89"),
        ("https://t.me/some_channel/123?comment=9", "tg:comment:some_channel/123/9"),
        ("https://t.me/+AbCdEfGh1234", "tg:invite:AbCdEfGh1234"),
        ("https://t.me/joinchat/AbCdEfGh1234", "tg:invite:AbCdEfGh1234"),
        ("tg://join?invite=AbCdEfGh1234", "tg:invite:AbCdEfGh1234"),
        ("https://t.me/+923001234567", f"tg:phone:{NUMBER}"),
        ("tg://resolve?phone=923001234567", f"tg:phone:{NUMBER}"),
        ("tg://user?id=777000", "tg:user:777000"),
    ],
    "facebook": [
        ("https://www.facebook.com/Some.One", "fb:handle:someone"),
        ("https://m.facebook.com/someone", "fb:handle:someone"),
        ("https://mbasic.facebook.com/someone", "fb:handle:someone"),
        ("https://web.facebook.com/someone", "fb:handle:someone"),
        ("https://touch.facebook.com/someone", "fb:handle:someone"),
        ("https://ur-pk.facebook.com/someone", "fb:handle:someone"),
        ("https://fb.com/someone", "fb:handle:someone"),
        ("https://fb.me/someone", "fb:handle:someone"),
        ("https://facebook.com/profile.php?id=100044", "fb:account:100044"),
        ("https://facebook.com/people/Some-One/100044", "fb:account:100044"),
        ("https://facebook.com/pages/Some-One/100044", "fb:account:100044"),
        ("https://facebook.com/100044", "fb:account:100044"),
        ("https://facebook.com/some.one/posts/987", "fb:post:someone/987"),
        ("https://facebook.com/some.one/posts/a-slug/987", "fb:post:someone/987"),
        (f"https://facebook.com/some.one/posts/{PFBID}", f"fb:pfbid:{PFBID}"),
        ("https://facebook.com/story.php?story_fbid=987&id=100044", "fb:post:100044/987"),
        ("https://facebook.com/permalink.php?story_fbid=987&id=100044", "fb:post:100044/987"),
        ("https://facebook.com/groups/55/posts/987", "fb:post:55/987"),
        ("https://facebook.com/groups/55/permalink/987/", "fb:post:55/987"),
        ("https://facebook.com/groups/55", "fb:group:55"),
        ("https://facebook.com/photo?fbid=987", "fb:photo:987"),
        ("https://facebook.com/photo.php?fbid=987&set=a.1", "fb:photo:987"),
        ("https://facebook.com/some.one/photos/a.55/987", "fb:photo:987"),
        ("https://facebook.com/some.one/videos/987", "fb:video:987"),
        ("https://facebook.com/watch/?v=987", "fb:video:987"),
        ("https://facebook.com/reel/987", "fb:video:987"),
        ("https://facebook.com/share/p/AbC123xyz/", "fb:share:p/AbC123xyz"),
        ("https://facebook.com/share/r/AbC123xyz", "fb:share:r/AbC123xyz"),
        ("https://facebook.com/share/v/AbC123xyz", "fb:share:v/AbC123xyz"),
        ("https://fb.watch/AbC123xyz/", "fb:watch:AbC123xyz"),
        ("https://facebook.com/stories/100044/UzpfSVNDOjE=", "fb:url:"),
        ("https://facebook.com/some.one/posts/987?comment_id=55", "fb:comment:55"),
    ],
    "whatsapp": [
        ("https://wa.me/923001234567", f"wa:phone:{NUMBER}"),
        ("https://wa.me/+92-300-1234567", f"wa:phone:{NUMBER}"),
        ("https://api.whatsapp.com/send?phone=923001234567&text=x", f"wa:phone:{NUMBER}"),
        ("https://api.whatsapp.com/send?phone=%2B923001234567", f"wa:phone:{NUMBER}"),
        ("https://web.whatsapp.com/send?phone=923001234567", f"wa:phone:{NUMBER}"),
        ("whatsapp://send?phone=923001234567", f"wa:phone:{NUMBER}"),
        ("https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv", "wa:group:AbCdEfGhIjKlMnOpQrStUv"),
        ("https://whatsapp.com/channel/0029VaAbCdEfGhIjKl", "wa:channel:0029VaAbCdEfGhIjKl"),
        ("https://www.whatsapp.com/channel/0029VaAbCdEfGh/12", "wa:channel:0029VaAbCdEfGh/12"),
    ],
}  # fmt: skip

NEVER_AN_ACCOUNT: list[tuple[str, str]] = [
    ("x", "https://x.com/some_one/status/1/photo/1"),
    ("x", "https://x.com/some_one/status/notanumber"),
    ("x", "https://x.com/some_one/status/20/anything/else"),
    ("x", "https://x.com/i/status/20"),
    ("x", "https://x.com/intent/tweet?text=x"),
    ("x", "https://x.com/search?q=x"),
    ("x", "https://x.com/hashtag/x"),
    ("x", "https://t.co/AbC"),
    ("x", "https://x.com/some_one/../other/status/20"),
    ("x", "https://x.com/some_one%2Fstatus%2F20"),
    ("youtube", "https://youtube.com/watch?v=tooshort"),
    ("youtube", "https://youtube.com/watch?v=dQw4w9WgXcQ&v=another1234"),
    ("youtube", "https://youtube.com/SomeOne"),
    ("telegram", "https://t.me/some_channel/notanumber"),
    ("telegram", "https://t.me/addstickers/Some_Pack"),
    ("telegram", "https://t.me/share/url?url=x"),
    ("facebook", "https://facebook.com/reel/987"),
    ("facebook", "https://facebook.com/share/p/AbC123xyz"),
    ("facebook", "https://facebook.com/share/AbC123xyz"),
    ("facebook", "https://facebook.com/story.php?story_fbid=x&id=100044"),
    ("facebook", "https://fb.me/2AbC9xYz"),
    ("facebook", "https://l.facebook.com/l.php?u=x"),
    ("facebook", "https://facebook.com/memories"),
    ("facebook", "https://facebook.com/checkpoint"),
    ("facebook", "https://business.facebook.com/some.one"),
    ("x", "https://help.x.com/some_one"),
    ("x", "https://x.com/premium_sign_up"),
    ("youtube", "https://studio.youtube.com/channel/UCabcdefghijklmnopqrstuv"),
    ("telegram", "https://web.telegram.org/some_channel"),
    ("telegram", "https://telegram.org/some_channel"),
    ("whatsapp", "https://faq.whatsapp.com/923001234567"),
    ("whatsapp", "https://whatsapp.com/download"),
]

ELSEWHERE: list[tuple[str, str]] = [
    ("x", "https://x.com.evil.example/some_one/status/20"),
    ("x", "https://evilx.com/some_one/status/20"),
    ("youtube", "https://notyoutube.com/watch?v=dQw4w9WgXcQ"),
    ("whatsapp", "https://notwhatsapp.com/channel/0029VaAbCdEfGhIjKl"),
    ("telegram", "https://x.wa.me/some_channel"),
    ("x", "https://youtube.com/watch?v=dQw4w9WgXcQ"),
    ("x", "ftp://x.com/some_one/status/20"),
    ("youtube", "https://x.com/some_one/status/20"),
    ("telegram", "https://a.b.t.me/1"),
    ("facebook", "https://facebook.com.example.org/x"),
    ("whatsapp", "https://t.me/some_channel"),
]

NO_URLS = ["", "   ", "hello", "http://", "https://x.com:8443/a", "https://u@x.com/a",
           "https://x.com@evil.example/a", "javascript:alert(1)", "https://x.com/a b",
           "https://x.com\\@evil.example", "https://[::1]/a", "x" * 3000]  # fmt: skip


@pytest.mark.parametrize(
    ("platform", "url", "expected"),
    [(platform, url, name) for platform, rows in URLS.items() for url, name in rows],
)
def test_each_known_form_has_its_canonical_name(platform: str, url: str, expected: str) -> None:
    found = name_url(PlatformId(platform), url, PHONES).subject_id
    assert found == expected or (expected.endswith(":") and found.startswith(expected))


@pytest.mark.parametrize(
    ("platform", "url"), [(platform, url) for platform, rows in URLS.items() for url, _ in rows]
)
def test_a_redacted_url_names_the_same_subject_and_holds_no_number(platform: str, url: str) -> None:
    redacted = PHONES.redacted_url(url)
    assert "3001234567" not in redacted.replace("-", "")
    assert name_url(PlatformId(platform), redacted, PHONES) == name_url(
        PlatformId(platform), url, PHONES
    )


@pytest.mark.parametrize(("platform", "url"), NEVER_AN_ACCOUNT)
def test_what_is_not_surely_an_account_is_none(platform: str, url: str) -> None:
    name = name_url(PlatformId(platform), url, PHONES)
    assert name.identity is Identity.OPAQUE or SubjectKind.ACCOUNT not in name.kinds


@pytest.mark.parametrize(("platform", "url"), ELSEWHERE)
def test_a_url_of_another_host_is_refused(platform: str, url: str) -> None:
    with pytest.raises(SubjectRefused) as caught:
        name_url(PlatformId(platform), url, PHONES)
    assert caught.value.problem is SubjectProblem.NOT_THIS_PLATFORM


@pytest.mark.parametrize("url", NO_URLS)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(SubjectRefused):
        name_url(PlatformId("x"), url, PHONES)


@pytest.mark.parametrize(
    ("platform", "kind", "text", "expected"),
    [
        ("x", "content", "1790000000000000001", "x:post:1790000000000000001"),
        ("x", "account", "44196397", "x:user:44196397"),
        ("x", "account", "@Some_One", "x:handle:some_one"),
        ("x", "group", "123", "x:community:123"),
        ("youtube", "content", "dQw4w9WgXcQ", "yt:video:dQw4w9WgXcQ"),
        ("youtube", "content", "UgzAbCdEfGhIjKlMnOp", "yt:comment:UgzAbCdEfGhIjKlMnOp"),
        ("youtube", "account", UC, f"yt:channel:{UC}"),
        ("telegram", "group", "-1001234567", "tg:chat:1234567"),
        ("telegram", "content", "-1001234567/89", "tg:post:c/1234567/89"),
        ("telegram", "content", "Some_Channel/89", "tg:post:some_channel/89"),
        ("telegram", "account", "777000", "tg:user:777000"),
        ("facebook", "content", "100044_987", "fb:post:100044/987"),
        ("facebook", "account", "100044", "fb:account:100044"),
        ("facebook", "group", "55", "fb:group:55"),
        ("whatsapp", "account", "923001234567", f"wa:phone:{NUMBER}"),
        ("whatsapp", "account", "+92 300 1234567", f"wa:phone:{NUMBER}"),
        ("whatsapp", "account", "923001234567@s.whatsapp.net", f"wa:phone:{NUMBER}"),
        ("whatsapp", "content", "3EB0C431C26A1D", "wa:message:3EB0C431C26A1D"),
        ("whatsapp", "group", "120363041234567890@g.us", "wa:chat:120363041234567890"),
    ],
)
def test_a_bare_id_means_what_its_kind_says(
    platform: str, kind: str, text: str, expected: str
) -> None:
    assert name_id(PlatformId(platform), SubjectKind(kind), text, PHONES).subject_id == expected


def test_one_phone_number_is_one_subject_however_it_is_written() -> None:
    forms = [
        "923001234567",
        "+923001234567",
        "00923001234567",
        "+92 (300) 123-4567",
        "۹۲۳۰۰۱۲۳۴۵۶۷",
    ]
    names = {
        name_id(PlatformId("whatsapp"), SubjectKind.ACCOUNT, form, PHONES).subject_id
        for form in forms
    }
    assert names == {f"wa:phone:{NUMBER}"}


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://x.com/some_one/status/20", SubjectKind.ACCOUNT),
        ("https://x.com/some_one/status/20", SubjectKind.GROUP),
        ("https://x.com/some_one", SubjectKind.CONTENT),
    ],
)
def test_a_kind_that_the_name_rules_out_is_refused(url: str, kind: SubjectKind) -> None:
    with pytest.raises(SubjectRefused) as caught:
        canonical_subject(PlatformId("x"), kind, url=url, platform_id=None, phones=PHONES)
    assert caught.value.problem is SubjectProblem.KIND_MISMATCH


def test_an_unknown_form_is_opaque_and_warned_of() -> None:
    found = canonical_subject(
        PlatformId("x"),
        SubjectKind.ACCOUNT,
        url="https://x.com/i/moments/1",
        platform_id=None,
        phones=PHONES,
    )
    assert found.subject.subject_id.startswith("x:url:")
    assert found.subject.identity is Identity.OPAQUE
    assert found.warnings == (("url", SubjectWarning.OPAQUE),)


def test_the_id_outranks_the_url_and_the_handle_becomes_an_alias() -> None:
    found = canonical_subject(
        PlatformId("x"),
        SubjectKind.ACCOUNT,
        url="https://x.com/Some_One",
        platform_id="44196397",
        phones=PHONES,
    )
    assert found.subject.subject_id == "x:user:44196397"
    assert found.subject.identity is Identity.STABLE
    assert found.subject.aliases == ("x:handle:some_one",)


def test_two_different_posts_are_never_aliases() -> None:
    found = canonical_subject(
        PlatformId("x"),
        SubjectKind.CONTENT,
        url="https://x.com/some_one/status/20",
        platform_id="21",
        phones=PHONES,
    )
    assert found.subject.subject_id == "x:post:21"
    assert found.subject.aliases == ()
    assert found.warnings == (("url", SubjectWarning.URL_DIFFERS),)
