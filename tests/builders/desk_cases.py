"""A case as the desk shows it, with something in every part."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.review.desk.safe_text import Mark, pieces
from services.review.desk.views import (
    AuthorView,
    BarView,
    CaseView,
    ChoicesView,
    DecisionView,
    EventView,
    FactorView,
    LabelView,
    LeaseView,
    MatchView,
    MediaView,
    MemberView,
    ModelView,
    NoteView,
    PolicyView,
    PostView,
    ReportView,
    UndoView,
)

NOW = datetime(2026, 11, 24, 10, 12, 4, tzinfo=UTC)
URDU = "کل جو لوگ چوک پر جمع ہوں گے وہ زندہ واپس نہیں جائیں گے۔ یاد رکھنا ہم نے پہلے بھی کہا تھا۔"


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def bar() -> BarView:
    return BarView(
        reviewer="Amina Khan",
        csrf="csrf-of-the-session",
        held=2,
        undo=UndoView(
            decision_id="dec_1", finding="violation", action="remove", count=3, seconds=8.4
        ),
    )


def lease() -> LeaseView:
    return LeaseView(lease_id="lea_1", token="tok", seconds=271, total_seconds=300)


def a_case() -> CaseView:
    start = URDU.index("زندہ")
    end = URDU.index("۔")
    return CaseView(
        case_id="cas_1",
        version=4,
        content_digest="d1",
        cluster_version=3,
        subject_id="x:post:1790000000000000001",
        subject_url="https://x.com/north_gate_7/status/1790000000000000001",
        kind="content",
        content_kind="post",
        identity="stable",
        platform="x",
        state="queued",
        queue_id="violence",
        queue_title="Violence",
        opened_at=ago(hours=1),
        language="ur",
        text=pieces(URDU, [Mark(start, end, "threat", 0.93)]),
        published_at=ago(minutes=41),
        views=18240,
        shares=412,
        links=("https://example.net/a/long/way?to=nowhere",),
        media=(
            MediaView(
                1, "image", "https://pbs.example/1.jpg", True, (("ocr", pieces("کل 5 بجے")),)
            ),
        ),
        posts=(PostView("parent", "gate_watch", pieces("Who is coming tomorrow?"), ago(hours=2)),),
        author=AuthorView(
            account_id="x:user:44196397",
            handle="north_gate_7",
            display_name="North Gate",
            bio=pieces("We \u202eera\u202c here."),
            country="PK",
            created_at=ago(days=3),
            followers=214,
            decisions=2,
            open_cases=1,
        ),
        model=ModelView(
            violation=0.93,
            labels=(LabelView("threat", 0.93), LabelView("abuse", 0.41)),
            watch_list=(),
            model="linear 1",
        ),
        factors=(
            FactorView("violation", 0.93, 0.93, ""),
            FactorView("severity", 90, 0.9, ""),
            FactorView("reach", 4100, 0.7, ""),
            FactorView("reporters", 11, 0.55, ""),
            FactorView("effort", 2, None, ""),
        ),
        lane=2,
        deadline=None,
        reports=_reports(),
        report_count=14,
        reporter_count=11,
        matches=(
            MatchView("exact", 1.0, "x:post:17", "cas_9", "violation"),
            MatchView("near", 0.91, "x:post:18", None, None),
        ),
        members=(
            MemberView("cas_2", "x:post:1790000000000000002", "gate_north", pieces(URDU)),
            MemberView("cas_3", "x:post:1790000000000000003", None, pieces(URDU)),
        ),
        policies=_policies(),
        choices=ChoicesView(
            subject=("remove", "restrict", "label", "demote", "age_restrict"),
            account=("suspend", "disable", "warn", "strike"),
            account_id="x:user:44196397",
        ),
        events=(
            EventView(ago(minutes=58), "opened", None, None),
            EventView(ago(minutes=31), "cluster_joined", None, None),
            EventView(ago(minutes=14), "skipped", "Bilal", "language"),
        ),
        notes=(NoteView(ago(minutes=5), "Bilal", pieces("Compare with yesterday's.")),),
        decisions=(),
        viewers=(),
    )


def a_decided_case() -> CaseView:
    decision = DecisionView(
        decision_id="dec_7",
        at=ago(hours=5),
        reviewer="Bilal",
        state="final",
        finding="violation",
        actions=("remove",),
        policies=("Threats",),
        reason=pieces("This breaks our policy on: Threats."),
    )
    return replace(a_case(), state="decided", decisions=(decision,), members=())


def _reports() -> tuple[ReportView, ...]:
    return tuple(
        ReportView(
            policy_id=policy,
            policy_title=policy,
            platform_code=code,
            at=ago(minutes=minutes),
            text=pieces(text),
            language=language,
            reporter_kind=kind,
            country=country,
            organisation=organisation,
            evidence=(),
            extra={"queue": "emea"} if code else {},
        )
        for policy, code, minutes, text, language, kind, country, organisation in (
            ("violence", None, 12, "یہ شخص ہمارے محلے والوں کو دھمکی دے رہا ہے۔", "ur",
             "user", "PK", None),
            ("terrorism", "T-12", 19, "Says who he acts for in the last line.", "en",
             "trusted_flagger", None, "North Watch"),
            ("harassment", None, 26, "Please look at the replies too.", "en", "user", None, None),
            ("violence", None, 33, "Same again.", "en", "user", "GB", None),
        )
    )  # fmt: skip


def _policies() -> tuple[PolicyView, ...]:
    ids = ("threat", "violence", "terrorism", "hate", "harassment", "spam", "fraud", "privacy",
           "other", "elections")  # fmt: skip
    return tuple(
        PolicyView(
            policy_id=policy_id,
            version=3,
            title=policy_id.title(),
            text="Threats are not allowed, whoever they are made against.",
            alleged=index in {1, 2},
            chosen=index == 0,
            digit=index + 1 if index < 9 else None,
            appeal_days=180,
        )
        for index, policy_id in enumerate(ids)
    )
