"""The portal's addresses; a public id is a UUID and says nothing about how many there are."""

from __future__ import annotations

from django.urls import path

from generations.portal.views import credits, library, media, projects, studio, takes

app_name = "portal"

urlpatterns = [
    path("", studio.home, name="home"),
    path("studio/", studio.studio, name="studio"),
    path("studio/quote/", studio.quote, name="quote"),
    path("studio/frames/", studio.upload, name="upload"),
    path("cards/", takes.cards, name="cards"),
    path("takes/<uuid:public_id>/", takes.take, name="take"),
    path("takes/<uuid:public_id>/stage/", takes.stage, name="stage"),
    path("takes/<uuid:public_id>/cancel/", takes.cancel, name="cancel"),
    path("library/", library.library, name="library"),
    path("projects/", projects.projects, name="projects"),
    path("projects/new/", projects.create, name="project_new"),
    path("projects/<uuid:public_id>/", projects.project, name="project"),
    path("projects/<uuid:public_id>/edit/", projects.edit, name="project_edit"),
    path("credits/", credits.credits, name="credits"),
    path("team/", studio.switch_team, name="team"),
    path("media/<uuid:public_id>/<str:kind>/", media.media, name="media"),
]
