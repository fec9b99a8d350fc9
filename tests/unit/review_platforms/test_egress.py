"""Nothing but the public Internet is reached, however an address is spelt."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from services.review.webhooks.egress import Forbidden, Guard, Unresolved
from services.review.webhooks.sending import Sender, Signed

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"

REFUSED = [
    "http://example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "https://",
    "https:///path",
    "https://user:secret@example.org/",
    "https://example.org:0/",
    "https://example.org:22/",
    "https://example.org:25/",
    "https://example.org:6379/",
    "https://example.org:65536/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://169.254.169.254/",
    "https://100.64.0.1/",
    "https://192.0.0.1/",
    "https://198.18.0.1/",
    "https://198.19.255.255/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://240.0.0.1/",
    "https://203.0.113.5/",
    "https://[::1]/",
    "https://[::]/",
    "https://[fc00::1]/",
    "https://[fd12::1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:808:808::]/",
    "https://[2001:0:808:808::1]/",
    "https://[2001:db8::1]/",
    "https://[100::1]/",
    "https://[3fff::1]/",
    "https://localhost/",
    "https://a.localhost/",
    "https://localhost./",
    "https://metadata/",
    "https://db.internal/",
    "https://printer.local/",
    "https://1.0.0.127.in-addr.arpa/",
    "https://example.org./",
    "https://example.123/",
    "https://exam_ple.org/",
    "https://-example.org/",
    "https://example.org#fragment",
    "https://ex\\ample.org/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://exаmple.org/",
    "https://[::1]:443@example.org/",
    "https://[::1",
    "https://example.org:x/",
]


def guard(*answers: str, loopback: bool = False) -> Guard:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return answers

    return Guard(allow_loopback=loopback, resolve=resolve)


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_not_a_public_https_url_is_refused(url: str) -> None:
    with pytest.raises(Forbidden):
        guard().target(url)


def test_a_line_break_in_a_url_is_refused() -> None:
    with pytest.raises(Forbidden):
        guard().target("https://example.org/\r\nHost: other")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/hook?x=1",
        "https://example.org:8443/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://xn--bcher-kva.example.com/",
    ],
)
def test_a_public_https_url_is_taken(url: str) -> None:
    target = guard().target(url)
    assert target.scheme == "https"
    assert target.path.startswith("/")


PRIVATE_ANSWERS = [
    ("10.0.0.1",),
    ("93.184.215.14", "10.0.0.1"),
    ("93.184.215.14", "::1"),
    ("::ffff:10.0.0.1",),
    ("fe80::1%eth0",),
    ("127.0.0.1",),
]


@pytest.mark.parametrize("answers", PRIVATE_ANSWERS)
async def test_a_name_of_which_one_answer_is_private_is_refused(answers: tuple[str, ...]) -> None:
    there = guard(*answers)
    with pytest.raises(Forbidden):
        await there.address(there.target("https://example.org/"))


async def test_the_address_that_was_checked_is_the_one_that_is_used() -> None:
    asked = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    there = Guard(allow_loopback=False, resolve=rebinding)
    assert await there.address(there.target("https://example.org/")) == "93.184.215.14"
    assert asked == ["example.org"]


async def test_a_name_that_leads_inside_when_an_event_is_sent_gets_nothing() -> None:
    async def inside(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    sender = Sender(Guard(allow_loopback=False, resolve=inside))
    signed = Signed("https://example.org/hook", (SECRET,), "evt", "{}")
    answer = await sender.send(signed, datetime(2026, 11, 20, tzinfo=UTC))
    await sender.close()
    assert (answer.status, answer.error) == (
        None,
        "not allowed: the name leads to an address that is not public",
    )


async def test_a_name_without_an_address_may_have_one_later() -> None:
    with pytest.raises(Unresolved):
        await guard().address(guard().target("https://example.org/"))


async def test_development_opens_loopback_and_nothing_else() -> None:
    there = guard("127.0.0.1", loopback=True)
    for url in ("http://127.0.0.1:9000/hook", "http://[::1]:9000/", "http://localhost:9000/"):
        assert await there.address(there.target(url))
    for url in ("http://10.0.0.1:9000/", "http://example.org/", "https://192.168.0.1/"):
        with pytest.raises(Forbidden):
            there.target(url)
