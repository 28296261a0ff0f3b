"""One settings file for every environment; the environment itself decides, through the variables named here.

Without DATABASE_URL and REDIS_URL the embedded servers under KLING_SITE_VAR are used: real PostgreSQL, real Redis.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ
import structlog
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

from kling_site import embedded

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env("KLING_SITE_VAR", default=str(BASE_DIR / "var"))).resolve()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="") or embedded.secret(VAR_DIR, "secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# The address under which providers reach us: webhooks go there. Empty: no webhooks, polling alone does the job.
PUBLIC_URL = env("PUBLIC_URL", default="").rstrip("/")
# The sandbox's exact origin; the only plain-http, loopback address that downloads may come from.
SANDBOX_ORIGIN = env("SANDBOX_ORIGIN", default="").rstrip("/")
# Keys for provider credentials, newest first (Fernet, base64). Old ones stay listed until every row is rewritten.
CREDENTIALS_KEYS = env.list("CREDENTIALS_KEYS", default=[]) or [embedded.fernet_key(VAR_DIR)]

DATABASE_URL = env("DATABASE_URL", default="") or embedded.database_url(VAR_DIR)
REDIS_URL = env("REDIS_URL", default="") or embedded.redis_url(VAR_DIR)

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "django_htmx",
    "csp",
    "generations",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "generations.portal.alphabet.Utf8FormsMiddleware",
    "csp.middleware.CSPMiddleware",
    "generations.middleware.AdminPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "kling_site.urls"
WSGI_APPLICATION = "kling_site.wsgi.application"

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
            ],
        },
    },
]

_database = env.db_url_config(DATABASE_URL)
# A Unix socket comes as libpq's `?host=`; Django's own tools (dbshell) look for it under HOST.
_database["HOST"] = _database.get("OPTIONS", {}).pop("host", _database["HOST"])
# A pooled connection would outlive RQ's fork; each process opens its own and keeps it.
DATABASES = {
    "default": {
        **_database,
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600),
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "generations.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "generations.portal.accounts.InviteOnlyAdapter"
ACCOUNT_LOGOUT_ON_GET = False
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
# Whom mail comes from. Most mail servers take only senders of their own domain.
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("EMAIL_FROM", default="kling-site@localhost")

LANGUAGE_CODE = "en"
TIME_ZONE = env("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
# Locked npm packages, installed at set-up and served from where npm put them.
STATICFILES_DIRS = [
    ("inter", BASE_DIR / "node_modules" / "@fontsource-variable" / "inter" / "files"),
    ("chart.js", BASE_DIR / "node_modules" / "chart.js" / "dist"),
]
MEDIA_ROOT = VAR_DIR / "media"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if env("S3_BUCKET", default=""):
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": env("S3_BUCKET"), "querystring_expire": 300},
    }
WHITENOISE_MAX_AGE = 31_536_000 if not DEBUG else 0

CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 14 * 24 * 3600

# Over plain http on a laptop secure cookies would lock everybody out; behind TLS (HTTPS=1) everything is strict.
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SAMESITE = "Lax"

CONTENT_SECURITY_POLICY: dict[str, dict[str, list[str]]] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
# The admin's own pages need more (Alpine evaluates expressions); middleware puts this in force below /admin/ only.
ADMIN_CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        **CONTENT_SECURITY_POLICY["DIRECTIVES"],
        "script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE],
        "style-src": [SELF, UNSAFE_INLINE],
    }
}

# Every limit of ours, with its unit.
LIMITS = {
    "image_upload_bytes": 10_000_000,  # what every route takes at most, research 3.5
    "image_pixels": 60_000_000,
    "video_upload_bytes": 200_000_000,  # what any route takes at most, research 2 (O1) and 4
    "audio_upload_bytes": 5_000_000,  # what every route takes at most, research 2 and 3
    "public_input_seconds": 24 * 3600,  # how long a provider may fetch an input by its address
    "uploads_per_member_per_hour": 600,
    "result_bytes": 500_000_000,
    "result_download_seconds": 300,
    "inspect_seconds": 60,
    "inspect_memory_bytes": 2_000_000_000,
    "recipe_bytes": 64_000,
    "callback_bytes": 1_000_000,
    "project_name_chars": 80,
    "library_page_size": 40,
    "statement_page_size": 50,
    "report_rows": 200,  # on a page; the files have them all
    "report_subscriptions_per_member": 20,
    "studio_cards": 24,
    "takes_at_once": 4,
    "grant_credits": 10_000_000,
    "invoice_bytes": 15_000_000,
    "invoice_rows": 100_000,
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 4
FILE_UPLOAD_TEMP_DIR = None
FILE_UPLOAD_HANDLERS = [
    "generations.portal.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# The clock and the retry policy of the road of a generation; every lease outlives the job that holds it or is renewed.
LIFECYCLE = {
    "pump_seconds": 50,
    "pump_interval_seconds": 0.25,
    "pump_idle_seconds": 3.0,
    "account_lease_seconds": 8,
    "submit_lease_seconds": 12,
    "follow_lease_seconds": 20,
    "ingest_lease_seconds": 12,
    "tick_seconds": 2,
    "tend_books_seconds": 60,
    "roll_up_seconds": 60,
    "send_reports_seconds": 60,
    "mail_seconds": 20,  # how long one round sends
    "mail_lease_seconds": 300,
    "mail_tries": 10,  # with the pauses below: a day and a half
    "mail_pause_seconds": 300,
    "mail_pause_max_seconds": 12 * 3600,
    "sweep_seconds": 3600,
    "orphan_seconds": 24 * 3600,
    "submit_timeout_seconds": 25,
    "read_timeout_seconds": 15,
    "poll_min_seconds": 2.0,
    "poll_max_seconds": 60.0,
    "follow_give_up_seconds": 24 * 3600,
    "find_twice_after_seconds": 60,
    "submit_tries": 60,
    "misconfigured_tries": 5,
    "busy_give_up_seconds": 24 * 3600,
    "queue_give_up_seconds": 7 * 24 * 3600,
    "begun_session_seconds": 20 * 3600,  # the shortest life of a session before a submit is 24 h
    "deadline_reach_seconds": 900,
    "circuit_troubles": 3,
    "probe_min_seconds": 30,
    "probe_max_seconds": 900,
    "probe_timeout_seconds": 10,
    "move_dearer_percent": 25,
    "moves_per_take": 3,
    "balance_seconds": 3600,
    "drift_percent": 5,
    "drift_takes": 5,
    "watch_prices_seconds": 3600,
    "ingest_pause_max_seconds": 3600,
    "ingest_tries_at_risk": 10,
}

UNFOLD = {
    "SITE_TITLE": "Kling Site",
    "SITE_HEADER": "Kling Site",
    "SITE_URL": "/",
    "SITE_SYMBOL": "movie",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": "generations.admin.site.environment",
    "DASHBOARD_CALLBACK": "generations.admin.site.dashboard",
    "SIDEBAR": {"navigation": "generations.admin.site.navigation"},
}

LOG_LEVEL = env("LOG_LEVEL", default="INFO")
_processors: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _processors,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
            ],
        }
    },
    "filters": {"secret_paths": {"()": "kling_site.secret_paths.SecretPaths"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["secret_paths"]}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # Clients that log full addresses or headers stay quiet: an address may carry a signed token.
    "loggers": {name: {"level": "WARNING"} for name in ("httpx", "httpcore", "aiohttp", "PIL", "libav", "rq.cron")},
}
structlog.configure(
    processors=[
        *_processors,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
