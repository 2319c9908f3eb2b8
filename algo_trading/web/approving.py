"""What the page, the link of a mail and the API share about orders that wait for a person."""

from collections.abc import Iterable

from algo_trading.bootstrap import App
from algo_trading.domain.user import User
from algo_trading.errors import AlgoTradingError
from algo_trading.queries.approvals import ApprovalLine
from algo_trading.web.refusals import RefusedError
from algo_trading.web.visible import visible_names

ANSWERS = {"approve": True, "reject": False}


def visible_lines(application: App, user: User, lines: Iterable[ApprovalLine]) -> list[ApprovalLine]:
    """All of them for an owner, those of their accounts for a member."""
    own = visible_names(application, user)
    return [line for line in lines if line.approval.account in own]


def seen_line(application: App, user: User, client_order_id: str) -> ApprovalLine:
    """The question about an order, if one may answer it: of others nobody learns whether they are there."""
    found = application.read_approvals().one(client_order_id)
    if found is None or not visible_lines(application, user, [found]):
        raise RefusedError(404, "No such order waits for approval", "The page Approvals has those that you may answer.")
    return found


def answer(application: App, line: ApprovalLine, user: User, *, approved: bool, where: str) -> str:
    """Record an answer and send what waits, as the command line does; returns how the order stands.

    Raises:
        AlreadyAnsweredError: somebody was faster, or the time is over.
    """
    order_id = line.approval.client_order_id
    answered = application.answer_approval()(order_id, approved=approved, by=user.name, where=where)
    try:
        application.send_orders()(answered.account)
    except AlgoTradingError as error:
        return f"{answered.sentence}; it was not sent yet, the next dispatch goes on: {error}"
    order = application.accounts.order(order_id)
    assert order is not None
    return f"{answered.sentence}; {order.side} {order.series}: {order.status}"
