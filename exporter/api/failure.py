"""Every way an attempt can fail: its name, what usually causes it, what to do, which alert tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Reason:
    """One way to fail. Log, status page, checks, documentation, alerts and boards all take it from here.

    `alert` is the alert of prometheus/rules that fires when nothing else comes for some minutes; a new reason
    gets "VoicenterApiFailing" without a change of the rules. `colour` is its line on the boards. `asked` is
    False for what happens before anything is sent.
    """

    name: str
    cause: str
    advice: str
    colour: str
    alert: str = "VoicenterApiFailing"
    asked: bool = True


_ALL: Final = (
    Reason(
        "credential",
        cause="the code's file or variable is missing, unreadable or empty",
        advice="check that the account's code file or variable exists, is readable and holds the code",
        colour="#9a6fc4",
        alert="VoicenterCodeRefused",
        asked=False,
    ),
    Reason(
        "forbidden",
        cause="this machine's address is not allow-listed",
        advice="allow-list this machine's public IP address in Voicenter's CPanel, API settings",
        colour="#b39ddb",
        alert="VoicenterIpNotAllowListed",
    ),
    Reason(
        "unauthorized",
        cause="the code was replaced in Voicenter, or belongs to something else",
        advice="check the account's code; Voicenter refused it",
        colour="#c27bb0",
        alert="VoicenterCodeRefused",
    ),
    Reason(
        "bad_request",
        cause="a proxy changes the request, or something other than Voicenter's API answers",
        advice="Voicenter did not understand the request; check base_url and any proxy on the way",
        colour="#6f86d6",
    ),
    Reason(
        "api_error",
        cause="a fault at Voicenter",
        advice="Voicenter reports an internal error or a bad value; if it lasts, ask its support",
        colour="#4a78b8",
    ),
    Reason(
        "http_error",
        cause="an outage of Voicenter or of a proxy, or a wrong `base_url`",
        advice="Voicenter or a proxy answered with an HTTP error; check base_url and the proxy, or wait",
        colour="#5fb7d4",
    ),
    Reason(
        "connect",
        cause="DNS, routing, a firewall or a proxy; mind `HTTPS_PROXY` and `proxy_url`",
        advice="check DNS, routing, firewall and proxy between this machine and base_url",
        colour="#3fa3a8",
    ),
    Reason(
        "tls",
        cause="a proxy that opens TLS with its own certificate, an old CA bundle, a wrong clock",
        advice="check the certificate that base_url serves, and tls.ca_file",
        colour="#2f7f86",
    ),
    Reason(
        "timeout",
        cause="Voicenter or a proxy is slow, or packets are dropped; "
        "the debug view shows how far the attempt came",
        advice="Voicenter did not answer in time; check the network, or raise the account's timeout",
        colour="#7cc4c0",
        alert="VoicenterApiTimeouts",
    ),
    Reason(
        "resources",
        cause="the process has no thread, descriptor or memory left: a limit of system or container",
        advice="this machine has no thread, descriptor or memory left for the request; raise its limits",
        colour="#a5876b",
        asked=False,
    ),
    Reason(
        "too_large",
        cause="the account has very many extensions, queues or calls",
        advice="the answer is larger than max_body; raise it if the account really is that large",
        colour="#5d6673",
    ),
    Reason(
        "decode",
        cause="something other than Voicenter's API answers, such as a login page",
        advice="the answer is not what the API promises; check that base_url leads to Voicenter's API",
        colour="#8a93a3",
    ),
    Reason(
        "empty",
        cause="the code is wrong: Voicenter then reports success and no extensions",
        advice="no extensions came, which is how a wrong code looks; check the code, "
        "or set allow_empty if the account has none",
        colour="#b5bcc8",
        alert="VoicenterCodeSuspect",
    ),
)
REASONS: Final[dict[str, Reason]] = {reason.name: reason for reason in _ALL}


class Failure(Exception):
    """An attempt that brought no usable answer.

    `reason` is one of REASONS; `detail` says what was seen, in words without secrets or caller's data.
    `retry_after` is what the vendor asked to wait, in seconds, or None. `advice` is what a person can do, in
    one sentence: that of the reason, unless more is known.
    """

    def __init__(
        self, reason: str, detail: str, retry_after: float | None = None, advice: str | None = None
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after
        self.advice = advice or REASONS[reason].advice

    def without_traceback(self) -> Failure:
        """The same to keep: a traceback would hold on to the answer that failed, a large body included."""
        return Failure(self.reason, self.detail, self.retry_after, self.advice)
