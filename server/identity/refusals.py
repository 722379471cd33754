"""Why a token is not believed: one short reason code and one sentence each, never a piece of the token."""

from __future__ import annotations

from enum import StrEnum

from server.errors import JSON, Unauthenticated


class Reason(StrEnum):
    """The reason codes, stable for clients and for the log."""

    AUTHORIZATION_REPEATED = "authorization_repeated"
    AUTHORIZATION_TOO_LARGE = "authorization_too_large"
    SCHEME_REFUSED = "scheme_refused"
    TOKEN_MALFORMED = "token_malformed"
    ALGORITHM_REFUSED = "algorithm_refused"
    TYPE_WRONG = "type_wrong"
    HEADER_REFUSED = "header_refused"
    ISSUER_UNKNOWN = "issuer_unknown"
    KEY_UNKNOWN = "key_unknown"
    KEYS_UNAVAILABLE = "keys_unavailable"
    SIGNATURE_WRONG = "signature_wrong"
    AUDIENCE_WRONG = "audience_wrong"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_NOT_YET_VALID = "token_not_yet_valid"
    LIFETIME_EXCESSIVE = "lifetime_excessive"
    CLAIM_MISSING = "claim_missing"
    CLAIM_INVALID = "claim_invalid"
    ROLE_UNKNOWN = "role_unknown"
    ROLE_REFUSED = "role_refused"
    ASSURANCE_INSUFFICIENT = "assurance_insufficient"


SENTENCES: dict[Reason, str] = {
    Reason.AUTHORIZATION_REPEATED: "The request carries more than one Authorization header.",
    Reason.AUTHORIZATION_TOO_LARGE: "The Authorization header is larger than 8 KiB.",
    Reason.SCHEME_REFUSED: "The Authorization header must be 'Bearer' followed by one access token.",
    Reason.TOKEN_MALFORMED: "The access token is not a signed JWT in compact form.",
    Reason.ALGORITHM_REFUSED: "The access token is signed with an algorithm that is not accepted here.",
    Reason.TYPE_WRONG: "The token is not an access token: its type must be 'at+jwt' (RFC 9068).",
    Reason.HEADER_REFUSED: "The access token's header asks for a feature that is not accepted here.",
    Reason.ISSUER_UNKNOWN: "The access token does not come from an issuer trusted here.",
    Reason.KEY_UNKNOWN: "The access token is signed with a key its issuer does not publish.",
    Reason.KEYS_UNAVAILABLE: "The keys of the access token's issuer cannot be had at present.",
    Reason.SIGNATURE_WRONG: "The access token's signature does not match.",
    Reason.AUDIENCE_WRONG: "The access token is meant for another service.",
    Reason.TOKEN_EXPIRED: "The access token has expired.",
    Reason.TOKEN_NOT_YET_VALID: "The access token is not valid yet.",
    Reason.LIFETIME_EXCESSIVE: "The access token lives longer than is accepted here.",
    Reason.CLAIM_MISSING: "The access token lacks a claim this caller needs.",
    Reason.CLAIM_INVALID: "A claim of the access token is not acceptable.",
    Reason.ROLE_UNKNOWN: "The access token names no role known here.",
    Reason.ROLE_REFUSED: "The access token's issuer may not vouch for this role.",
    Reason.ASSURANCE_INSUFFICIENT: "The real-name check behind the token is not strong enough (Art. 32).",
}


def refused(reason: Reason, claim: str | None = None) -> Unauthenticated:
    """The refusal for `reason`; `claim` names the claim concerned, one of those this room knows."""
    extra: dict[str, JSON] = {"reason": reason.value}
    sentence = SENTENCES[reason]
    if claim is not None:
        extra["claim"] = claim
        sentence = f"{sentence.removesuffix('.')}: {claim}."
    return Unauthenticated(sentence, extra=extra)
