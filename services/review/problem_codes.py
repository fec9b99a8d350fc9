"""Every code that a problem document can carry: its title, and what to do about it."""

EXPLANATIONS: dict[str, tuple[str, str]] = {
    # what was sent
    "malformed_json": (
        "Cannot be parsed",
        (
            "The body is not one JSON value in UTF-8, or uses what strict JSON does not have: a key"
            " twice, NaN, a number of more than 18 digits, NUL or half a surrogate pair in a text."
        ),
    ),
    "malformed_request": ("Cannot be parsed", "The address holds a NUL."),
    "invalid_body": (
        "Some fields are wrong",
        "The body is JSON, but some of its fields are missing or wrong: `errors` points at each.",
    ),
    "invalid_parameter": (
        "A parameter is wrong",
        "A parameter in the address is missing or wrong: `errors` names each.",
    ),
    "unknown_parameter": (
        "Unknown parameter",
        (
            "The call has no such parameter. It is not passed over, because a filter that is not"
            " applied gives a wrong answer."
        ),
    ),
    "bad_cursor": (
        "Not a cursor of this list",
        (
            "A cursor is good for the list, the owner and the filters that it was made for. Start"
            " from the first page."
        ),
    ),
    "body_too_large": ("Too large", "The body has more bytes than the call takes."),
    "wrong_content_type": ("Wrong type", "The call takes a body of another media type."),
    "wrong_content_encoding": ("Wrong encoding", "The call takes no compressed body."),
    "method_not_allowed": ("Wrong method", "The address exists, the method does not."),
    "http_error": ("Refused", "The server refused the request as it stands."),
    # who asks
    "bad_key": ("No such key", "Send a living key of the platform as Authorization: Bearer."),
    "scope_missing": ("Not allowed", "The key lacks the scope that this call needs."),
    "no_session": (
        "Not logged in",
        "Log in with POST /api/v1/session and send the token as `Authorization: Bearer`.",
    ),
    "bad_credentials": ("Wrong e-mail or password", "The two do not belong together."),
    "csrf": (
        "Not from our own page",
        "A session that is kept in a cookie needs its token in the header `X-CSRF-Token`.",
    ),
    "no_right": ("Not allowed", "None of your roles may do this."),
    "no_access": ("Not allowed", "You are not granted this queue."),
    "own_decision": (
        "Your own decision",
        "Nobody decides on an appeal against their own decision. Another person will.",
    ),
    "rate_limited": (
        "Too many calls",
        "The key has used up its rate. Wait as long as `Retry-After` says; see also `RateLimit`.",
    ),
    "too_many_attempts": (
        "Too many attempts",
        "There were too many log-ins that failed. Wait as long as `Retry-After` says.",
    ),
    # what is not there
    "not_found": ("Not found", "There is nothing at this address, or it is not yours to see."),
    "webhook_not_found": ("No such webhook", "GET /v1/webhooks lists them."),
    "event_not_found": (
        "No such event",
        "It was not sent to this platform, or not of these types.",
    ),
    "case_not_found": ("No such case", "It is not there, or not on a platform granted to you."),
    "queue_not_found": ("No such queue", "GET /api/v1/queues lists them."),
    "decision_not_found": ("No such decision", "It is not there, or not yours to see."),
    "appeal_not_found": ("No such appeal", "It is not there, or not yours to see."),
    "account_not_found": ("No such account", "Nothing is known of it on platforms granted to you."),
    # the present state
    "webhook_exists": ("There already", "The platform has a webhook for this URL."),
    "webhook_disabled": (
        "Disabled",
        "The endpoint answered 410 Gone and gets nothing more. Delete the webhook and add it anew.",
    ),
    "too_many_webhooks": ("Too many webhooks", "Delete one that is not used any more."),
    "receipt_conflict": ("Another receipt", "Its external_id was used with other content."),
    "leased": ("In other hands", "Somebody else works on it now: `by` says who, and until when."),
    "held": ("Held", "Somebody keeps it for later: `by` says who, and until when."),
    "assigned": ("Meant for somebody else", "It was assigned: `by` says to whom."),
    "lease_lost": (
        "You no longer have it",
        "The lease ran out, was given back, or the case was decided: `what` and `by` say so.",
    ),
    "not_claimable": ("Nothing to claim", "The case is not open any more."),
    "not_possible": ("Not possible now", "The case is in a state that does not allow this."),
    "already_decided": (
        "Decided already",
        "Another decision was made under this lease. The first one stands.",
    ),
    "decision_undone": ("Undone", "The decision under this lease was undone. Claim the case anew."),
    "content_changed": (
        "The content changed",
        "It is not what you looked at any more. Look at the case again, then decide.",
    ),
    "cluster_changed": (
        "The cluster changed",
        "Other cases belong to it than those you looked at. Look again, then decide.",
    ),
    "undo_window_over": ("Too late to undo", "The platform has been told of the decision."),
    "superseded": (
        "Something newer stands",
        "Since the decision a new case was opened, or it was reversed: it cannot be undone alone.",
    ),
    "already_reversed": ("Reversed already", "The appealed decision does not stand any more."),
    "appeal_decided": ("Decided already", "The appeal has its outcome: `outcome` says which."),
    # what a decision may say
    "webhook_url_refused": (
        "No webhook goes there",
        "The URL must be https on port 443 or 8443 of a public host: `errors` says what is wrong.",
    ),
    "invalid_decision": (
        "The decision is not complete",
        "Finding, actions and policies do not fit together: `errors` points at what is missing.",
    ),
    "needs_stable_id": (
        "Needs the stable id",
        "The account is known by a name that can change hands. Nothing permanent is done to it.",
    ),
    "policy_not_found": ("No such policy", "`mizan policies list` names them."),
    "invalid_policy": ("Not a policy", "The change says something that a policy cannot be."),
    "not_assignable": ("Cannot take it", "That person is not there, or may not take this case."),
    # us
    "unavailable": ("Not available", "A part of the service does not answer. Try again."),
    "internal": ("Our mistake", "Something went wrong on our side. It is logged."),
}
