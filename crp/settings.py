"""Settings of CRP, for every environment.

All that differs between machines comes from environment variables, read here and nowhere else; a value that can't be
used stops the start with a sentence that names the variable. With none of them set CRP runs on an SQLite file with
DEBUG off.
"""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

from crp.common.addresses import Network, read_networks
from crp.common.api.description import DESCRIPTION, TAGS
from crp.common.secret import read_or_make_secret

BASE_DIR = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 20
"""Signs of a key of before: what is shorter was cut in two by a space."""
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")  # a variable that is already set wins over the file


def read_flag(name: str, *, default: bool) -> bool:
    """Return an on/off variable; anything but a clear yes or no is refused."""
    raw = env.str(name, default="").strip().lower()
    if raw == "":
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}={raw!r}: expected 1, true, yes, on or 0, false, no, off.")


def read_database() -> dict:
    """Return Django's database entry for DATABASE_URL (SQLite beside the code when it is not set)."""
    url = env.str("DATABASE_URL", default="") or f"sqlite:///{BASE_DIR / 'crp.sqlite3'}"
    expected = "DATABASE_URL: expected sqlite:///path or postgres://user:password@host:port/name."
    if url.find("://") < 1:  # without a scheme the reader below prints it, password and all, in a warning
        raise ImproperlyConfigured(expected)
    try:
        config = dict(environ.Env.db_url_config(url))
    except (ImproperlyConfigured, ValueError) as error:
        raise ImproperlyConfigured(f"DATABASE_URL can't be read: {error}") from error
    if config.get("ENGINE") not in {"django.db.backends.sqlite3", "django.db.backends.postgresql"}:
        raise ImproperlyConfigured(expected)
    if config["ENGINE"].endswith("sqlite3"):
        # Readers never block writers (WAL) and a writer waits for its turn instead of failing (IMMEDIATE).
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
        }
    else:
        config["CONN_HEALTH_CHECKS"] = True
    config["CONN_MAX_AGE"] = 60  # seconds; to open one takes longer than most answers, on SQLite too
    return config


def read_email() -> dict[str, Any]:
    """Return Django's e-mail settings for EMAIL_URL (written to the console when it is not set)."""
    url = env.str("EMAIL_URL", default="") or "consolemail://"
    expected = "EMAIL_URL: expected smtp+tls://user:password@host:587, smtp+ssl://…, smtp://… or consolemail://."
    if url.partition("://")[0] not in environ.Env.EMAIL_SCHEMES:
        raise ImproperlyConfigured(expected)
    try:
        return dict(environ.Env.email_url_config(url))
    except (ImproperlyConfigured, ValueError) as error:
        raise ImproperlyConfigured(expected) from error


def read_site_address() -> str:
    """Return under which address readers reach CRP, for links in e-mails; empty where it is not set."""
    address = env.str("SITE_ADDRESS", default="").rstrip("/")
    if address and not re.fullmatch(r"https?://[^/\s]+", address):
        raise ImproperlyConfigured(f"SITE_ADDRESS={address!r}: expected such as https://crp.example.org.")
    return address


def read_iati_publisher() -> str:
    """Return the identifier in IATI of who publishes, with which those of all activities begin (IOM's if not set)."""
    ref = env.str("IATI_PUBLISHER", default="") or "XM-DAC-47066"
    if not re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9._]+)+", ref):
        raise ImproperlyConfigured(f"IATI_PUBLISHER={ref!r}: expected such as XM-DAC-47066, as registered with IATI.")
    return ref


def read_dumps_dir() -> Path:
    """Return the folder of the nightly dumps (``dumps`` beside the code when DUMPS_DIR is not set)."""
    raw = env.str("DUMPS_DIR", default="")
    folder = Path(raw) if raw else BASE_DIR / "dumps"
    if not folder.is_absolute() or folder == Path(folder.anchor):
        raise ImproperlyConfigured(
            f"DUMPS_DIR={raw!r}: expected the whole path of a folder, such as /var/lib/crp/dumps."
        )
    if folder.exists() and not folder.is_dir():
        raise ImproperlyConfigured(f"DUMPS_DIR={raw!r}: there is a file of this name, and no folder.")
    return folder


def read_test_receivers() -> frozenset[str]:
    """Return the receivers of webhooks that are allowed to be no public machine, for development and tests."""
    found = frozenset(part.rstrip("/") for part in env.list("WEBHOOK_TEST_RECEIVERS", default=[]))
    for receiver in found:
        if not re.fullmatch(r"https?://[a-z0-9.-]+:[0-9]{1,5}", receiver):
            raise ImproperlyConfigured(
                f"WEBHOOK_TEST_RECEIVERS={receiver!r}: expected such as http://127.0.0.1:9000, with commas between."
            )
    return found


def read_count(name: str, *, default: int, highest: int) -> int:
    """Return a variable that must be a whole number from 0 to ``highest``."""
    raw = env.str(name, default="").strip() or str(default)
    if not (raw.isascii() and raw.isdigit() and int(raw) <= highest):
        raise ImproperlyConfigured(f"{name}={raw!r}: expected a whole number from 0 to {highest}.")
    return int(raw)


def read_proxies() -> tuple[Network, ...]:
    """Return the networks of the proxies that TRUSTED_PROXIES names (this machine where it is not set)."""
    raw = env.str("TRUSTED_PROXIES", default="") or "127.0.0.0/8, ::1"
    try:
        return read_networks(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"TRUSTED_PROXIES: {error}. Expected such as 10.0.0.0/8, 192.0.2.7.") from error


def read_former_secrets(current: str) -> list[str]:
    """Return the keys of before, newest first: what was signed with them holds, and nothing new is."""
    found = os.environ.get("SECRET_KEY_FALLBACKS", "").split()
    if current in found:
        raise ImproperlyConfigured("SECRET_KEY_FALLBACKS: it holds the SECRET_KEY of now; expected those of before.")
    if any(len(secret) < SHORTEST_SECRET for secret in found):
        raise ImproperlyConfigured(
            f"SECRET_KEY_FALLBACKS: a key of it has fewer than {SHORTEST_SECRET} signs. Expected former keys, with "
            "spaces between."
        )
    return found


def read_cache() -> dict[str, Any]:
    """Return Django's cache entry for CACHE_URL (the memory of each process when it is not set)."""
    url = env.str("CACHE_URL", default="")
    if not url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 50_000}}
    if not re.fullmatch(r"rediss?://[^\s]+", url):
        raise ImproperlyConfigured("CACHE_URL: expected redis://host:6379/0 or rediss://:password@host:6379/0.")
    if find_spec("redis") is None:
        raise ImproperlyConfigured("CACHE_URL needs the package redis: pip install redis.")
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url, "KEY_PREFIX": "crp"}


# openpyxl reads workbooks with defusedxml, which refuses entities, also where somebody has installed lxml.
os.environ.setdefault("OPENPYXL_LXML", "False")

DEBUG = read_flag("DEBUG", default=False)
# As it is: environ would take a key that begins with $ for the name of another variable.
SECRET_KEY = os.environ.get("SECRET_KEY", "") or read_or_make_secret(BASE_DIR / ".secret-key")
SECRET_KEY_FALLBACKS = read_former_secrets(SECRET_KEY)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
DATABASES = {"default": read_database()}

# E-mails to readers who follow something.
vars().update(read_email())
EMAIL_TIMEOUT = 15  # seconds
DEFAULT_FROM_EMAIL = env.str("FROM_EMAIL", default="") or "Crisis Response Plans <no-reply@localhost>"
SITE_ADDRESS = read_site_address()
IATI_PUBLISHER = read_iati_publisher()
IATI_PUBLISHER_NAME = env.str("IATI_PUBLISHER_NAME", default="") or "International Organization for Migration (IOM)"
WEBHOOK_TEST_RECEIVERS = read_test_receivers()
DUMPS_DIR = read_dumps_dir()

# Requests a minute to the API, for an address and for a key; 0: as many as one likes.
API_LIMIT = read_count("API_LIMIT", default=120, highest=1_000_000)
API_LIMIT_WITH_KEY = read_count("API_LIMIT_WITH_KEY", default=1_200, highest=1_000_000)
TRUSTED_PROXIES = read_proxies()
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}, "limits": read_cache()}

# Served over HTTPS: set where a proxy in front of CRP speaks TLS.
SECURE = read_flag("SECURE", default=False)
SECURE_SSL_REDIRECT = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

INSTALLED_APPS = [
    "crp.common.apps.CRPAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "rules.apps.AutodiscoverRulesConfig",
    "simple_history",
    "crp",
    "sectors",
    "plans",
    "crp.accounts",
    "funding",
    "crp.importing",
    "crp.exchange",
    "crp.following",
    "crp.webhooks",
]
MIDDLEWARE = [
    "crp.common.open_data.OpenDataMiddleware",
    "crp.accounts.middleware.FairUseMiddleware",
    "crp.common.api.conditional.UnchangedMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "crp.kept_pages.KeptPagesMiddleware",
    "crp.common.packing.PackingMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "crp.common.languages.AdminLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "crp.urls"
WSGI_APPLICATION = "crp.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    }
]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["crp.accounts.backends.LoginBackend", "rules.permissions.ObjectPermissionBackend"]
# Who wrote a revision may not publish it.
FOUR_EYES = read_flag("FOUR_EYES", default=True)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a revision form with all its rows

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French")), ("es", _("Spanish")), ("ar", _("Arabic"))]
ADMIN_LANGUAGES = ["en", "fr"]  # Spanish and Arabic hold the strings of the public pages, see crp/common/catalogues.py
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["crp.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Source maps are the bulk of the API documentation's files, and nobody waits for one.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "crp.common.api.schema.StrictAutoSchema",
    "DEFAULT_PERMISSION_CLASSES": ["crp.common.api.permissions.ReadOnly"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["crp.accounts.api.KeyAuthentication"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "crp.common.api.negotiation.StrictNegotiation",
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "crp.common.api.renderers.CSVRenderer",
        "crp.common.api.renderers.NDJSONRenderer",
        "crp.common.api.renderers.XLSXRenderer",
        "crp.common.api.renderers.ParquetRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "crp.common.api.pagination.StrictLimitOffsetPagination",
    "DEFAULT_FILTER_BACKENDS": [
        "crp.common.api.filters.StrictFilterBackend",
        "crp.common.api.filters.PlainSearchFilter",
        "crp.common.api.filters.StrictOrderingFilter",
        "crp.common.api.chosen.ChosenColumns",
    ],
    "EXCEPTION_HANDLER": "crp.common.api.exceptions.explain",
    "UNAUTHENTICATED_USER": None,
}
# What says whether anything published has changed, for answers that a client may have already.
CHANGE_STAMP = "funding.api.stamp.read_stamp"
SPECTACULAR_SETTINGS = {
    "TITLE": "CRP API",
    "DESCRIPTION": DESCRIPTION,
    "TAGS": TAGS,
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "WEBHOOKS": [
        f"crp.webhooks.schema.{name}"
        for name in ("revision_published", "recorded", "changed", "deleted", "threshold_crossed", "ping")
    ],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "crp.common.api.schema.name_nullable_objects",
    ],
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SORT_OPERATIONS": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": True,
    "ENUM_NAME_OVERRIDES": {
        "PlanKind": "plans.models.Plan.Kind",
        "OfficeKind": "plans.models.Office.Kind",
        "RevisionStatus": "funding.api.revisions.PUBLIC_STATUS",
        "DifferencePart": "funding.api.revisions.PARTS",
        "DifferenceUnit": "funding.api.revisions.UNITS",
        "StatusEnum": "funding.models.Contribution.Status",
        "UnitEnum": "funding.checks.Unit",
        "OrganizationKind": "funding.models.Organization.Kind",
        "TaxonomyKind": "sectors.models.Taxonomy.Kind",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        # Takes addresses, e-mails and keys out of the finished line, its traceback included.
        "line": {
            "()": "crp.common.logs.MaskingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Without the handlers of their own that Django gives them: one would e-mail a whole request to ADMINS.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
    },
}
