"""From a request to an answer: parse and validate once per text, weigh, execute, log, and only then hand out."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from graphql import ExecutionResult, GraphQLError, execute, parse, validate
from graphql.language import (
    DirectiveNode,
    DocumentNode,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    visit,
)

from schema.build import Contract
from schema.errors import formatted, refusal, status_of
from schema.lean import LeanExecutor, is_coroutine
from schema.limits import TOKENS_MOST, size_of, sizes, weigh
from server.actions.operation import Operation
from server.errors import BadInput, CreditError
from server.rules.decision import Decision, FieldState

_LONG_NUMBER = re.compile(r"[0-9]{64}")
"""No argument takes such a number, and the language refuses to read one of thousands of digits."""

REMEMBERED = 1_024
ERRORS_MOST = 20
_NUMBER = re.compile(r"[0-9]{15}")
WEIGHED_MOST = 128


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller sent, its shape already checked."""

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of the answer, the HTTP status it asks for, and whether anything but published data is in it."""

    body: dict[str, Any]
    status: int
    public: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A text once parsed, with what follows from it alone.

    ``merged`` remembers merged selections and walks, None where a condition (``@include``, ``@skip``) makes
    them depend on variables; ``weighed`` the operations found light enough, by the sizes they were asked for.
    """

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...]
    digest: str
    sizes: tuple[str, ...] = ()
    merged: dict[Any, Any] | None = None
    weighed: set[tuple[Any, ...]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Prepared:
    """One operation of a document that may be executed."""

    document: Document
    definition: OperationDefinitionNode


@dataclass(frozen=True, slots=True)
class Context:
    """What resolvers find in ``info.context``."""

    operation: Operation
    record_fields: Mapping[str, frozenset[str]]
    merged: dict[Any, Any] | None = None


class Executor:
    """Executes operations of one contract; remembers parsed and validated documents, never values."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._documents: OrderedDict[str, Document] = OrderedDict()

    def prepared(self, request: Request) -> Prepared | Answer:
        """The operation a request names, parsed, validated and weighed; the answer where that fails."""
        if _LONG_NUMBER.search(request.query):
            long = BadInput(
                "A number in the document has too many digits.", code="BAD_REQUEST", rule="number"
            )
            return Answer({"errors": [refusal(long)]}, 400, public=False)
        document = self._document(request.query)
        if document.node is None or document.errors:
            errors = [formatted(one, "") for one in document.errors[:ERRORS_MOST]]
            return Answer({"errors": errors}, 400, public=False)
        try:
            definition = _operation_in(document.node, request.operation_name)
            _weigh(document, definition, request)
        except CreditError as error:
            return Answer({"errors": [refusal(error)]}, error.status, public=False)
        return Prepared(document, definition)

    async def run(self, request: Request, operation: Operation, *, mutations: bool = True) -> Answer:
        """The answer to a request. Everything non-public in it is in the log when this returns."""
        prepared = self.prepared(request)
        if isinstance(prepared, Answer):
            return prepared
        kind = prepared.definition.operation
        if kind is OperationType.SUBSCRIPTION or (kind is OperationType.MUTATION and not mutations):
            way = "a websocket" if kind is OperationType.SUBSCRIPTION else "POST"
            refused = BadInput(
                f"This kind of operation is sent by {way} only.", code="METHOD_NOT_ALLOWED", status=405
            )
            return Answer({"errors": [refusal(refused)]}, refused.status, public=False)
        return await self.event(prepared, request, operation, None)

    async def event(self, prepared: Prepared, request: Request, operation: Operation, root: Any) -> Answer:
        """Execute an operation over ``root``: None for a query or mutation, the event for a subscription."""
        operation.name = _name_for_log(prepared.definition)
        operation.digest = prepared.document.digest
        result = await self._execute(prepared.document, request, operation, root)
        try:
            await operation.settle()
        except CreditError as error:
            return Answer({"errors": [refusal(error)]}, error.status, public=False)
        return _answer(result, operation, prepared.definition)

    async def _execute(
        self, document: Document, request: Request, operation: Operation, root: Any
    ) -> ExecutionResult:
        assert document.node is not None
        result: ExecutionResult | Awaitable[ExecutionResult] = execute(
            self.contract.graphql,
            document.node,
            root_value=root,
            context_value=Context(operation, self.contract.record_fields, document.merged),
            variable_values=dict(request.variables),
            operation_name=request.operation_name,
            max_coercion_errors=ERRORS_MOST,
            executor_class=LeanExecutor,
            is_awaitable=is_coroutine,
        )
        return await result if isawaitable(result) else result

    def _document(self, text: str) -> Document:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        found = self._documents.get(digest)
        if found is not None:
            self._documents.move_to_end(digest)
            return found
        try:
            node = parse(text, max_tokens=TOKENS_MOST, no_location=False)
            errors = validate(self.contract.graphql, node, max_errors=ERRORS_MOST)
            merged: dict[Any, Any] | None = None if errors or _has_conditions(node) else {}
            made = Document(node, tuple(errors), digest, sizes(node), merged)
        except GraphQLError as error:
            made = Document(None, (error,), digest)
        except RecursionError:
            made = Document(None, (GraphQLError("The document is nested too deeply."),), digest)
        self._documents[digest] = made
        if len(self._documents) > REMEMBERED:
            self._documents.popitem(last=False)
        return made


class _Conditions(Visitor):
    found = False

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self.found = True


def _has_conditions(node: DocumentNode) -> bool:
    visitor = _Conditions()
    visit(node, visitor)
    return visitor.found


def _weigh(document: Document, definition: OperationDefinitionNode, request: Request) -> None:
    """Weigh an operation once for the same sizes. Raises BadInput for one that is too heavy."""
    assert document.node is not None
    sent = request.variables
    # A variable that is not sent stands for its default, which is the operation's own.
    key = (id(definition), *[size_of(sent[name]) if name in sent else None for name in document.sizes])
    if key in document.weighed:
        return
    weigh(document.node, definition, request.variables)
    if len(document.weighed) < WEIGHED_MOST:
        document.weighed.add(key)


def _operation_in(node: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [one for one in node.definitions if isinstance(one, OperationDefinitionNode)]
    if name is not None:
        operations = [one for one in operations if one.name and one.name.value == name]
    if len(operations) != 1:
        raise BadInput(
            "operationName must name exactly one operation of the document.",
            field="operationName",
            rule="one_operation",
        )
    return operations[0]


def _name_for_log(definition: OperationDefinitionNode) -> str:
    """The operation's name as it stands in the log; none when it could carry an ID number there."""
    name = definition.name.value if definition.name else ""
    return "" if _NUMBER.search(name) else name


def _answer(result: ExecutionResult, operation: Operation, definition: OperationDefinitionNode) -> Answer:
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [formatted(one, operation.trace_id) for one in result.errors]
    status = 200
    if result.data is None and result.errors:
        status = 400 if all(not one.path for one in result.errors) else 200
    if result.errors and all(status_of(one) == 503 for one in result.errors):
        status = 503
    if result.data is not None or not result.errors or any(one.path for one in result.errors):
        body["data"] = result.data
    if operation.explained:
        body["extensions"] = {
            "access": [_explained(name, one) for name, one in sorted(operation.explained.items())]
        }
    public = operation.viewer.anonymous and not result.errors
    return Answer(body, status, public=public and definition.operation is OperationType.QUERY)


def _explained(coordinate: str, decision: Decision) -> dict[str, Any]:
    rule = decision.rule
    made: dict[str, Any] = {
        "coordinate": coordinate,
        "state": decision.state.value,
        "rule": rule.code,
        "article": rule.article,
        "sentence": rule.sentence.en,
        "sentenceZh": rule.sentence.zh,
        "needs": rule.needs,
    }
    if decision.state is FieldState.MASKED:
        made["mask"] = decision.mask
    return made
