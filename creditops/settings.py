"""The settings of the one Django application, from the environment (`creditops/environment.py`)."""

from pathlib import Path
from typing import Any

from creditops import broker, environment
from creditops.database import connections

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = environment.read()

DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
CREDITOPS_DATA = ENVIRONMENT.data
CREDITOPS_ARCHIVE = ENVIRONMENT.archive
CREDITOPS_TEST_CLOCK = ENVIRONMENT.test_clock
SITE_URL = ENVIRONMENT.site_url
BOOKS_TIME_ZONE = ENVIRONMENT.books_time_zone
BOOKS_CURRENCY = ENVIRONMENT.books_currency
STRIPE_SECRET_KEY = ENVIRONMENT.stripe_secret_key
STRIPE_PUBLISHABLE_KEY = ENVIRONMENT.stripe_publishable_key
STRIPE_WEBHOOK_SECRET = ENVIRONMENT.stripe_webhook_secret
STRIPE_API_BASE = ENVIRONMENT.stripe_api_base
PUBLIC_ADDRESS = ENVIRONMENT.public_address

INSTALLED_APPS = [
    "creditops",
    "invoicing",
    "contracts",
    "ledger",
    "accounts",
    "creditops.lib",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "creditops.desk.apps.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "django_celery_beat",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "creditops.security.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "creditops.acting.introduce",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "creditops.urls"
WSGI_APPLICATION = "creditops.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
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
    }
]

# Two connections to one database: the application's own with the rights of `app`, and the owner's,
# which only migrations, scratch books and tests use (docs/architecture.md, "Roles").
DATABASES = connections.settings(
    url=ENVIRONMENT.database_url, owner_url=ENVIRONMENT.database_owner_url, data=ENVIRONMENT.data
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Person"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# `default`: counts of failed logins (`login.py`), in each web process. `shared`: counts of requests
# per API key (`lib/api/pace.py`), in one Redis for all processes; without one each counts for itself.
# A Redis that says nothing for a second is not there. Nothing else is kept in either.
_IN_MEMORY = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "OPTIONS": {"MAX_ENTRIES": 100_000},
}
_IN_REDIS = {
    "BACKEND": "django.core.cache.backends.redis.RedisCache",
    "LOCATION": ENVIRONMENT.cache_url,
    "KEY_PREFIX": "creditops",
    "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
}
CACHES = {
    "default": _IN_MEMORY,
    "shared": _IN_REDIS if ENVIRONMENT.cache_url else _IN_MEMORY | {"LOCATION": "shared"},
}
API_RATE_LIMIT = ENVIRONMENT.api_rate_limit
EVENTS_RATE_LIMIT = ENVIRONMENT.events_rate_limit

VAT_ID_CHECK = ENVIRONMENT.vat_id_check

# The staff's pages; what they say is asked when they are drawn.
UNFOLD = {
    "SITE_TITLE": "CreditOps",
    "SITE_HEADER": "CreditOps",
    "SITE_SUBHEADER": "creditops.desk.look.books",
    "SITE_ICON": "creditops.desk.look.mark",
    "SITE_FAVICONS": [{"rel": "icon", "href": "creditops.desk.look.mark", "type": "image/svg+xml"}],
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "STYLES": ["creditops.desk.look.style_sheet", "creditops.desk.look.picture_sheet"],
    "SCRIPTS": ["creditops.desk.look.script"],
    "COLORS": {"primary": "creditops.desk.look.colours"},
    "COMMAND": {"search_callback": "creditops.desk.finding.find"},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "creditops.desk.sidebar.navigation",
    },
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # whether all subdomains have TLS, and whether browsers shall be told for
    "security.W021",  # ever, is for whoever owns the domain to decide
]

# Where DEBUG is off everything is behind TLS. Which proxy's word counts for that is the web
# server's setting, FORWARDED_ALLOW_IPS of gunicorn. Probes come from inside and are answered as is.
SECURE_SSL_REDIRECT = not DEBUG
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = 0 if DEBUG else 365 * 24 * 60 * 60
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG

# The API reads strictly and answers errors as problems (creditops/lib/api).
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
# A rate card of 400 actions is one form.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
REST_FRAMEWORK = {
    "DEFAULT_PARSER_CLASSES": ["creditops.lib.api.reading.StrictJSON"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "creditops.lib.api.description.Description",
    "EXCEPTION_HANDLER": "creditops.lib.api.problems.answer",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CreditOps",
    "DESCRIPTION": "Prepaid credits: customers, contracts, usage, balances, invoices, the journal.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [],
    "APPEND_COMPONENTS": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
}

# Mail. Without EMAIL_URL a letter goes to nobody and is a file in the data folder.
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = ENVIRONMENT.data / "mail"
vars().update(ENVIRONMENT.email or {})
_hosts = [host for host in ALLOWED_HOSTS if host[0] not in "*.["]
DEFAULT_FROM_EMAIL = f"CreditOps <credits@{(_hosts or ['localhost'])[0]}>"

# Wake-ups. A message carries ids, as JSON; a task may run twice and may be lost (`broker.py`).
CELERY_BROKER_URL = ENVIRONMENT.broker_url or broker.FILESYSTEM
CELERY_BROKER_TRANSPORT_OPTIONS = broker.options(ENVIRONMENT.broker_url, ENVIRONMENT.data)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_EVENT_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = broker.TASK_SECONDS_MAX
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    # Seconds between two runs; one that finds the last still running expires unseen.
    "run_due": {"task": "creditops.tasks.run_due", "schedule": 60, "options": {"expires": 60}},
    "relay_outbox": {
        "task": "creditops.tasks.relay_outbox",
        "schedule": 10,
        "options": {"expires": 10},
    },
    "seal": {"task": "creditops.tasks.seal", "schedule": 600, "options": {"expires": 600}},
}
