"""The channel `telegram`: a bot writes to a chat."""

import json
import re
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from pydantic import SecretStr

from algo_trading.adapters.http_channel import HttpChannel, checked_address, client_of
from algo_trading.adapters.message import message_of, shortened_to
from algo_trading.adapters.retries import Reply
from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.gateways.channels import Mail, UndeliverableError
from algo_trading.plugins import Context, Plugin, PluginConfig

TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
MOST = 4_000  # characters; the Bot API takes 4,096 of UTF-16, in which rare ones count twice
ABOUT_THE_MESSAGE = ("message text is empty", "message is too long", "can't parse")
SHOWN = 120  # characters of Telegram's reason


class TelegramConfig(PluginConfig):
    """The bot's token, from the environment, and the chat: its number, or @name of a channel."""

    token: SecretStr = SecretStr("")
    chat: str = ""
    base_url: str = "https://api.telegram.org"  # another one where the Bot API runs on a server of one's own
    allow_private: bool = False  # addresses within this machine or its network


def read(reply: Reply) -> Reply:
    """Asked to slow down, the Bot API says in its answer for how many seconds."""
    if reply.status != HTTPStatus.TOO_MANY_REQUESTS:
        return reply
    try:
        seconds = float(json.loads(reply.content)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return reply
    return replace(reply, headers={**reply.headers, "retry-after": f"{seconds:g}"})


def refusal(reply: Reply) -> Exception | None:
    """Telegram says why in a sentence."""
    try:
        answer = json.loads(reply.content)
        reason = " ".join(str(answer["description"]).split())[:SHOWN]
    except (ValueError, KeyError, TypeError):
        return None
    if any(words in reason.lower() for words in ABOUT_THE_MESSAGE):
        return UndeliverableError(f"Telegram refuses the message ({reason})")
    return ServiceUnavailableError(
        f"Telegram does not take messages of ours ({reason}): check ALGO_CHANNELS__TELEGRAM__TOKEN and "
        "channels.telegram.chat"
    )


def build(config: TelegramConfig, _context: Context) -> HttpChannel:
    """The chat of [channels.telegram].

    Raises:
        ConfigError: token or chat is missing, or the address is not one of https.
    """
    token = config.token.get_secret_value().strip()
    if not TOKEN.fullmatch(token):
        raise ConfigError("the channel telegram needs its bot's token: set ALGO_CHANNELS__TELEGRAM__TOKEN")
    if not config.chat:
        raise ConfigError("the channel telegram needs to know where to write: set channels.telegram.chat")
    base = checked_address(SecretStr(config.base_url), "channels.telegram.base_url").rstrip("/")
    client, retries = client_of("Telegram", "channels.telegram.allow_private", allow_private=config.allow_private)

    def request(mail: Mail) -> dict[str, Any]:
        text = shortened_to(message_of(mail), MOST)
        return {"json": {"chat_id": config.chat, "text": text, "link_preview_options": {"is_disabled": True}}}

    return HttpChannel("telegram", f"{base}/bot{token}/sendMessage", client, retries, request, refusal, read)


plugin = Plugin(TelegramConfig, build)
