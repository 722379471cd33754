"""Answers one after the other: a subscription's events, each for a viewer identified and authorised at that moment.

Every event is an operation of its own: its footing is asked for again (token, consent, purpose), its log entry is
written before it is yielded, and its fields are resolved by the very types a query uses.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import GraphQLError, GraphQLSchema
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from graphql.language import FieldNode, FragmentDefinitionNode, OperationDefinitionNode, OperationType

from schema.changes import ChangeReading, asked_of
from schema.errors import formatted
from schema.execution import ERRORS_MOST, Answer, Executor, Prepared, Request
from schema.selection import Selected
from schema.subscription import NAME
from schema.websocket import Caller
from server.actions import follow
from server.actions.follow import FollowQuery
from server.actions.going_on import go_on
from server.actions.operation import Operation
from server.actions.views import Chosen
from server.audit.entry import Channel
from server.errors import BadInput, Unauthenticated

WAIT_SECONDS = 15.0
"""How long at most until a subscription asks again whether it may go on, when nothing happens."""


@dataclass(slots=True)
class _Place:
    """How far a subscription is."""

    cursor: str | None
    number: int


class Streams:
    """Streams the operations of one executor; ``now`` gives the city's time."""

    def __init__(self, executor: Executor, now: Callable[[], datetime]) -> None:
        self._executor = executor
        self._now = now

    async def stream(self, request: Request, caller: Caller) -> AsyncIterator[Answer]:
        """The answers to a request: one for a query, one per event for a subscription.

        Raises CreditError for what is refused, before the first answer or later on; the stream is over then.
        """
        prepared = self._executor.prepared(request)
        if isinstance(prepared, Answer):
            yield prepared
            return
        kind = prepared.definition.operation
        if kind is OperationType.MUTATION:
            raise BadInput("Mutations are sent by POST only.", code="METHOD_NOT_ALLOWED", status=405)
        if kind is OperationType.QUERY:
            operation = await self._operation(caller)
            yield await self._executor.run(request, operation, mutations=False)
            return
        async for answer in self._events(prepared, request, caller):
            yield answer

    async def _operation(self, caller: Caller) -> Operation:
        at = self._now()
        viewer = await caller.viewer(at)
        if viewer.expires_at is not None and viewer.expires_at <= at:
            raise Unauthenticated("The token has expired.")
        await caller.platform.regimes.fresh(at)
        return Operation(caller.platform, viewer, at, caller.trace_id, Channel.WEB)

    async def _events(self, prepared: Prepared, request: Request, caller: Caller) -> AsyncIterator[Answer]:
        asked, place, selected = await self._asked(prepared, request, caller)
        while True:
            go_on()
            operation = await self._operation(caller)
            # Numbers given from here on are higher, so nothing is slept through.
            before = await caller.platform.changes.last()
            answer, more = await self._next(operation, prepared, request, asked, place, selected)
            if answer is not None:
                yield answer
            if not more:
                await caller.platform.pulse.beyond(before, WAIT_SECONDS)

    async def _asked(
        self, prepared: Prepared, request: Request, caller: Caller
    ) -> tuple[FollowQuery, _Place, Chosen]:
        """The footing, the place to begin at and the selection; refused here is refused before anything happens."""
        field = _root(prepared.definition)
        variables = self._variables(prepared, request)
        given = self._given(field, variables)
        ground = ("consent", "subject", "purpose", "matter", "own")
        asked = asked_of(*(given.get(name) for name in ground))
        selected = self._selected(prepared, field, variables)
        operation = await self._operation(caller)
        try:
            cursor = given.get("since") or await follow.now(operation, asked)
        finally:
            await operation.settle()
        return asked, _Place(cursor, 0), selected

    def _variables(self, prepared: Prepared, request: Request) -> VariableValues:
        found = get_variable_values(
            self._executor.contract.graphql,
            prepared.definition.variable_definitions or (),
            dict(request.variables),
            ERRORS_MOST,
        )
        if isinstance(found, list):
            raise _unfit(found[0])
        return found

    def _given(self, field: FieldNode, variables: VariableValues) -> dict[str, Any]:
        declared = self._executor.contract.graphql.subscription_type
        assert declared is not None
        try:
            return get_argument_values(declared.fields[NAME], field, variables)
        except GraphQLError as error:
            raise _unfit(error) from None

    def _selected(self, prepared: Prepared, field: FieldNode, variables: VariableValues) -> Chosen:
        contract, node = self._executor.contract, prepared.document.node
        assert node is not None
        fragments = {
            one.name.value: one for one in node.definitions if isinstance(one, FragmentDefinitionNode)
        }
        walked = Selected(_Ground(contract.graphql, fragments, variables), contract.record_fields)
        nodes = walked.below([field], "record")
        return Chosen(walked.records(nodes), walked.named(nodes), asked=bool(nodes))

    async def _next(
        self,
        operation: Operation,
        prepared: Prepared,
        request: Request,
        asked: FollowQuery,
        place: _Place,
        selected: Chosen,
    ) -> tuple[Answer | None, bool]:
        """The next event, if there is one, and whether more may follow at once."""
        try:
            page = await follow.changes(operation, asked, place.cursor, 1, selected)
        except BaseException:
            await operation.settle()  # a refusal is logged as well
            raise
        place.cursor = page.end
        if not page.views:
            return None, page.has_next
        event = ChangeReading(page.views[0])
        answer = await self._executor.event(prepared, request, operation, event)
        return answer, True


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the walk over a selection takes from a resolver's info."""

    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    variable_values: VariableValues


def _unfit(error: GraphQLError) -> BadInput:
    return BadInput(str(formatted(error, "")["message"]), code="BAD_REQUEST", rule="arguments")


def _root(definition: OperationDefinitionNode) -> FieldNode:
    """The one root field of a subscription. Raises BadInput where it is wrapped in something."""
    found = definition.selection_set.selections
    if len(found) != 1 or not isinstance(found[0], FieldNode) or found[0].directives:
        raise BadInput(
            "A subscription selects its one root field directly, without a condition.",
            code="BAD_REQUEST",
            rule="one_root_field",
        )
    return found[0]
