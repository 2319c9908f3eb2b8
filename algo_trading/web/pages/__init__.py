"""The pages, a module for each subject."""

from algo_trading.web.pages import (
    account,
    accounts,
    admin,
    alerts,
    approvals,
    backtests,
    ending,
    instrument,
    instruments,
    join,
    login,
    monitoring,
    overview,
    posts,
    quality,
    signals,
    steering,
    subscriptions,
    trades,
    watch,
)

ROUTERS = tuple(
    module.router
    for module in (
        login,
        join,
        overview,
        instruments,
        instrument,
        posts,
        signals,
        alerts,
        trades,
        watch,
        steering,
        approvals,
        ending,
        accounts,
        backtests,
        monitoring,
        subscriptions,
        quality,
        account,
        admin,
    )
)
