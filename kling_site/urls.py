"""All addresses of the site."""

from django.contrib import admin
from django.urls import include, path

from generations import webhooks

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("callbacks/<slug:provider>/<uuid:token>/<uuid:public_id>/", webhooks.callback, name="callback"),
    path("", include("generations.portal.urls")),
]
