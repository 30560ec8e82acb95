"""A real identity provider for tests: django-oauth-toolkit on loopback, as a process of its own.

Run as ``python provider.py DATABASE REDIRECT_URI CLIENT_SECRET``: it prints its issuer, then answers until its standard
input ends. It knows amira (in the groups reviewers and staff), bruno (in no group) and admin (a name that we have too).
"""

import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

CLIENT_ID = "safehold-console"
PASSWORD = "a password of the provider"  # noqa: S105 - made up
GROUPS = {"amira": ["reviewers", "staff"], "bruno": [], "admin": ["reviewers"]}
LOGIN = "<form method='post'>{% csrf_token %}{{ form.as_p }}<button>go</button></form>"


class Server(ThreadingHTTPServer, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def main() -> None:
    database, redirect_uri, secret = sys.argv[1:]
    server = Server(("127.0.0.1", 0), Quiet)
    issuer = f"http://127.0.0.1:{server.server_port}/o"
    configure(database, issuer)
    import django

    django.setup()
    fill(redirect_uri, secret)
    from django.core.wsgi import get_wsgi_application

    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(issuer + "\n")
    sys.stdout.flush()
    sys.stdin.read()


def configure(database: str, issuer: str) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from django.conf import settings

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    settings.configure(
        SECRET_KEY="for tests alone",  # noqa: S106
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # what it costs is not what is tested
        LOGIN_URL="/login/",
        INSTALLED_APPS=[
            *("django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "oauth2_provider")
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN})],
                    "context_processors": ["django.template.context_processors.request"],
                },
            }
        ],
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_ISS_ENDPOINT": issuer,
            "OIDC_RSA_PRIVATE_KEY": key.decode(),
            "OAUTH2_VALIDATOR_CLASS": f"{__name__}_claims.Claims",
            "PKCE_REQUIRED": True,
            "SCOPES": {"openid": "who", "profile": "name and groups"},
        },
    )
    sys.modules[f"{__name__}_claims"] = claims_module()


def claims_module() -> Any:
    """Return a module whose class the toolkit imports once Django is ready."""
    import types

    made = types.ModuleType(f"{__name__}_claims")

    def load(name: str) -> Any:
        from oauth2_provider.oauth2_validators import OAuth2Validator

        class Claims(OAuth2Validator):  # type: ignore[misc]
            oidc_claim_scope = None

            def get_additional_claims(self, request: Any) -> dict[str, Any]:
                name = request.user.get_username()
                return {"preferred_username": name, "groups": GROUPS[name]}

        if name != "Claims":
            raise AttributeError(name)
        return Claims

    made.__getattr__ = load  # type: ignore[method-assign]
    return made


def fill(redirect_uri: str, secret: str) -> None:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from oauth2_provider.models import get_application_model

    call_command("migrate", verbosity=0)
    for name in GROUPS:
        get_user_model().objects.create_user(name, password=PASSWORD)
    get_application_model().objects.create(
        client_id=CLIENT_ID,
        client_secret=secret,
        client_type="confidential",
        authorization_grant_type="authorization-code",
        redirect_uris=redirect_uri,
        algorithm="RS256",
        skip_authorization=True,
    )


def __getattr__(name: str) -> Any:
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.contrib.auth.views import LoginView
    from django.urls import include, path

    return [path("o/", include("oauth2_provider.urls")), path("login/", LoginView.as_view())]


if __name__ == "__main__":
    sys.modules["provider"] = sys.modules["__main__"]
    __name__ = "provider"
    sys.path.insert(0, str(Path(__file__).parent))
    main()
