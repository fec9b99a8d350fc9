"""Bodies that /openapi.json shows. Each is accepted as it stands, without a warning."""

from pydantic import JsonValue

REPORT: dict[str, JsonValue] = {
    "external_id": "abuse-889123",
    "reported_at": "2026-11-20T09:14:03Z",
    "urgency": "normal",
    "reason": {
        "policy_id": "terrorism",
        "subtype": None,
        "platform_code": "T-12",
        "text": "praises the attack",
    },
    "reporter": {"id": "u-5521", "kind": "user", "language": "ur", "country": "PK"},
    "subject": {
        "kind": "content",
        "url": "https://x.com/some_handle/status/1790000000000000001",
        "platform_id": None,
    },
    "content": {
        "kind": "post",
        "text": "they had it coming, more will follow",
        "language": "en",
        "published_at": "2026-11-20T08:00:00Z",
        "media": [
            {
                "kind": "image",
                "url": "https://media.example.org/1.jpg",
                "sha256": "9f" * 32,
                "pdq": "f0" * 32,
                "pdq_quality": 92,
                "mime": "image/jpeg",
                "transcript": None,
                "ocr_text": None,
            }
        ],
        "links": ["https://example.org/video"],
    },
    "author": {
        "id": "44196397",
        "handle": "some_handle",
        "display_name": "Some Name",
        "bio": "from here",
        "country": None,
        "created_at": "2026-11-19T00:00:00Z",
        "followers": 1200,
        "avatar_pdq": "0f" * 32,
        "links": [],
    },
    "context": {
        "parent": {
            "platform_id": "1790000000000000000",
            "author_id": "44196398",
            "text": "what happened there?",
            "published_at": "2026-11-20T07:59:00Z",
        },
        "quoted": None,
        "thread": [],
    },
    "evidence": ["https://x.com/some_handle/status/1790000000000000002"],
    "reach": {"views": 12000, "shares": 340, "observed_at": "2026-11-20T09:10:00Z"},
    "extra": {"ticket": "A-17"},
}
APPEAL: dict[str, JsonValue] = {
    "external_id": "appeal-1",
    "decision_id": "dec_0193f0c2",
    "report_id": None,
    "appellant": {"kind": "owner", "id": "44196397", "language": "ur"},
    "text": "The post quotes a newspaper.",
    "submitted_at": "2026-11-21T10:00:00Z",
}
