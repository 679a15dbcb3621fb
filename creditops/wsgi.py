"""Does the handing of requests to Django, for a WSGI server: `gunicorn creditops.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creditops.settings")

application = get_wsgi_application()
