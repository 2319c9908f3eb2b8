"""HTML pages from templates, in the look that the gate's page has, too."""

from typing import Any


def rendered(template: str, **content: Any) -> str:  # noqa: ANN401 - what the template asks for
    """The page; what is inserted is escaped."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    loader = ChoiceLoader([PackageLoader("back_testing.report"), PackageLoader("algo_trading.quality")])
    environment = Environment(loader=loader, undefined=StrictUndefined, autoescape=True, trim_blocks=True)
    return environment.get_template(template).render(**content)
