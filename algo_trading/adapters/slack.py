"""The channel `slack`: an incoming webhook of Slack, or of a server that speaks its form (Mattermost)."""

from typing import Any

from pydantic import SecretStr

from algo_trading.adapters.http_channel import HttpChannel, checked_address, client_of
from algo_trading.adapters.message import message_of, shortened_to
from algo_trading.adapters.retries import Reply
from algo_trading.errors import ServiceUnavailableError
from algo_trading.gateways.channels import Mail, UndeliverableError
from algo_trading.plugins import Context, Plugin, PluginConfig

MOST = 39_000  # characters; Slack cuts after 40,000
SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})  # the only characters that Slack wants escaped
ABOUT_THE_MESSAGE = ("invalid_payload", "no_text", "msg_too_long")
SHOWN = 80  # characters of Slack's reason


class SlackConfig(PluginConfig):
    """The webhook's address, which is its secret and comes from the environment."""

    url: SecretStr = SecretStr("")
    allow_private: bool = False  # addresses within this machine or its network


def request(mail: Mail) -> dict[str, Any]:
    """The text, its tables in a font of equal widths."""
    title, _, text = shortened_to(message_of(mail), MOST).translate(SPECIAL).partition("\n\n")
    return {"json": {"text": f"*{title}*\n```\n{text.strip()}\n```"}}


def refusal(reply: Reply) -> Exception | None:
    """Slack says why in a word."""
    reason = reply.content.decode("utf-8", "replace").strip()[:SHOWN]
    if not reason.isidentifier():
        return None
    if reason in ABOUT_THE_MESSAGE:
        return UndeliverableError(f"Slack refuses the message ({reason})")
    return ServiceUnavailableError(f"Slack does not take messages of ours ({reason}): check ALGO_CHANNELS__SLACK__URL")


def build(config: SlackConfig, _context: Context) -> HttpChannel:
    """The webhook of [channels.slack].

    Raises:
        ConfigError: the address is not one of https.
    """
    url = checked_address(config.url, "ALGO_CHANNELS__SLACK__URL")
    client, retries = client_of("Slack", "channels.slack.allow_private", allow_private=config.allow_private)
    return HttpChannel("slack", url, client, retries, request, refusal)


plugin = Plugin(SlackConfig, build)
