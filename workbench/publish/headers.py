"""What every answer tells the browser: ask nobody else, show nothing in foreign frames, guess no types."""

from __future__ import annotations

_NEVER = {"object-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'"}


def _policy(**sources: str) -> str:
    rules = {name.replace("_", "-"): value for name, value in sources.items()} | _NEVER
    return "; ".join(f"{name} {value}" for name, value in rules.items())


APP_POLICY = _policy(
    default_src="'self'",
    # Widgets bring their front ends as modules, which pages load as blobs; plotly writes styles into the page.
    script_src="'self' blob:",
    style_src="'self' 'unsafe-inline'",
    img_src="'self' data: blob:",
    font_src="'self' data:",
    connect_src="'self'",
    worker_src="'self' blob:",
    form_action="'none'",
)
PAGE_POLICY = _policy(default_src="'none'", style_src="'unsafe-inline'", img_src="data:", form_action="'self'")
REPORT_POLICY = _policy(
    default_src="'none'", style_src="'unsafe-inline'", img_src="data:", font_src="data:", form_action="'none'"
)
# Browsers show it by scripts of their own, which a stricter rule has kept some from running.
PDF_POLICY = "frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": APP_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Only where the server itself speaks TLS: behind a proxy the proxy says it.
STRICT_TRANSPORT = {"Strict-Transport-Security": "max-age=31536000"}
