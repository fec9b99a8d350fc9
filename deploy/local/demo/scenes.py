"""What a desk meets besides single posts: the same text from many accounts, look-alikes, a post
that half the town reports, a brigade, news and support of a group, an authority's list.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from pydantic import JsonValue

from deploy.local.demo.items import Item
from deploy.local.demo.people import AUTHORITY, author, mirror_of, moment, user
from deploy.local.demo.phrasebook import Phrasebook, link
from deploy.local.demo.writer import Sending, Writer

Body = dict[str, JsonValue]
Change = Callable[[Body], Body]

LISTED = 15
VIRAL_REPORTS = 40
BRIGADE_REPORTS = 20


def same_text(writer: Writer, policy_id: str, copies: int) -> list[Sending]:
    """One text by several accounts of a platform, some with changes that hide nothing."""
    book, platform = writer.book(policy_id), writer.platform()
    text = writer.new_text(book, policy_id)
    return [
        writer.report(writer.post(platform, policy_id, variant, book=book, kind=_plain(platform)))
        for variant in (text, *(_disguised(writer, text) for _ in range(copies - 1)))
    ]


def chain_letter(writer: Writer, book: Phrasebook, copies: int) -> list[Sending]:
    """A rumour that is forwarded unchanged through messengers."""
    text = book.filled(book.scenes["chain"], writer.chance)
    return [
        writer.report(
            writer.post(platform, "misinformation", text, book=book, kind="message"),
        )
        for platform in writer.chance.choices(("whatsapp", "telegram"), (3, 1), k=copies)
    ]


def mirrors(writer: Writer, policy_id: str, copies: int) -> list[Sending]:
    """An account, and others that were made to be taken for it."""
    book = writer.book(policy_id)
    platform = writer.chance.choice(("x", "telegram", "facebook", "youtube"))
    first = author(platform, book, writer.chance, writer.now)
    owners = [
        first,
        *(mirror_of(first, platform, writer.chance, writer.now) for _ in range(copies)),
    ]
    items = [writer.holder(platform, policy_id, book=book, owner=owner) for owner in owners]
    about = items[0].owner.bio
    return [writer.report(_saying(item, about)) for item in items]


def viral(writer: Writer) -> list[Sending]:
    """One video, many reporters who know nothing of each other, growing numbers."""
    book = writer.books["en"]
    text = book.scenes["viral"]
    item = writer.post("x", "violence", text, book=book, kind="video")
    sendings = []
    for number in range(VIRAL_REPORTS):
        counted: JsonValue = {
            "views": 4000 + 2900 * number,
            "shares": 90 + 61 * number,
            "observed_at": moment(writer.now),
        }
        who = {**user(book, writer.chance), "id": f"u-{20_000 + number}"}
        sendings.append(writer.report(item, reach=counted, reporter=who))
    return sendings


def brigade(writer: Writer) -> list[Sending]:
    """Many reports in concert against somebody who broke no rule: few heads behind them."""
    book = writer.books["en"]
    item = writer.post("facebook", "fraud", book.scenes["brigaded"], book=book, kind="post")
    members = [None, None, "u-31001", "u-31002", "u-31003"]
    return [
        writer.report(
            item,
            reporter={"kind": "user", "id": writer.chance.choice(members), "language": "en"},
            reason={"policy_id": "fraud", "text": "fake receipts, delete the account"},
        )
        for _ in range(BRIGADE_REPORTS)
    ]


def news_and_support(writer: Writer) -> list[Sending]:
    """The same names in a news report, in a survivor's comment and in an appeal for money."""
    sendings = []
    for book in writer.books.values():
        for scene, platform, kind in (
            ("news", "facebook", "post"),
            ("news_comment", "youtube", "comment"),
            ("support", "telegram", "message"),
        ):
            if scene in book.scenes:
                text = book.scenes[scene]
                item = writer.post(platform, "terrorism", text, book=book, kind=kind)
                sendings += [writer.report(item) for _ in range(writer.chance.choice((1, 2, 3)))]
    return sendings


def authority_list(writer: Writer, platform: str) -> Sending:
    """Fifteen addresses by one authority in one call: posts, and accounts behind some of them."""
    book = writer.book(scene="list")
    who: JsonValue = {"kind": "authority", "organisation_id": AUTHORITY, "id": "desk-7"}
    bodies = []
    for number in range(LISTED):
        text = book.filled(book.scenes["list"], writer.chance)
        item = writer.post(platform, "terrorism", text, book=book, kind=_plain(platform))
        if number % 5 == 4:
            item = writer.holder(platform, "terrorism", book=book)
        reason: JsonValue = {
            "policy_id": "terrorism",
            "platform_code": "L-15",
            "text": f"List of the Ministry, number {number + 1} of {LISTED}",
        }
        bodies.append(
            writer.body(item, reporter=who, reason=reason, urgency="normal", extra={"list": "L-15"})
        )
    return Sending(platform, tuple(bodies))


def edited(writer: Writer) -> tuple[Sending, Sending]:
    """A post as it was reported first, and as it reads after its author has changed it."""
    book = writer.books["en"]
    before = writer.post("facebook", "spam", book.scenes["edited_before"], book=book, kind="post")
    after = replace(before, policy_id="illegal_goods")
    text = book.scenes["edited_after"]
    return writer.report(before), writer.report(_saying(after, text))


def two_bodies(writer: Writer) -> tuple[Sending, Sending]:
    """Two different reports under one id, as a platform with a bug sends them."""
    item = writer.item("harassment")
    first = writer.body(item)
    said = writer.books[item.language].reason("threat", writer.chance)
    second: Body = {**first, "reason": {"policy_id": "threat", "text": said}}
    return Sending(item.platform, (first,)), Sending(item.platform, (second,))


def careless(writer: Writer) -> Sending:
    """A report with one bad detail, which is left out and named in the answer."""
    item = writer.item(writer.chance.choice(("harassment", "spam", "other", "misinformation")))
    body = writer.body(item)
    return Sending(item.platform, (writer.chance.choice(CARELESS)(body),))


def _changed(field: str, **changes: JsonValue) -> Change:
    def change(body: Body) -> Body:
        present = body.get(field)
        return {**body, field: {**(present if isinstance(present, dict) else {}), **changes}}

    return change


def _with(**changes: JsonValue) -> Change:
    return lambda body: {**body, **changes}


CARELESS: Sequence[Change] = (
    _changed("reason", policy_id="rudeness"),
    _changed("content", published_at="yesterday evening"),
    _changed("content", kind="hologram"),
    _changed("reach", views=-3),
    _changed("author", followers="many"),
    _changed("author", country="Marvand"),
    _with(reporter={"kind": "authority", "organisation_id": "self-appointed"}),
    _with(mood="annoyed"),
)


def _plain(platform: str) -> str:
    """The kind of content that is a text and nothing else."""
    return {"youtube": "comment", "telegram": "message", "whatsapp": "message"}.get(
        platform, "post"
    )


def _disguised(writer: Writer, text: str) -> str:
    """The same text to whoever reads it: other letters' case, blanks, marks, another link."""
    match writer.chance.randrange(5):
        case 0:
            return text.upper()
        case 1:
            return text.replace(" ", "  ")
        case 2:
            return f"{text} {link(writer.chance)}"
        case 3:
            return f"‼️ {text} ‼️"
        case _:
            return text


def _saying(item: Item, text: str) -> Item:
    return replace(
        item,
        content={**item.content, "text": text},
        owner=replace(item.owner, bio=text) if item.subject["kind"] != "content" else item.owner,
    )
