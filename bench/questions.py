"""The operations that are measured, as a client would send them."""

from __future__ import annotations

from typing import Any

import orjson

from bench.loopback import Ask
from bench.register import COMMON, RARE

_KINDS = "[ADMINISTRATIVE_PENALTY, ADMINISTRATIVE_LICENCE, HONOUR, RED_LIST_ENTRY, EVALUATION]"
_BASIC = "basic { ... on EntityBasic { legalRepresentative establishedOn address status authority businessScope } }"
_RECORDS = f"""records(first: 5, kinds: {_KINDS}) {{
    edges {{ node {{
      __typename id
      ... on AdministrativePenalty {{ documentNumber illegalAct content fineAmount decidedOn }}
      ... on AdministrativeLicence {{ documentNumber documentName content validFrom validTo }}
      ... on Honour {{ title level granter grantedOn validTo }}
      ... on RedListEntry {{ title level granter grantedOn validTo }}
      ... on Evaluation {{ evaluationKind grade standardVersion evaluatedOn validTo }}
    }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}"""

ENTITY_PAGE = f"""query EntityPage($code: String!) {{
  entity(uscc: $code) {{ id name uscc kind area industry {_BASIC} {_RECORDS} }}
}}"""
"""Twelve fields of the entity and its basic record, and five mixed records of five fields."""

SHARED_PAGE = f"""query SharedPage($code: String!) {{
  subjectFile(subject: $code, purpose: INSPECTION, matter: "BENCH-1") {{
    subject {{ id name uscc kind }} purpose matter {_BASIC} {_RECORDS}
  }}
}}"""
"""The same for a government unit with purpose and matter; every answer is logged first."""

SEARCH = """query Search($text: String!) {
  entities(search: $text, first: 20) {
    edges { node { id name uscc kind area industry } }
    pageInfo { hasNextPage endCursor }
  }
}"""

FEED = """query Feed($first: Int!, $after: String) {
  records(first: $first, after: $after) {
    edges { node { __typename id datedOn sourceUnit
      ... on AdministrativePenalty { documentNumber content fineAmount }
      ... on AdministrativeLicence { documentNumber content validTo }
    } }
    pageInfo { hasNextPage endCursor }
  }
}"""

PENALTY = """query Penalty($id: ID!) {
  node(id: $id) { id ... on AdministrativePenalty { documentNumber content publicityTo ruleSet } }
}"""
"""One penalty with the end of its publicity, which the rules in force decide."""


def ask(query: str, variables: dict[str, Any], token: str | None = None) -> Ask:
    """A GraphQL request."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Ask("/graphql", orjson.dumps({"query": query, "variables": variables}), headers)


def common_search() -> tuple[str, dict[str, Any]]:
    """Twenty of the many entities with a common fragment in their names."""
    return SEARCH, {"text": COMMON}


def rare_search() -> tuple[str, dict[str, Any]]:
    """All the few entities with a rare fragment in their names."""
    return SEARCH, {"text": RARE}
